"""What keeps the doors shut: the window, a no, a missing answer, a planted difference, a broken freeze, a late lane."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.dags import small
from tests.dags.runs import again, answer, digest, execute, run, timed_out, write_past
from tests.migration import ROOT, Migration, rows

import golive
from golive.freeze import standing
from golive.ledger import code_hash, frozen, opened
from golive.project import files
from golive.readiness import findings
from golive.results import CheckResult


def shut(migration: Migration) -> bool:
    """Whether the new system is not open."""
    with migration.ledger as book:
        return opened(book, migration.project.name) is None


def untouched(migration: Migration) -> bool:
    """Whether nothing was frozen, by the ledger and by the source itself."""
    with migration.ledger as book:
        return frozen(book, migration.project.name) is None and not standing(migration.source).covered


def arrived(migration: Migration) -> bool:
    return all(
        rows(migration.source_url, there) == rows(migration.target_url, here) for there, here in small.SIDES.values()
    )


def answers(migration: Migration, question: str = "go_live") -> list[tuple[str, str]]:
    """(who, verdict) of every entry about the question."""
    with migration.ledger as book:
        entries = book.entries(migration.project.name, kind="approval")
        return [(e.actor, e.payload["verdict"]) for e in entries if e.payload["question"] == question]


def project_file(migration: Migration) -> Any:
    return files.PROJECTS / migration.project.name / "project.yaml"


# The window


def test_a_scheduled_run_keeps_to_its_window_and_a_run_by_hand_does_not(harbour: Migration) -> None:
    hour = datetime.now(UTC).hour
    project_file(harbour).write_text(
        small.TEXT.replace("02:00-03:00", f"{(hour + 6) % 24:02}:00-{(hour + 7) % 24:02}:00")
    )
    ran = run(harbour, "older_data", scheduled=True)
    assert ran.state == "success" and set(ran.states.values()) == {"skipped"}
    assert rows(harbour.target_url, "select count(*) from child where origin = 'old'") == [(0,)]
    ran = run(harbour, "older_data")
    assert ran.state == "success" and set(ran.states.values()) == {"success"}
    assert rows(harbour.target_url, "select count(*), max(child_id) from child where origin = 'old'") == [(200, 200)]
    project_file(harbour).write_text(
        small.TEXT.replace("02:00-03:00", f"{(hour - 1) % 24:02}:00-{(hour + 3) % 24:02}:00")
    )
    assert set(run(harbour, "older_data", scheduled=True).states.values()) == {"success"}


# The dry run


def test_a_dry_run_changes_nothing_at_all(harbour: Migration) -> None:
    """On a target that Golive has never seen: not even its own schema is made."""
    before = digest(harbour.source_url), digest(harbour.target_url)
    ran = run(harbour, "final_migration", answer=None, dry_run=True)
    assert ran.state == "success"
    assert {name for name, state in ran.states.items() if state == "success"} == {
        "open_stage", "check_gate", "show_dry_run", "write_summary"
    }
    assert ran.said["write_summary"] == "dry run: nothing was changed"
    assert (digest(harbour.source_url), digest(harbour.target_url)) == before
    assert not [name for schema, name, *_ in digest(harbour.target_url)["relations"] if schema == "golive"]
    with harbour.ledger as book:
        run_, gate, entry = book.entries("harbour")
        assert run_.kind == "run"
        assert (gate.kind, gate.payload["missing"]) == ("step", [])
        assert entry.kind == "dry_run" and entry.evidence_hash is not None
        evidence: Any = book.evidence(entry.evidence_hash)
    assert evidence["rows"] == evidence["total"] == small.FAMILIES + small.CHILDREN
    assert evidence["to_freeze"] == ["public.fam", "public.kid"]
    assert len(evidence["actions"]) == 6 and "340 rows" in evidence["actions"][1]


# The approval


@pytest.mark.parametrize(
    ("given", "who", "verdict", "says"),
    [
        (answer("maria", "Reject", comment="not today"), "maria", "rejected", "maria said no: not today"),
        (answer("eve", "Approve"), "eve", "refused", "eve answered, but maria or tom must (go_live)"),
        (answer(None, "Approve"), "Anonymous", "refused", "the answer has no name"),
        (answer("maria", "Approve", comment=" "), "maria", "refused", "maria gave no reason"),
        (timed_out, "nobody", "refused", "nobody answered within 72 hours"),
    ],
)
def test_no_yes_no_freeze(
    harbour: Migration, given: Callable[[Any], None], who: str, verdict: str, says: str
) -> None:
    ran = run(harbour, "final_migration", answer=given)
    assert ran.state == "failed"
    assert says in ran.error("approve_go_live")
    assert answers(harbour) == [("golive", "asked"), (who, verdict)]
    assert untouched(harbour) and shut(harbour)


def test_marking_the_form_as_success_agrees_to_nothing(harbour: Migration) -> None:
    """Neither without an answer, nor with the approval of another run."""
    ran = run(harbour, "final_migration", marked="freeze_source|open_last_increments")
    assert answers(harbour)[-1] == ("maria", "approved")
    ran = run(harbour, "final_migration", marked="approve_go_live")
    assert ran.state == "failed"
    assert "holds no approval of what this run showed" in ran.error("freeze_source")
    assert untouched(harbour) and shut(harbour)


@pytest.mark.parametrize("where", ["file", "schema"])
def test_a_mapping_that_changed_after_the_yes_is_not_the_one_agreed_to(harbour: Migration, where: str) -> None:
    def change() -> None:
        if where == "file":
            project_file(harbour).write_text(small.TEXT.replace("name: trim(nm)", "name: upper(nm)"))
        else:
            execute(harbour.target_url, "alter table family alter name type varchar(40)")

    ran = run(harbour, "final_migration", before={"freeze_source": change})
    assert ran.state == "failed"
    assert "what was agreed to does not hold any more" in ran.error("freeze_source")
    assert "- changed since: the mapping of public.family" in ran.error("freeze_source")
    assert untouched(harbour) and shut(harbour)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A checkout of Golive of this test's own, of which the ledger's code hash is taken."""
    for part in ("include/golive", "dags"):
        shutil.copytree(ROOT / part, tmp_path / "checkout" / part)
    monkeypatch.setattr(golive, "__file__", str(tmp_path / "checkout" / "include" / "golive" / "__init__.py"))
    code_hash.cache_clear()
    yield tmp_path / "checkout"
    code_hash.cache_clear()


