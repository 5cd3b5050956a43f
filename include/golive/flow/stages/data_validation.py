"""The tasks of the three validation passes before go-live: initial, mid-cycle and pre-final."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import Param, get_current_context, task

from golive.flow.comparisons import run_comparisons
from golive.flow.defaults import lane_task, pool_of
from golive.flow.people import AskPeople, Question, Shown, link
from golive.flow.proof import split_checks
from golive.flow.stages.frame import carry_out, end_if_complete, look
from golive.flow.suites import run_suites, split_suites
from golive.project import Project
from golive.readiness import usage
from golive.readiness.findings import WAIVED_BY

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.ledger import Entry

QUESTION = "waive_findings"
# The field of the form in which the sponsor chooses.
WAIVE = "waive"


def look_at_data(project: Project) -> Any:
    """Wire all that a pass looks at, side by side, up to compare_passes; gives that task."""
    name, pool = project.name, pool_of(project.name)
    tables, named = split_checks(name), split_suites(name)
    checked = check_what_crossed.override(pool=pool).partial(project=name, lanes=tables).expand(lane=tables)
    ran = run_suites.override(pool=pool).partial(project=name, lanes=named).expand(lane=named)
    beside = [run_comparisons(name), read_scenarios(name), compare_privacy(name)]
    [checked, ran, *beside] >> (compared := compare_passes(name))
    return compared


@lane_task
def check_what_crossed(project: str, lane: int, lanes: list[int]) -> str:
    """Run this lane's checks on what has crossed so far, and write all verdicts into the ledger.

    A check that says no does not fail this task: judge_pass decides what the stage bears. If it fails, a
    database could not be reached: its message says which. Safe to clear: checks only read.
    """
    from golive.flow.records import write_checks
    from golive.flow.world import world
    from golive.readiness.crossed import check_so_far
    from golive.readiness.mapping import judged_by
    from golive.readiness.validated import TABLES

    with world(project) as here:
        get_current_context()["lane"] = f"lane {lane}"
        end_if_complete(here)
        # By name, so that every table falls into one lane whatever the servers say meanwhile.
        mine = frozenset(sorted(table.name for table in here.plan.tables)[lane - 1 :: len(lanes)])
        results = check_so_far(here.plan, here.source, here.target, mine)
        return write_checks(here, results, TABLES, lane, len(lanes), judged_by(here, TABLES)).value


@look
def read_scenarios(project: str) -> str:
    """Read the newest test results of the declared scenarios: which passed, in which version, and which did not.

    A file that cannot be read is told, and covers nothing. Whether enough are covered, judge_pass says in the last
    pass. Safe to clear: the newest results count.
    """
    from golive.readiness.scenarios import read_scenarios

    return carry_out(project, read_scenarios)


@look
def compare_privacy(project: str) -> str:
    """List the personal columns of both systems and who may read them: what is shown anew, and what no longer.

    What looks personal and is not declared as sensitive becomes an issue. If it fails, a database could not be
    reached: its message says which. Safe to clear: it reads the catalogues alone.
    """
    from golive.readiness.privacy import compare_privacy

    return carry_out(project, compare_privacy)


@look
def compare_passes(project: str) -> str:
    """Open an issue for every finding and close those that are gone: new, still open, fixed, regressed.

    If it fails, a lane wrote no verdict: its message names what lacks one, and the task to clear. Safe to
    clear: the newest look counts.
    """
    from golive.readiness.passes import compare_passes

    return carry_out(project, compare_passes)


@look
def judge_pass(project: str) -> str:
    """Judge whether what is open is within what this pass bears; the initial one only reports.

    If it fails, its message lists every issue that is too much, and whose it is. Put them right and start
    a new run: this one has compared already. Safe to clear: it only reads.
    """
    from golive.readiness.passes import judge_pass

    return carry_out(project, judge_pass)


def report_on(project: str, judged: Any) -> None:
    """Wire the report of the pass behind what judges it: made after a no as after a yes, and changing neither."""
    judged >> write_report(project).as_teardown(on_failure_fail_dagrun=False)


@task
def write_report(project: str) -> str:
    """Write the report of this pass for those who decide, keep it with its hash, and send its beginning to sponsors.

    It is made whether the pass is good enough or not, and decides nothing: the run ends as it would without it. If
    it fails, no address of the connection `golive_alerts` took the message: correct the connection, then clear this
    task. Safe to clear: the report that stands is not written anew, and is sent once.
    """
    from golive.flow.pass_report import write_report

    return write_report(project)


@look
def refresh_training_copy(project: str) -> str:
    """Make the training copy what the new system is now, with masks, and look who may read it.

    If it fails, its message says which table, column or login, and what to do; the copy is as it was, or was made
    and may be read by somebody whom nobody declared. Safe to clear: it is made as a whole or not at all.
    """
    from golive.flow.training_copy import refreshed

    return refreshed(project)


@look
def check_trained(project: str) -> str:
    """Look whether everybody has done every course of theirs.

    If it fails, its message names who lacks which course. Hold it, enter who was there with the DAG
    `record`, and clear this task. Safe to clear: it only reads.
    """
    from golive.readiness.passes import check_trained

    return carry_out(project, check_trained)


@look
def freeze_mapping(project: str) -> str:
    """Keep every line that decides which rows arrive and how: project file, suites, comparisons' files, code, schemas.

    From the end of this stage on, whatever moves or judges data refuses another mapping and names the changed
    lines; the DAG `thaw` lifts that. If it fails, a database could not be reached, or a suite is no JSON: its
    message says which. Safe to clear: the newest look counts.
    """
    from golive.readiness.mapping import freeze_mapping

    return carry_out(project, freeze_mapping)


@look
def settle_usage(project: str) -> str:
    """Keep what owners said about the use of the new system; each area has a yes.

    If it fails, an owner was not asked, or said no: its message says which area, and whose it is. Settle it with
    them and start a new run. Safe to clear.
    """
    from golive.readiness.usage import settle_usage

    return carry_out(project, settle_usage)


def attest_usage(project: Project, role: str) -> AskPeople:
    """The form on which a role says whether the new system supports what is done in its areas."""

    def shown(here: World) -> Shown:
        end_if_complete(here)
        evidence = usage.to_attest(here, role)
        lines = "\n".join(
            f"- **{each['area']}**: {each['asks']}" + (f" In the old system: {each['seen']}" if each["seen"] else "")
            for each in evidence["usage"]
        )
        body = (
            f"Does the new system support what is done in your areas?\n\n{lines}\n\nApprove hands your answers in, in"
            " your name; a no keeps this stage open until it is settled. Reject ends this run.\n\n"
            f"[Everything that was found]({link(here)})"
        )
        return Shown(evidence, body)

    # An empty text is how a field says that nobody filled it in: an answer is never a default.
    fields = {
        each.area: Param("", type="string", enum=["", usage.YES, usage.NO], title=each.asks)
        for each in usage.of_owner(project, role)
    }
    question = Question(
        usage.attesting(role), role, "does the new system support your practice?", _USAGE_DOC, shown, fields=fields
    )
    return AskPeople(task_id=f"attest_usage_as_{role}", project=project, question=question)


def ask_to_waive(project: Project) -> AskPeople:
    """The form that sets aside, one by one, what keeps the pass open; nobody is asked if nothing does."""
    days = Param(14, type="integer", minimum=1, maximum=90, title="Days", description="For how long it is set aside.")
    question = Question(
        QUESTION, WAIVED_BY, "go on with these findings?", _WAIVE_DOC, _findings,
        fields={WAIVE: _which(()), "days": days}, agreed=_waive,
    )  # fmt: skip
    return AskPeople(task_id=QUESTION, project=project, question=question)


def _findings(here: World) -> Shown | None:
    from golive.readiness.passes import to_waive

    end_if_complete(here)
    found = to_waive(here)
    if found is None:
        return None
    issues = found["issues"]
    lines = "\n".join(f"- **{issue['title']}** ({issue['severity']}): {issue['says']}" for issue in issues)
    if found["more"]:
        lines += f"\n- and {found['more']} more, which the next run asks about: put them right first"
    body = (
        f"The last pass before go-live of **{here.project.title or here.project.name}** found what should not be"
        f" there:\n\n{lines}\n\nChoose what may stay. Approve sets exactly that aside in your name, for the reason and"
        " the days that you give, and the migration goes on with it; whatever you do not choose is put right first."
        f" Reject ends this run.\n\n[Everything that was found]({link(here)})"
    )
    return Shown(found, body, fields={WAIVE: _which(tuple((issue["id"], issue["title"]) for issue in issues))})


def _which(choices: tuple[tuple[str, str], ...]) -> Param:
    """What is set aside, of these (id, title); of none while nobody knows what the pass will find."""
    ids = [name for name, _ in choices]
    return Param(
        [], type="array", items={"type": "string", **({"enum": ids} if ids else {})}, uniqueItems=True, examples=ids,
        values_display=dict(choices), title="Set aside", description="Each that the migration may go on with.",
    )  # fmt: skip


def _waive(here: World, answer: Entry) -> None:
    from golive.flow.people import asked
    from golive.readiness.passes import waiving

    question = asked(here, QUESTION)
    assert question is not None and question.evidence_hash is not None
    shown = here.ledger.evidence(question.evidence_hash)
    assert isinstance(shown, dict)
    for record in waiving(here, answer, shown):
        here.write(record.kind, record.payload, actor=answer.actor)


_WAIVE_DOC = """Asks a sponsor which findings of the pass may stay; asks nobody if it found nothing.

If it fails, the answer was no, came too late or from somebody else, chose nothing, or had no reason: its
message says which. Put the findings right and start a new run. Marking it as success waives nothing:
judge_pass reads the ledger."""
_USAGE_DOC = """Asks the owner of an area whether the new system supports what is done there. It waits for a person:
Required Actions shows the form.

If it fails, the answer was no, came too late or from somebody else, or a question was left open: its message
says which. Marking it as success attests nothing: settle_usage reads the ledger."""
