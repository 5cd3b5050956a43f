"""The export: proven by its reader with json and hashlib alone, and never half a file."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.integration.ledger.writing import behind_its_back, note
from typer.testing import CliRunner, Result

from golive.cli import app
from golive.errors import LedgerBroken, Terminal
from golive.ledger import Ledger
from golive.ledger.export import lines, write


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


def golive(*words: str) -> Result:
    return CliRunner().invoke(app, ["ledger", *words])


def fill(ledger: Ledger) -> None:
    note(ledger, 1, run="d/r", stage="go", payload={"ü": 'quoted " \\ \n', "line ends": "\u2028\u0085\r\x7f\U0001f600"})
    note(ledger, 2, project="lakeside", evidence={"rows": [["1", "ä"]], "n": 10**30})
    note(ledger, 3, evidence=b"\x00\xff\n")
    note(ledger, 4, evidence={"rows": [["1", "ä"]], "n": 10**30})
    ledger.append(
        once="k", project="riverside", kind="opening", actor="ann", payload={}, project_hash="p", code_hash="c"
    )


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def proven(text: bytes) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """The entries and the evidence by hash, each proven as an auditor would, without Golive."""
    assert text == b"" or text.endswith(b"\n")
    entries, evidence = [], {}
    for line in text.split(b"\n")[:-1]:
        ((kind, said),) = json.loads(line).items()
        assert kind in ("entry", "evidence")
        stored = said.pop("hash")
        if kind == "evidence":
            ((form, body),) = said.items()
            evidence[stored] = base64.b64decode(body) if form == "file" else body.encode()
            assert sha256(evidence[stored]) == stored
        else:
            again = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            assert sha256(again.encode()) == stored
            entries.append({**said, "hash": stored})
    return entries, evidence


def follows(entries: list[dict[str, Any]]) -> bool:
    hashes = ["0" * 64] + [entry["hash"] for entry in entries]
    return [(entry["seq"], entry["prev_hash"]) for entry in entries] == list(enumerate(hashes[:-1], start=1))


def test_an_export_proves_the_chain_with_json_and_sha256_alone(ledger: Ledger, url: str, file: Path) -> None:
    fill(ledger)
    ran = golive("export", "--output", str(file), "--evidence", "--ledger", url)
    assert ran.exit_code == 0, ran.output
    assert ran.output == f"{file}: 7 lines, all proven.\n"
    entries, evidence = proven(file.read_bytes())
    assert len(entries) == 5 and follows(entries)
    assert {entry["evidence_hash"] for entry in entries if "evidence_hash" in entry} == set(evidence)
    assert sorted(evidence.values()) == [b"\x00\xff\n", f'{{"n":{10**30},"rows":[["1","ä"]]}}'.encode()]
    assert str(ledger.head()) == f"5:{entries[-1]['hash']}"
    assert [json.loads(entry["payload"]) for entry in entries] == [entry.payload for entry in ledger.entries()]
    assert set(entries[4]) == {
        "seq", "at", "project", "kind", "actor", "once", "project_hash", "code_hash", "payload", "prev_hash", "hash",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("at", "change"),
    [
        (1, lambda said: said | {"actor": "eve"}),
        (1, lambda said: said | {"payload": said["payload"].replace("2", "3")}),
        (2, lambda said: said | {"stage": "go"}),
    ],
)
def test_the_proof_sees_a_line_that_was_changed(ledger: Ledger, url: str, file: Path, at: int, change: Any) -> None:
    fill(ledger)
    write(ledger, file)
    told = file.read_bytes().split(b"\n")
    told[at] = json.dumps({"entry": change(json.loads(told[at])["entry"])}).encode()
    with pytest.raises(AssertionError):
        proven(b"\n".join(told))
    assert not follows(proven(b"\n".join(told[:at] + told[at + 1 :]))[0])


def test_standard_output_takes_the_same_lines_byte_for_byte(ledger: Ledger, url: str, file: Path) -> None:
    """Also where the terminal's own encoding holds none of the names."""
    fill(ledger)
    assert write(ledger, file, evidence=True) == 7
    command = [sys.executable, "-W", "error", "-c", "from golive.cli import app; app()"]
    ran = subprocess.run(
        [*command, "ledger", "export", "--evidence", "--ledger", url],
        capture_output=True, env={"PYTHONIOENCODING": "ascii"}, check=True,
    )  # fmt: skip
    assert ran.stdout == file.read_bytes()


