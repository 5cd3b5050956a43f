"""The tasks of the three validation passes before go-live: initial, mid-cycle and pre-final."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import Param, get_current_context

from golive.flow.defaults import lane_task
from golive.flow.people import AskPeople, Question, Shown, link
from golive.flow.stages.frame import carry_out, end_if_complete, look
from golive.project import Project

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.ledger import Entry

QUESTION = "waive_findings"
WAIVED_BY = "sponsor"


@lane_task
def check_what_crossed(project: str, lane: int, lanes: list[int]) -> str:
    """Run this lane's checks on what has crossed so far, and write all verdicts into the ledger.

    A check that says no does not fail this task: judge_pass decides what the stage bears. If it fails, a
    database could not be reached: its message says which. Safe to clear: checks only read.
    """
    from golive.flow.records import write_checks
    from golive.flow.world import world
    from golive.readiness.crossed import check_so_far

    with world(project) as here:
        get_current_context()["lane"] = f"lane {lane}"
        end_if_complete(here)
        # By name, so that every table falls into one lane whatever the servers say meanwhile.
        mine = frozenset(sorted(table.name for table in here.plan.tables)[lane - 1 :: len(lanes)])
        results = check_so_far(here.plan, here.source, here.target, mine)
        return write_checks(here, results, lane, len(lanes)).value


@look
def compare_passes(project: str) -> str:
    """Open an issue for every finding and close those that are gone: new, still open, fixed, regressed.

    If it fails, a lane wrote no verdict: its message names the tables. Clear check_what_crossed. Safe to
    clear: the newest look counts.
    """
    from golive.readiness.validated import compare_passes

    return carry_out(project, compare_passes)


@look
def judge_pass(project: str) -> str:
    """Judge whether what is open is within what this pass bears; the initial one only reports.

    If it fails, its message lists every issue that is too much, and whose it is. Put them right and start
    a new run: this one has compared already. Safe to clear: it only reads.
    """
    from golive.readiness.validated import judge_pass

    return carry_out(project, judge_pass)


@look
def check_trained(project: str) -> str:
    """Look whether everybody has done every course of theirs.

    If it fails, its message names who lacks which course. Hold it, enter who was there with the DAG
    `record`, and clear this task. Safe to clear: it only reads.
    """
    from golive.readiness.validated import check_trained

    return carry_out(project, check_trained)


def ask_to_waive(project: Project) -> AskPeople:
    """The form that sets aside what keeps the pass open; nobody is asked if nothing does."""
    days = Param(14, type="integer", minimum=1, maximum=90, title="Days", description="For how long it is set aside.")
    question = Question(
        QUESTION, WAIVED_BY, "go on with these findings?", _WAIVE_DOC, _findings, fields={"days": days}, agreed=_waive
    )
    return AskPeople(task_id=QUESTION, project=project, question=question)


def _findings(here: World) -> Shown | None:
    from golive.readiness.validated import to_waive

    end_if_complete(here)
    found = to_waive(here)
    if found is None:
        return None
    lines = "\n".join(f"- **{issue['title']}** ({issue['severity']}): {issue['says']}" for issue in found["issues"])
    body = (
        f"The last pass before go-live of **{here.project.title or here.project.name}** found what should not be"
        f" there:\n\n{lines}\n\nApprove sets all of it aside in your name, for the reason and the days that you give:"
        " the migration goes on with it. Reject ends this run; what was found is put right first.\n\n"
        f"[Everything that was found]({link(here)})"
    )
    return Shown(found, body)


def _waive(here: World, answer: Entry) -> None:
    from golive.flow.people import asked
    from golive.readiness.validated import waiving

    question = asked(here, QUESTION)
    assert question is not None and question.evidence_hash is not None
    shown = here.ledger.evidence(question.evidence_hash)
    assert isinstance(shown, dict)
    for record in waiving(here, answer, shown):
        here.write(record.kind, record.payload, actor=answer.actor)


_WAIVE_DOC = """Asks a sponsor whether to go on with what the pass found; asks nobody if it found nothing.

If it fails, the answer was no, came too late or from somebody else, or had no reason: its message says
which. Put the findings right and start a new run. Marking it as success waives nothing: judge_pass reads
the ledger."""
