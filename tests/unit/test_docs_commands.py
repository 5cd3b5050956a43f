"""Every `golive` command that the documents name exists, with every option they give it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from golive.cli import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = re.compile(r"(?:^ {4}|`)(golive [a-z][^`\n#]*)", re.MULTILINE)


def commands() -> list[tuple[str, str]]:
    return [(page.name, found.strip()) for page in PAGES for found in COMMAND.findall(page.read_text())]


def test_the_documents_name_commands() -> None:
    assert len(commands()) > 10


@pytest.mark.parametrize(("page", "text"), sorted(set(commands())))
def test_it_exists(page: str, text: str) -> None:
    words = text.split()[1:]
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands"):
        assert words and words[0] in command.commands, f"{page}: {text}"
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word.split("=")[0] for word in words if word.startswith("--")} <= known, f"{page}: {text}"