def test_one_projects_export_holds_its_entries_alone(ledger: Ledger, file: Path) -> None:
    fill(ledger)
    assert write(ledger, file, "lakeside", evidence=True) == 2
    (entry,), evidence = proven(file.read_bytes())
    assert (entry["project"], entry["seq"], [*evidence]) == ("lakeside", 2, [entry["evidence_hash"]])
    assert write(ledger, file, "riverside", evidence=True) == 6
    entries, evidence = proven(file.read_bytes())
    assert [each["seq"] for each in entries] == [1, 3, 4, 5] and len(evidence) == 2


def test_without_being_asked_no_evidence_is_written(ledger: Ledger) -> None:
    fill(ledger)
    assert [[*json.loads(line)] for line in lines(ledger)] == [["entry"]] * 5


def test_a_project_that_is_not_there_is_no_empty_file(ledger: Ledger, url: str, file: Path) -> None:
    fill(ledger)
    ran = golive("export", "seaside", "--output", str(file), "--ledger", url)
    assert ran.exit_code == 1
    assert "project seaside has no entry. Right: lakeside, riverside" in " ".join(ran.output.split())
    assert not [*file.parent.iterdir()]


def test_an_empty_ledger_is_an_empty_export(ledger: Ledger, file: Path) -> None:
    assert write(ledger, file) == 0
    assert file.read_bytes() == b""
    with pytest.raises(Terminal, match=r"has no entry\. Right: none, it is empty"):
        write(ledger, file, "riverside")


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("update ledger.entry set actor = 'eve' where seq = 4", 4),
        ("delete from ledger.entry where seq = 2", 2),
        ("update ledger.evidence set file = 'another' where file is not null", 3),
    ],
)
@pytest.mark.parametrize("before", [None, b"what stood there"])
def test_a_broken_chain_leaves_no_half_file(
    ledger: Ledger, url: str, file: Path, statement: str, seq: int, before: bytes | None
) -> None:
    fill(ledger)
    behind_its_back(url, statement)
    if before is not None:
        file.write_bytes(before)
    ran = golive("export", "riverside", "--output", str(file), "--ledger", url)
    assert ran.exit_code == 1 and f"ledger entry {seq}: " in ran.output
    assert [each.read_bytes() for each in file.parent.iterdir()] == [before] * (before is not None)
    told = []
    with pytest.raises(LedgerBroken) as caught:
        told += lines(ledger)
    assert caught.value.seq == seq
    assert golive("export", "--ledger", url).exit_code == 1


def test_what_is_broken_is_not_among_the_lines_before_it(ledger: Ledger, url: str) -> None:
    fill(ledger)
    behind_its_back(url, "update ledger.entry set actor = 'eve' where seq = 3")
    told = lines(ledger)
    assert [json.loads(next(told))["entry"]["seq"] for _ in range(2)] == [1, 2]
    with pytest.raises(LedgerBroken, match="entry 3"):
        next(told)


def test_a_reader_that_stops_early_leaves_no_transaction(ledger: Ledger, url: str) -> None:
    fill(ledger)
    told = lines(ledger)
    next(told)
    others = (
        "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        " and xact_start is not null"
    )
    with psycopg.connect(url, autocommit=True) as watcher:
        assert watcher.execute(others).fetchone() == (1,)
        told.close()
        while watcher.execute(others).fetchone() != (0,):
            watcher.execute("select pg_sleep(0.02)")


def test_the_export_is_of_one_moment(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("golive.ledger.store._BLOCK", 2)
    fill(ledger)
    told = lines(ledger)
    next(told)
    note(ledger, 6)
    assert len([*told]) == 4 and ledger.head().seq == 6


def test_a_file_that_cannot_be_written_is_named(ledger: Ledger, tmp_path: Path) -> None:
    fill(ledger)
    with pytest.raises(Terminal, match=r"nowhere/x\.jsonl cannot be written \(No such file or directory\)"):
        write(ledger, tmp_path / "nowhere" / "x.jsonl")
    (tmp_path / "folder").mkdir()
    with pytest.raises(Terminal, match=r"folder cannot be written \(Is a directory\)"):
        write(ledger, tmp_path / "folder")
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


def test_the_file_is_its_owners_alone(ledger: Ledger, file: Path) -> None:
    fill(ledger)
    write(ledger, file, evidence=True)
    assert file.stat().st_mode & 0o777 == 0o600
