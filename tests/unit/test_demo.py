"""What the demo does with a server of the user's own, before it touches it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import make_url

from golive.demo.screen import Screen
from golive.demo.start import Options, beside, started, without_passwords
from golive.errors import Terminal


def test_another_database_of_the_same_server_keeps_how_it_is_reached() -> None:
    url = "postgresql://ann:s%2Fcret@db.example:5433/postgres?sslmode=require&application_name=a/b"
    assert make_url(beside(url, "riverside_sms")) == make_url(url).set(database="riverside_sms")


def test_what_is_kept_in_a_file_has_no_password() -> None:
    kept = without_passwords({"golive_ledger": "postgresql://ann:secret@db.example/golive_ledger"})
    assert kept == {"golive_ledger": "postgresql://ann:***@db.example/golive_ledger"}


def test_a_server_that_is_no_url_is_one_sentence(tmp_path: Path) -> None:
    options = Options(tmp_path / "demo", "riverside", 200, 1, None, "not a url, secret")
    screen = Screen(Console(file=io.StringIO()))
    with pytest.raises(Terminal, match="--postgres") as refused, started(options, screen, keep=lambda: False):
        pass
    assert "secret" not in refused.value.message


def test_what_people_wrote_is_no_markup_on_the_demos_screen() -> None:
    out = io.StringIO()
    screen = Screen(Console(file=out))
    for show in (screen.step, screen.note, screen.once):
        show("[/] a [red]word")
    assert out.getvalue().count("[/] a [red]word") == 3
