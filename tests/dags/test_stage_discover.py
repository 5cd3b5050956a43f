"""<project>.discover: from the questions to a signed stage, and what keeps it open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.dags import small
from tests.dags.runs import again, answer, digest, execute, run
from tests.migration import Migration

from golive.project import files
from golive.readiness.stages import State, standing

STAGE = """\
people:
  lead: [lena]
  sponsor: [sam]
  data_engineer: [daniel]
  operations: [omar]
  go_live: [maria, tom]
stages:
  - name: discover
    threshold: 80
    questions:
      - {id: backups, asks: "Are backups tried?", weight: 3}
      - {id: owners, asks: "Has every module an owner?", weight: 1}
documents:
  - {name: Roadmap, link: docs/roadmap.md, stage: discover, readers: [lead]}
"""
TEXT = small.TEXT.replace("people: {go_live: [maria, tom]}\nstages: [final_migration]\n", STAGE)


@pytest.fixture
def harbour(migration: Callable[..., Migration], pair: tuple[str, str]) -> Migration:
    small.make(*pair)
    return migration("harbour", TEXT, *pair)


def lena(backups: str, owners: str) -> Callable[[Any], None]:
    """Lena answers the questions, and signs."""

    def write(detail: Any) -> None:
        asked = {"backups": backups, "owners": owners} if detail.task_instance.task_id == "answer_questions" else {}
        answer("lena", "Approve", comment="as it is", **asked)(detail)

    return write


def latest(migration: Migration, kind: str) -> Any:
    with migration.ledger as book:
        entry = book.last("harbour", kind)
    assert entry is not None, kind
    return entry


def state(migration: Migration) -> State:
    with migration.ledger as book:
        return standing(book, migration.project)[0].state


def test_from_the_questions_to_a_signed_stage_without_a_write_to_either_system(harbour: Migration) -> None:
    execute(harbour.source_url, "insert into kid (id, fam, born) values (9001, 777, '2012-03-04')")
    before = digest(harbour.source_url), digest(harbour.target_url)
    ran = run(harbour, "discover", answer=lena("yes", "no"))
    assert ran.state == "success", ran.errors
    assert (digest(harbour.source_url), digest(harbour.target_url)) == before
    assert state(harbour) is State.COMPLETE
    profile = latest(harbour, "profile").payload
    assert (profile["tables"], profile["mapped"], profile["rows"], profile["findings"]) == (2, 2, 341, 1)
    risk = latest(harbour, "risk").payload
    assert (risk["id"], risk["raised_by"], risk["state"]) == ("data_orphans", "system", "open")
    readiness = latest(harbour, "readiness")
    # 75 for the answers, 50 for the data: below the threshold, and yet for Lena to decide.
    assert (readiness.payload["score"], readiness.payload["proposal"]) == (62, "not ready")
    assert harbour.ledger.evidence(readiness.evidence_hash)["answers"] == {"backups": "yes", "owners": "no"}
    assert latest(harbour, "document").payload["says"] == "no http(s) link"


def test_an_open_question_is_asked_again_and_marking_the_form_answers_nothing(harbour: Migration) -> None:
    ran = run(harbour, "discover", answer=lena("yes", ""))
    assert ran.state == "failed"
    assert "the field 'Has every module an owner?' was not filled in" in ran.error("answer_questions")
    ran = again(
        harbour, "discover", ran.run_id, "answer_questions", answer=lena("yes", "yes"), marked="answer_questions"
    )
    assert ran.state == "failed"
    assert "The questions were not answered in this run" in ran.error("score_readiness")
    ran = again(harbour, "discover", ran.run_id, "answer_questions", answer=lena("yes", "yes"))
    assert ran.state == "success", ran.errors
    assert latest(harbour, "readiness").payload["score"] == 100


def test_a_right_that_lacks_is_named_and_the_run_goes_on_once_it_is_granted(harbour: Migration) -> None:
    file = files.PROJECTS / "harbour" / "project.yaml"
    file.write_text(TEXT.replace("source: kid", "source: kids_of_old"))
    ran = run(harbour, "discover", answer=lena("yes", "yes"))
    assert ran.state == "failed" and "sign_as_lead" not in ran.errors
    assert "daniel (data engineer): source" in ran.error("test_connections")
    assert "has no table kids_of_old" in ran.error("test_connections")
    file.write_text(TEXT)
    ran = again(harbour, "discover", ran.run_id, "list_documents", "test_connections", answer=lena("yes", "yes"))
    assert ran.state == "success", ran.errors
    assert state(harbour) is State.COMPLETE
