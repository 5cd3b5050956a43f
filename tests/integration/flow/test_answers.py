"""Which answers count, and for how long: whose run it was, who holds the role, what was undone since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from types import SimpleNamespace
from typing import Any

import pytest
from tests.dags import small
from tests.dags.runs import execute
from tests.integration.flow.acting import Run
from tests.integration.flow.test_opening import kinds
from tests.migration import Migration

from golive.errors import ChecksFailed, NotPermitted
from golive.flow import approval, crossing, cutover, proof
from golive.flow.people import AskPeople
from golive.flow.stages.final_migration import open_step
from golive.freeze import standing, unfreeze
from golive.ledger import frozen, opened
from golive.project import files
from golive.readiness.doors import standing_freeze

BEFORE = ("freeze", "increments", "sweep", "checks")


def write(text: str) -> None:
    (files.PROJECTS / "harbour" / "project.yaml").write_text(text)


def later(patch: pytest.MonkeyPatch, module: Any, hours: int) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime.now(tz) + timedelta(hours=hours)

    patch.setattr(module, "datetime", Clock)


# Whose run it is


@pytest.mark.parametrize(("person", "called"), [("7", "Maria Lopez"), ("Maria Lopez", "7")])
def test_who_started_a_run_is_known_by_id_and_by_name(
    make: Callable[[str], Migration], person: str, called: str
) -> None:
    """A sign-in may give a name to who starts a run, and an id to who answers."""
    harbour = make(small.TEXT.replace("[maria, tom]", f"['{person}', tom]"))
    run = Run(harbour, by="Maria Lopez")
    run.night(skip=("go_live", *BEFORE))
    form = run.ask(approval.go_live())
    with pytest.raises(NotPermitted, match="started this run, and nobody agrees to a run of their own"):
        run.answer(form, person, called=called)
    assert kinds(harbour, "approval")[-1].payload["verdict"] == "refused"
    assert run.answer(run.ask(approval.go_live()), "tom", called="Tom")["by"] == "tom"


def test_nobody_is_asked_where_nobody_can_tell_who_started_the_run(harbour: Migration) -> None:
    hand = SimpleNamespace(source_dag_id=None)
    run = Run(harbour, kind="asset_triggered", run_id="asset_triggered__1", events=(hand,))
    run.night(skip=("go_live", *BEFORE))
    with pytest.raises(NotPermitted, match=r"made the event that started this run by hand.*Start harbour.final_migr"):
        run.ask(approval.go_live())
    assert not kinds(harbour, "approval")
    by_event = run.another("asset_triggered__2", events=(SimpleNamespace(source_dag_id="harbour.support"),), by="lena")
    with by_event.here() as here:
        assert not here.run.nameless and not here.run.manual


# Who holds the role


def test_a_form_that_nobody_of_today_may_answer_says_so(harbour: Migration, run: Run) -> None:
    """Airflow keeps the people a form was first assigned to: the new holder's answer would never reach us."""
    run.night(skip=("go_live", *BEFORE))
    first = run.ask(approval.go_live())
    assert [user["id"] for user in first.assigned_users] == ["maria", "tom"]
    write(small.TEXT.replace("[maria, tom]", "[ann, tom]"))
    run.ask(approval.go_live())  # tom may still answer it
    write(small.TEXT.replace("[maria, tom]", "[ann]"))
    with pytest.raises(NotPermitted, match=r"is held by other people than .* those alone answer it: maria, tom"):
        run.ask(approval.go_live())


def test_a_decision_that_waits_as_long_as_it_takes_is_assigned_to_nobody(harbour: Migration, run: Run) -> None:
    run.night()
    run.do(proof.open_new_system)
    question = approval.open_step(harbour.project, 1)
    form = run.ask(question)
    assert form.assigned_users == [] and "Your word counts if you hold the role" in form.body
    role = harbour.project.opening[1].decided_by
    assert AskPeople(task_id="parsed", project=harbour.project, question=question).assigned_users in (None, [])
    assert kinds(harbour, "approval")[-1].payload["people"] == ["maria", "tom"] and role == "go_live"
    with pytest.raises(NotPermitted, match="eve answered, but maria or tom must"):
        run.answer(form, "eve")
    write(small.TEXT.replace("[maria, tom]", "[ann]"))
    assert run.answer(run.ask(question), "ann")["by"] == "ann"
    with pytest.raises(NotPermitted, match="has 3 steps under `opening`, and this task is about the step 4"):
        run.do(open_step, 3)  # steps were taken out of the file since the DAG was read


def test_an_answer_that_airflow_could_not_take_is_not_called_late(harbour: Migration, run: Run) -> None:
    run.night(skip=("go_live", *BEFORE))
    for error, says in (("validation", r"could not take the answer \(validation\)"), ("timeout", "nobody answered")):
        form = run.ask(approval.go_live())
        with pytest.raises(NotPermitted, match=says):
            run.answer(form, "", error="broken", error_type=error)


def test_a_deputy_whose_days_are_over_is_named(make: Callable[[str], Migration]) -> None:
    harbour = make(small.TEXT)
    run = Run(harbour)
    run.night(skip=BEFORE)
    write(small.TEXT.replace("[maria, tom]", "[tom]"))
    with run.here() as here, pytest.raises(NotPermitted) as refused:
        cutover.approved(here)
    assert "; maria approved on 20" in refused.value.message
    assert "but does not hold the role go_live today" in refused.value.message


# What was undone, and what is old


