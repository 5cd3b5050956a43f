"""Licence keys, old and new, each tried by a query of the target or by a validator program; none of them is told."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.integration.comparisons import comparing
from tests.integration.comparisons.comparing import Compared, compare, comparison
from tests.integration.two_sides import run

from golive.databases import connect
from golive.project import Project
from golive.results import Verdict
from golive.validation import corpus
from golive.validation.comparisons import run_comparisons
from golive.validation.failing import FailingKeys

OLD = "select licence from old order by licence desc"
TRIED = "select k, l.ok as valid from unnest(:keys) k join licence l on l.key = k::text"
# What a vendor might ship: a key is valid if its letters end in the digit that their number asks for.
VALIDATOR = """
import sys
for line in sys.stdin:
    key = line.rstrip("\\n")
    print(f"{key},{'true' if key[-1] == str(len(key) % 10) else 'false'}")
"""


@pytest.fixture
def keys(pair: tuple[str, str]) -> tuple[str, str]:
    run(pair[0], "create table old (licence text)")
    run(pair[0], "insert into old values ('AAAA-1111'), ('BBBB-2222'), ('AAAA-1111')")
    run(pair[1], "create table licence (key text, ok boolean)")
    run(pair[1], "insert into licence values ('AAAA-1111', true), ('BBBB-2222', true), ('NEW,1', true)")
    return pair


def keys_compared(pair: tuple[str, str], folder: Path | None = None, **more: Any) -> Compared:
    declared = {"source": OLD, "target": TRIED} | more
    return compare(
        pair, comparison("licences", "corpus", **{name: each for name, each in declared.items() if each}),
        folder=folder,
    )  # fmt: skip


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def test_old_keys_and_new_ones_are_valid(keys: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text('made,key\n2026,"NEW,1"\n')
    result = keys_compared(keys, tmp_path, file="new.csv").one()
    assert result.verdict is Verdict.PASS
    assert result.says == "What licences says: all 3 keys are valid: 2 of the source and 1 of the file"
    assert result.evidence["file_sha256"] == hashlib.sha256((tmp_path / "new.csv").read_bytes()).hexdigest()


def test_a_wrong_key_is_kept_as_a_hash_alone(keys: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("\ufeffkey\nNEW-9\nAAAA-1111\n\n''\n", encoding="utf-8")
    run(keys[0], "insert into old values ('CCCC-3333'), (null), ('DDDD-4444')")
    run(keys[1], "insert into licence values ('CCCC-3333', false), ('DDDD-4444', null)")
    compared = keys_compared(keys, tmp_path, file="new.csv")
    assert compared.one().verdict is Verdict.FAIL
    assert sorted(compared.kept.rows("licences")[1:]) == sorted([
        ("", "source", "empty"), (digest("CCCC-3333"), "source", "not valid"),
        (digest("DDDD-4444"), "source", "without an answer"), (digest("NEW-9"), "file", "without an answer"),
        (digest("''"), "file", "without an answer"),
    ])  # fmt: skip
    assert compared.one().says == (
        "What licences says: 5 of 8 keys (5 of the source and 3 of the file) do not work:"
        " 1 empty, 1 not valid, 3 without an answer"
    )
    assert not any(key in compared.text for key in ("CCCC", "DDDD", "NEW-9", "AAAA"))


def test_no_key_at_all_proves_nothing(keys: tuple[str, str]) -> None:
    run(keys[0], "truncate old")
    result = keys_compared(keys).one()
    assert (result.verdict, result.says) == (
        Verdict.VACUOUS, "What licences says: there is no key to try: 0 of the source",
    )  # fmt: skip


def test_a_file_without_a_key_proves_nothing_whatever_the_source_has(keys: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("key\n")
    result = keys_compared(keys, tmp_path, file="new.csv").one()
    assert (result.verdict, result.looked_at) == (Verdict.VACUOUS, 2)
    assert result.says == "What licences says: one place has no key to try: 2 of the source and 0 of the file"
    run(keys[0], "update old set licence = 'WRONG' where licence = 'BBBB-2222'")
    first = keys_compared(keys, tmp_path, file="new.csv").one()
    run(keys[0], "update old set licence = 'FALSE' where licence = 'WRONG'")
    other = keys_compared(keys, tmp_path, file="new.csv").one()
    assert first.verdict is other.verdict is Verdict.FAIL and first.evidence["digest"] != other.evidence["digest"]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("select k from unnest(:keys) k", "it has to give two columns"),
        ("select k, 'perhaps' from unnest(:keys) k", "neither true nor false"),
        ("select k, true from unnest(:keys) k, generate_series(1, 2)", "answers a key several times"),
        ("select k || '!', true from unnest(:keys) k", "one that it was not asked about"),
        ("select k, k::int > 0 from unnest(:keys) k", "the query of the target: InvalidText"),
        ("select k, true from unnest(:keys) k; delete from licence", "the query of the target: "),
    ],
)
def test_a_query_that_does_not_answer_is_an_error_without_a_key(keys: tuple[str, str], target: str, said: str) -> None:
    compared = keys_compared(keys, target=target)
    assert compared.one().verdict is Verdict.ERROR and said in compared.one().says
    assert "AAAA" not in compared.text


def test_keys_are_bound_and_a_cast_in_the_query_is_none(keys: tuple[str, str]) -> None:
    run(keys[0], "insert into old values ('x''); drop table licence; --'), ('100%s {} \\ \u20ac')")
    query = "select k, length(k::text) > 0 from unnest(:keys) k -- :keys"
    assert keys_compared(keys, target=query).one().looked_at == 4
    assert keys_compared(keys, target=query).one().verdict is Verdict.PASS


def test_the_target_is_seen_at_one_moment_whatever_batches_there_are(
    keys: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first wrong key is read before the second is tried, which somebody puts right meanwhile."""
    monkeypatch.setattr(corpus, "BATCH", 1)
    run(keys[1], "update licence set ok = false")
    project = Project.model_validate({
        **comparing.HEAD, "comparisons": [comparison("licences", "corpus", source=OLD, target=TRIED)],
    })  # fmt: skip
    seen = []

    def keep(failing: FailingKeys) -> str:
        seen.append(next(failing.rows))
        run(keys[1], "update licence set ok = true")
        seen.extend(failing.rows)
        return "kept"

    both = (connect(url, name="side") for url in keys)
    (result,) = run_comparisons(project, *both, "initial", keep, b"")
    assert (result.verdict, len(seen), result.evidence["failing"]) == (Verdict.FAIL, 2, 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no file new.csv in the project's folder"),
        ("licence\nA\n", "has no column `key` in its first line"),
        ("", "has no column `key` in its first line"),
        (b"key\n\xff\n", "cannot be read as CSV in UTF-8 (UnicodeDecodeError)"),
        ('key\n"A', "cannot be read as CSV in UTF-8 (Error)"),
    ],
)
def test_a_file_that_holds_no_keys_is_an_error(
    keys: tuple[str, str], tmp_path: Path, text: str | bytes | None, said: str
) -> None:
    if text is not None:
        (tmp_path / "new.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    result = keys_compared(keys, tmp_path, source=None, file="new.csv").one()
    assert result.verdict is Verdict.ERROR and said in result.says


def test_a_link_that_leads_out_of_the_folder_is_no_file_of_it(keys: tuple[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (tmp_path / "other.csv").write_text("key\nA\n")
    (folder / "new.csv").symlink_to(tmp_path / "other.csv")
    result = keys_compared(keys, folder, file="new.csv").one()
    assert result.verdict is Verdict.ERROR and "there is no file new.csv" in result.says


def test_a_program_tries_every_key(keys: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "BATCH", 2)
    (tmp_path / "validator.py").write_text(VALIDATOR)
    run(keys[0], "insert into old values ('with, comma 3'), ('wrong'), ('four,4'), ('\u20ac\u20ac3')")
    compared = keys_compared(keys, tmp_path, target=None, command=[sys.executable, "validator.py"])
    wrong = {row[0] for row in compared.kept.rows("licences")[1:]}
    assert wrong == {digest(key) for key in ("AAAA-1111", "BBBB-2222", "wrong", "four,4")}
    assert compared.one().looked_at == 6 and "four" not in compared.text


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("raise SystemExit(3)", "ended with code 3"),
        ("print('AAAA-1111,true')", "was given 2 keys, and gave 1 answers"),
        ("print('AAAA-1111,true\\nAAAA-1111,true')", "not one to each"),
        ("print('AAAA-1111,true\\nZZZZ-9999,true')", "not one to each"),
        ("print('AAAA-1111 true\\nBBBB-2222 true')", "writes a line that is no `key,true`"),
        ("print('AAAA-1111,yes\\nBBBB-2222,yes')", "neither true nor false"),
        ("import sys; sys.stdout.buffer.write(b'\\xff')", "writes what is no UTF-8"),
        ("print('x' * 10_000_000)", "writes more than an answer a key"),
        ("import os; print(os.environ['SECRET_OF_THE_WORKER'])", "ended with code 1"),
        ("import sys; sys.stderr.write(sys.stdin.read()); raise SystemExit(1)", "ended with code 1"),
    ],
)
def test_a_program_that_does_not_answer_is_an_error_without_a_key(
    keys: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, said: str
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_WORKER", "s3cret")
    compared = keys_compared(keys, tmp_path, target=None, command=[sys.executable, "-S", "-c", program])
    assert compared.one().verdict is Verdict.ERROR and said in compared.one().says
    assert "AAAA" not in compared.text and "s3cret" not in compared.text


def test_a_program_that_hangs_ends_with_all_that_it_started(keys: tuple[str, str], tmp_path: Path) -> None:
    program = (
        "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        " open('started', 'w').close(); raise SystemExit(0)"
    )
    # The child of the program holds its output open: only ending that too ends the reading.
    compared = keys_compared(keys, tmp_path, target=None, command=[sys.executable, "-S", "-c", program], seconds=2)
    assert compared.one().says.endswith(f"the validator {sys.executable} did not end within 2 s")
    assert (tmp_path / "started").exists()


def test_a_program_that_is_not_there_or_a_key_of_two_lines_is_an_error(keys: tuple[str, str], tmp_path: Path) -> None:
    gone = keys_compared(keys, tmp_path, target=None, command=["./no-such-validator"]).one()
    assert gone.says.endswith("the validator ./no-such-validator cannot be started (No such file or directory)")
    run(keys[0], "insert into old values (E'two\\nlines')")
    assert "holds the end of a line" in keys_compared(keys, tmp_path, target=None, command=["cat"]).one().says