def test_code_that_changed_after_the_yes_freezes_nothing(harbour: Migration, installed: Path) -> None:
    def upgrade() -> None:
        with (installed / "include" / "golive" / "transfer" / "chunk.py").open("a") as file:
            file.write("# another version\n")
        code_hash.cache_clear()  # on Airflow every task is a process of its own

    ran = run(harbour, "final_migration", before={"freeze_source": upgrade})
    assert ran.state == "failed"
    assert "- changed since: Golive's own code" in ran.error("freeze_source")
    assert answers(harbour)[-1] == ("maria", "approved")
    assert untouched(harbour) and shut(harbour)
    execute(harbour.source_url, "insert into kid values (4000, 1, '2012-12-12')")
    # What the next run shows, and what is agreed to, is the new code.
    ran = run(harbour, "final_migration")
    assert ran.state == "success", ran.errors
    assert arrived(harbour)


# Differences and broken freezes


def test_a_difference_planted_after_the_sweep_shuts_the_door(harbour: Migration) -> None:
    """A row less, a row changed, a row more: each time cleared, swept away, and another one planted."""
    planted = {
        "delete from child where child_id = 7": "rows of public.child: FAIL: 299 rows match, 0 differ, 1 ",
        "update child set birth_date = '1999-01-01' where child_id = 7": "FAIL: 299 rows match, 1 differ",
        "insert into child values (5000, 1, null, 'old')": "counts of public.child: FAIL",
    }
    ran = None
    for statement, said in planted.items():
        hand = {"finish_tables": partial(execute, harbour.target_url, statement)}
        if ran is None:
            ran = run(harbour, "final_migration", before=hand)
        else:
            ran = again(harbour, "final_migration", ran.run_id, "open_sweep", before=hand)
        assert ran.state == "failed"
        assert said in ran.error("check_tables") and "1999" not in ran.error("check_tables")
        assert ran.states["open_new_system"] == "upstream_failed" and shut(harbour)
    # Marking what failed as success does not open either: the ledger is asked again.
    assert ran is not None
    ran = again(harbour, "final_migration", ran.run_id, "open_sweep", marked="check_tables|prove_arrival")
    assert ran.state == "failed" and shut(harbour)
    assert "no checks since the sweep" in ran.error("open_new_system")
    # With nobody in between it opens; the freeze that stands was kept all the time.
    ran = again(harbour, "final_migration", ran.run_id, "split_checks")
    assert ran.state == "success" and arrived(harbour) and not shut(harbour)
    with harbour.ledger as book:
        assert len(book.entries("harbour", kind="freeze")) == 1
    assert rows(harbour.target_url, "select child_id, family_id, birth_date::text from child where origin = 'new'") == [
        (9001, 9001, "2020-02-02")
    ]