def test_an_approval_does_not_outlive_the_freeze_that_it_was_given_for(harbour: Migration, run: Run) -> None:
    run.night(skip=("increments", "sweep", "checks"))
    unfreeze(harbour.source, "harbour")
    with harbour.ledger as book:
        book.append(project="harbour", kind="unfreeze", actor="omar", payload={"did": []})
    execute(harbour.source_url, "insert into fam values (900, 'worked on')")
    for task in (cutover.freeze_source, proof.open_new_system):
        with pytest.raises(NotPermitted) as refused:
            run.do(task)
        assert "Start a new run" in refused.value.message, task
    with pytest.raises(NotPermitted, match="after this run had shown what it would do: no approval of that counts"):
        run.ask(approval.go_live())
    with run.here() as here, pytest.raises(NotPermitted, match=r"it was undone at .*\. Start a new run"):
        standing_freeze(here)
    assert not standing(harbour.source).covered and frozen(harbour.ledger, "harbour") is None
    other = run.another("two")
    other.night()
    other.do(proof.open_new_system)
    assert opened(harbour.ledger, "harbour") is not None


def test_a_go_that_nobody_acted_on_expires_and_one_that_froze_does_not(
    harbour: Migration, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.night(skip=BEFORE)
    with monkeypatch.context() as patch:
        later(patch, cutover, 73)
        with pytest.raises(NotPermitted, match=r"maria approved at .* UTC, which held for 72 hours"):
            run.do(cutover.freeze_source)
        assert frozen(harbour.ledger, "harbour") is None
    run.do(cutover.freeze_source)
    later(monkeypatch, cutover, 73)
    run.do(cutover.freeze_source)


def test_verdicts_that_are_too_old_open_nothing(
    harbour: Migration, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.night()
    with monkeypatch.context() as patch:
        later(patch, proof, 13)
        with pytest.raises(ChecksFailed) as refused:
            run.do(proof.open_new_system)
    assert "no sample since the sweep within the last 12 hours: clear draw_sample" in refused.value.message
    assert "no checks since the sweep within the last 12 hours: clear check_tables" in refused.value.message
    assert opened(harbour.ledger, "harbour") is None
    run.do(proof.open_new_system)


# Rows that stay behind


def test_rows_left_behind_are_asked_about_again_when_there_are_more(harbour: Migration, run: Run) -> None:
    run.night(skip=("increments", "sweep", "checks"))
    _quarantined(harbour, "9998")
    form = run.ask(approval.open_without())
    assert "1 rows could not be migrated that were not shown to you before" in form.body
    run.answer(form, "maria")
    with run.here() as here:
        assert approval.open_without().shown(here) is None
    _quarantined(harbour, "9999")
    assert "If this run asks once more" in form.body
    again = run.ask(approval.open_without())
    assert "2 rows could not be migrated" in again.body
    with run.here() as here:
        assert approval.agreed_losses(here) == {}  # asking takes the first answer back
    run.answer(again, "tom")
    with run.here() as here:
        assert len(approval.agreed_losses(here)["public.child"]["keys"]) == 2


def test_a_hash_of_a_key_cannot_be_found_by_trying_keys(harbour: Migration, run: Run) -> None:
    from golive.databases.relation import Refusal
    from golive.flow.records import key_hash, quarantine

    run.night(skip=NIGHT_AFTER_GO)
    _quarantined(harbour, "7")
    with run.here() as here:
        (hashed,) = quarantine(here)["public.child"]["keys"]
        assert quarantine(here)["public.child"]["keys"] == [hashed]  # the same in every task
        child, refusal = here.plan.table("public.child"), Refusal(("7",), "no key", None, None)
        assert hashed != key_hash(child, refusal, "") and len(hashed) == 32
        execute(harbour.target_url, "update golive.secret set value = 'another database'")
        assert quarantine(here)["public.child"]["keys"] == [key_hash(child, refusal, "another database")] != [hashed]


NIGHT_AFTER_GO = ("go_live", *BEFORE)


def _quarantined(migration: Migration, key: str) -> None:
    from golive.databases.relation import Refusal

    with migration.target.session() as connection:
        migration.target.state.prepare(connection)
        refusals = [Refusal((key,), "no key", None, None)]
        migration.target.held.quarantine(connection, "harbour", "public.child", refusals, None)


# Marked tasks of the sweep


def test_an_increment_of_another_kind_is_no_sweep(harbour: Migration, run: Run) -> None:
    """open_sweep and its lanes marked as success: what was done last are the last increments."""
    run.night(skip=("sweep", "checks"))
    with pytest.raises(NotPermitted, match=r"nothing of the kind was opened in this run for .*: clear open_sweep"):
        run.do(crossing.settle_sweep)
    assert kinds(harbour, "sweep") == []


def test_older_data_is_no_last_increment(harbour: Migration, run: Run) -> None:
    from golive.flow import older

    before = Run(harbour, "older_data")
    before.do(older.open_increment)
    before.do(older.settle_increment)
    run.night(skip=("increments", "sweep", "checks"))
    with pytest.raises(NotPermitted, match="clear open_last_increments"):
        run.do(crossing.settle_last_increments)


def test_the_summary_counts_rows_once_however_often_they_were_settled(harbour: Migration, run: Run) -> None:
    run.night()
    run.do(crossing.settle_sweep)
    run.prove()
    run.do(proof.open_new_system)
    run.do(proof.write_summary)
    (stored,) = kinds(harbour, "summary")
    assert stored.payload["inserted"] == small.FAMILIES + small.CHILDREN
    assert len(kinds(harbour, "sweep")) == 2


