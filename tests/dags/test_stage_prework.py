"""Pre-work from end to end: what is missing keeps it open, people attest and sign, and it closes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.dags import small
from tests.dags.runs import answer, execute, run, turn
from tests.migration import Migration

from golive.project import files
from golive.readiness.stages import complete

SOON = datetime.now(UTC).date() + timedelta(days=6)
TEXT = small.TEXT.replace(
    "people: {go_live: [maria, tom]}\nstages: [final_migration]\n",
    f"""\
people: {{lead: [lena], sponsor: [sam], crew: [carl], data_engineer: [daniel], operations: [omar], go_live: [maria]}}
calendar: {{go_live: {SOON}}}
departments: [{{name: harbourmen, head: crew}}]
training:
  groups: {{harbourmen: [hugo], office: [olga]}}
  courses:
    - {{name: basics, title: The basics, groups: [harbourmen, office], days_before: 7, materials: [guide]}}
    - {{name: later, title: Later, groups: [office], days_before: 1, materials: [guide]}}
  materials: [{{name: guide, kind: guide, build: "1", link: "https://docs/guide"}}]
  exercises:
    - {{name: first, group: office, says: first steps, query: "select 1 where false"}}
    - {{name: own_case, group: harbourmen, says: a case of their own}}
clean_up:
  rules: [{{rule: no_family, says: children without a family, owner: lead, at_most: 0,
            query: "select id from kid where fam > {small.FAMILIES}"}}]
stages: [prework]
""",
)


@pytest.fixture
def harbour(migration: Callable[..., Migration], pair: tuple[str, str]) -> Migration:
    """Two groups, of which one has a leader of its own and worked on its own case, and one rule about the old data."""
    small.make(*pair)
    made = migration("harbour", TEXT, *pair)
    done = {
        "person": "hugo", "group": "harbourmen", "course": "own_case", "state": "attended", "on": "2026-05-20",
        "material": "1", "by": "carl",
    }  # fmt: skip
    with made.ledger as book:
        book.append(project="harbour", kind="training", actor="carl", payload=done)
    return made


def people(detail: Any) -> None:
    """The crew's head attests the course of the harbourmen; everybody else agrees."""
    task = detail.task_instance.task_id
    fields = {"basics": True} if task.startswith("attest_") else {}
    answer("carl" if task == "attest_harbourmen" else "lena", "Approve", comment="seen", **fields)(detail)


def test_pre_work_closes_once_people_learnt_and_the_data_is_clean(harbour: Migration) -> None:
    execute(harbour.source_url, "insert into kid values (9000, 9000, '2012-12-12')")
    ran = run(harbour, "prework", answer=people)
    assert ran.state == "failed"
    assert "no_family (children without a family) has 1 open, and at most 0 may be left" in ran.error("check_clean_up")
    assert ran.states["check_training"] == ran.states["check_materials"] == ran.states["check_exercises"] == "success"
    assert ran.states["sign_as_lead"] == "upstream_failed"
    execute(harbour.source_url, "delete from kid where id = 9000")
    ran = run(harbour, "prework", answer=people)
    assert ran.state == "success", ran.errors
    with harbour.ledger as book:
        assert complete(book, "harbour", "prework") is not None
        trained = {e.payload["person"]: e.payload for e in book.entries("harbour", kind="training")}
        issues = [(e.payload["severity"], e.payload["state"]) for e in book.entries("harbour", kind="issue")]
        asked = [
            e.payload["question"] for e in book.entries("harbour", kind="approval", run=f"harbour.prework/{ran.run_id}")
        ]
    assert trained["hugo"]["state"] == "attested" and trained["hugo"]["by"] == "carl"
    assert trained["olga"]["by"] == "lena"
    assert issues == [("minor", "open"), ("minor", "closed")]
    assert set(asked) == {"sign_off/lead"}  # who attested in the first run is not asked again


def test_a_form_that_was_marked_as_success_attests_nothing(harbour: Migration) -> None:
    ran = run(harbour, "prework", answer=people, marked="attest_harbourmen")
    assert ran.state == "failed"
    assert "hugo of group harbourmen did not attend. carl (crew)" in ran.error("check_training")


def test_the_rules_are_looked_at_again_by_their_own_schedule(harbour: Migration) -> None:
    file = files.PROJECTS / "harbour" / "project.yaml"
    file.write_text(TEXT.replace("clean_up:\n", 'clean_up:\n  schedule: "0 4 * * *"\n'))
    assert turn("harbour.recheck").said["recheck_clean_up"].startswith("Pre-work has not begun")
    with harbour.ledger as book:
        book.append(project="harbour", stage="prework", kind="stage", actor="golive", payload={"state": "opened"})
    assert turn("harbour.recheck").said["recheck_clean_up"] == "Clean-up: 0 open by 1 rule, the first look."
    execute(harbour.source_url, "insert into kid values (9000, 9000, '2012-12-12')")
    ran = turn("harbour.recheck")
    assert ran.state == "success", ran.errors
    with harbour.ledger as book:
        (issue,) = book.entries("harbour", kind="issue")
    assert issue.payload["severity"] == "major" and "they came back" in issue.payload["says"]