def test_a_suite_that_what_arrived_breaks_shuts_the_door(
    harbour: Migration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything arrived as it left, and that is not as it must be: neither a green task nor time lets it in."""
    project_file(harbour).write_text(small.TEXT.replace("people: {", "people: {sponsor: [maria], "))
    folder = tmp_path / "expectations"
    monkeypatch.setattr(files, "EXPECTATIONS", folder)
    null = "expect_column_values_to_not_be_null"
    small.suite(folder, "child.target", ("born", null, {"column": "birth_date"}, "critical"))
    small.suite(folder, "kid.source", ("old_born", null, {"column": "born"}, "critical"))
    execute(harbour.source_url, "update kid set born = null where id = 7")
    ran = run(harbour, "final_migration")
    assert ran.state == "failed" and shut(harbour)
    assert "suite/child.target/born: FAIL: As said: 1 of 301 rows do not hold it" in ran.error("check_suites")
    assert "kid.source" not in ran.error("check_suites"), "the old system stands still, and is not asked again"
    ran = again(harbour, "final_migration", ran.run_id, "split_suites", marked="check_suites|prove_arrival")
    assert "- suite/child.target/born says FAIL" in ran.error("open_new_system") and shut(harbour)
    with harbour.ledger as book:
        results = (
            CheckResult.from_dict(each)
            for entry in book.entries("harbour", kind="checks")
            for each in book.evidence(entry.evidence_hash)["results"]
        )
        (born, *_) = (findings.standing(each) for each in results if each.name == "suite/child.target/born")
        assert (born["verdict"], born["failing"]) == ("FAIL", 1)
        known = findings.waiver(born, "known", date(2999, 1, 1))
        book.append(project="harbour", kind="waiver", actor="maria", payload=known)
    ran = again(harbour, "final_migration", ran.run_id, "split_suites")
    assert ran.state == "success" and not shut(harbour)


def test_a_freeze_that_was_broken_in_between_stops_the_run(harbour: Migration) -> None:
    hand = partial(write_past, harbour.source_url, "fam", "update fam set nm = 'Smith' where id = 3")
    ran = run(harbour, "final_migration", before={"draw_sample": hand})
    assert ran.state == "failed" and shut(harbour)
    said = " ".join(map(str, ran.errors.values()))
    assert "the freeze of connection harbour_old was broken" in said and "fam" in said
    ran = run(harbour, "final_migration")
    assert ran.state == "success", ran.errors
    assert arrived(harbour)
    assert rows(harbour.target_url, "select name from family where family_id = 3") == [("Smith",)]


# Rows that cannot be migrated


def test_rows_in_quarantine_that_nobody_saw_are_asked_about(harbour: Migration) -> None:
    def late() -> None:
        execute(harbour.source_url, "insert into kid values (4000, 1, '2012-13-13'), (4001, 77, '2012-12-12')")

    ran = run(harbour, "final_migration", before={"freeze_source": late}, answer=_first_yes_then("Reject"))
    assert ran.state == "failed" and shut(harbour)
    assert "maria said no" in ran.error("accept_quarantine")
    assert ran.states["prove_arrival"] == "upstream_failed"
    # Marked as success, the form agrees to nothing.
    ran = again(harbour, "final_migration", ran.run_id, "settle_sweep", answer=_first_yes_then("Reject"))
    assert ran.state == "failed" and shut(harbour)
    ran = run(harbour, "final_migration", answer=_first_yes_then("Reject"))
    # Now both were shown on the first form, so that there is nothing to ask a second time.
    assert ran.state == "success", ran.errors
    assert [verdict for _, verdict in answers(harbour, "quarantine")][:2] == ["asked", "rejected"]
    assert rows(harbour.target_url, "select count(*) from golive.quarantine") == [(2,)]


def test_new_losses_may_be_agreed_to(harbour: Migration) -> None:
    ran = run(
        harbour, "final_migration",
        before={"freeze_source": lambda: execute(harbour.source_url, "insert into kid values (4000, 1, 'soon')")},
    )
    assert ran.state == "success", ran.errors
    assert answers(harbour, "quarantine") == [("golive", "asked"), ("maria", "approved")]


# What an increment cannot see, and late hands


def test_the_sweep_repairs_what_no_cursor_tells_of(harbour: Migration) -> None:
    """Deleted in the source, changed without its cursor, and added to the target inside `owns`."""
    run(harbour, "older_data")
    execute(harbour.source_url, "delete from kid where id = 5", "update kid set born = '2001-01-01' where id = 6")
    execute(harbour.target_url, "insert into child values (5000, 1, null, 'old')")
    ran = run(harbour, "final_migration")
    assert ran.state == "success", ran.errors
    assert (ran.said["settle_sweep"]["deleted"], ran.said["settle_sweep"]["updated"]) == (2, 1)
    assert arrived(harbour)
    assert rows(harbour.target_url, "select child_id from child where origin = 'new'") == [(9001,)]


def test_older_data_stops_at_the_freeze(harbour: Migration) -> None:
    gone = {"draw_sample": partial(execute, harbour.target_url, "delete from child")}
    ran = run(harbour, "final_migration", before=gone)
    assert ran.state == "failed"
    before = digest(harbour.target_url)
    assert set(run(harbour, "older_data").states.values()) == {"skipped"}
    assert digest(harbour.target_url) == before


def test_a_lane_that_runs_late_writes_nothing_into_the_open_system(harbour: Migration) -> None:
    """It was opened meanwhile, by another run: between the opening of an increment and its lanes."""

    def open_meanwhile() -> None:
        with harbour.ledger as book:
            book.append(
                once="opening/project team", project="harbour", kind="opening", actor="golive", run="harbour.x/another",
                payload={"step": "project team", "approved_by": "maria"},
            )

    ran = run(harbour, "older_data", before={"move_rows": open_meanwhile})
    assert ran.state == "success"
    assert ran.states["settle_increment"] == "skipped"
    assert rows(harbour.target_url, "select count(*) from child where origin = 'old'") == [(0,)]


def _first_yes_then(second: str) -> Callable[[Any], None]:
    """Maria agrees to everything but to rows that stay behind: that form she answers otherwise."""

    def write(detail: Any) -> None:
        option = second if detail.task_instance.task_id == "accept_quarantine" else "Approve"
        answer("maria", option, comment="as agreed")(detail)

    return write
