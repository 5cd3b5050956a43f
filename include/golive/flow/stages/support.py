"""The tasks of <project>.support: who helps, how quick it is, when everybody may leave, and the closing report."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from golive.flow.people import AskPeople, Question, Shown, airflow_url, link
from golive.flow.stages.frame import carry_out, end_if_complete, look
from golive.project import Project
from golive.readiness.hyper_care import ENDED_BY, QUESTION
from golive.readiness.outcomes import attested_by, attesting

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.readiness import Outcome


@look
def check_roster(project: str) -> str:
    """Look whether three levels of support are there, each held by somebody today, each with more time.

    If it fails, its message names the level and what to change in the project file, or which connection
    to add in Airflow. Then clear it. Safe to clear: it only reads.
    """
    from golive.flow.alerts import addresses
    from golive.readiness.roster import check_roster

    return carry_out(project, lambda here: check_roster(here, lambda connection: bool(addresses(connection))))


@look
def measure_figures(project: str) -> str:
    """Time the queries of the figures on the new system, and compare with what was agreed.

    The old system's times stand beside them where the file says how it is asked; they fail nothing. If it fails,
    its message names the figure, its time, and what was agreed. See what slows it, then clear this task. Safe to
    clear: it only reads, and measures anew.
    """
    from golive.readiness.figures import measure_figures

    return carry_out(project, measure_figures)


@look
def check_hyper_care(project: str) -> str:
    """Report how hyper-care goes: tickets a day, how soon they are answered, ages of critical issues, days left.

    If it fails, the new system is not open. Safe to clear: it only reads.
    """
    from golive.readiness.hyper_care import check_hyper_care

    return carry_out(project, check_hyper_care)


@look
def settle_hyper_care(project: str) -> str:
    """Look whether hyper-care is over, or was ended early by a sponsor, and whether it is calm.

    If it fails, its message says what is not calm, or until when it lasts. Start a new run then. Safe to
    clear: it only reads.
    """
    from golive.readiness.hyper_care import settle_hyper_care

    return carry_out(project, settle_hyper_care)


@look
def check_outcomes(project: str) -> str:
    """Look whether everything that must go on has an owner, and has been seen to happen.

    If it fails, its message names the outcome, and the DAG that did not work since the opening or the form that
    is missing. Safe to clear: it only reads.
    """
    from golive.readiness.outcomes import check_outcomes

    return carry_out(project, check_outcomes)


@look
def check_credentials(project: str) -> str:
    """Look whether the logins of the migration can still sign in to either system.

    If it fails, its message names each login and side. Drop it, or set it to NOLOGIN, then clear this task.
    Safe to clear: it reads the catalogues alone.
    """
    from golive.readiness.credentials import check_credentials

    return carry_out(project, check_credentials)


@look
def check_owner(project: str) -> str:
    """Look whether the DAGs belong to those to whom they are handed over.

    If it fails, its message says whose they are still, and the line to write into the project file. Then clear
    it: the file is read anew, and Airflow shows the new owner. Safe to clear: it only reads.
    """
    from golive.readiness.ownership import check_owner

    return carry_out(project, check_owner)


@look
def measure_first_use(project: str) -> str:
    """Ask the new system when each team first worked with it, where the file says how that is seen.

    A team that is late is said, and fails nothing. If it fails, a query does not give one time: its message says
    which. Correct it, then clear this task. Safe to clear: it only reads.
    """
    from golive.readiness.first_use import measure_first_use

    return carry_out(project, measure_first_use)


@look
def write_closing_report(project: str) -> str:
    """Write the closing report of the project into the ledger, once in a run, and send its beginning to everybody.

    It goes where alarms go, to the connection `golive_alerts`; without one nobody is sent it, and the log
    says so. If it fails, no address of that connection took it: correct the connection, then clear this
    task. Safe to clear: the first report of the run stands, and is sent once.
    """
    return carry_out(project, _write_report)


def ask_to_end(project: Project) -> AskPeople:
    """The form that ends hyper-care early; nobody is asked when its time is over, or while it is not calm."""
    return AskPeople(
        task_id=QUESTION,
        project=project,
        question=Question(QUESTION, ENDED_BY, "end hyper-care early?", _END_DOC, _to_end),
    )


def ask_owners(project: Project) -> list[AskPeople]:
    """A form for each role that owns outcomes which no DAG shows."""
    return [
        AskPeople(
            task_id=f"attest_outcomes_{owner}",
            project=project,
            question=Question(attesting(owner), owner, "does this go on?", _ATTEST_DOC, partial(_to_attest, owner)),
        )
        for owner in attested_by(project)
    ]


def _to_end(here: World) -> Shown | None:
    from golive.readiness.hyper_care import check_hyper_care, to_end

    end_if_complete(here)
    shown = to_end(here)
    if shown is None:
        return None
    body = (
        f"{check_hyper_care(here).says}\n\nApprove ends hyper-care of **{here.project.title or here.project.name}**"
        f" now, in your name and for the reason that you give. Reject ends this run; it lasts until"
        f" {shown['until']}.\n\n"
        f"[Everything that was found]({link(here)})"
    )
    return Shown(shown, body)


def _to_attest(owner: str, here: World) -> Shown:
    from golive.readiness.outcomes import to_attest

    end_if_complete(here)
    shown = to_attest(here, owner)
    lines = "\n".join(f"- {one['says']}" for one in shown["outcomes"])
    body = (
        f"These are yours after the move of **{here.project.title or here.project.name}**:\n\n{lines}\n\nApprove states"
        " that all of it goes on, and that you saw it happen. Reject ends this run; the hand-over waits.\n\n"
        f"[Everything that was found]({link(here)})"
    )
    return Shown(shown, body)


def _write_report(here: World) -> Outcome:
    from golive.flow.alerts import send
    from golive.flow.escalation import CLOSING
    from golive.ledger import digest
    from golive.readiness import Outcome
    from golive.readiness.closing import facts
    from golive.reports.closing import shortened, write

    gathered = facts(here)
    report = write(gathered)
    evidence = {"text": report.markdown, "html": report.html, "facts": gathered.as_dict()}
    entry = here.write(
        "report", {"what": "closing", "hash": digest(evidence)}, evidence=evidence, once=f"{here.run.name}/closing"
    )
    # Of the entry, not of these facts: a second try sends the report that stands.
    stands = here.ledger.evidence(str(entry.evidence_hash))
    assert isinstance(stands, dict)
    do = f"read the whole report and everything behind it: {airflow_url()}{link(here)}"
    send(here.project.name, f"{CLOSING}{entry.seq}", "the move is over", shortened(stands["text"]), do)
    return Outcome(f"The closing report is entry {entry.seq} of the ledger.")


_END_DOC = """Asks a sponsor whether to end hyper-care before its time. It waits for a person: Required Actions
shows the form. Nobody is asked when its time is over, or while it is not calm.

If it fails, the answer was no, came too late or from somebody else, or had no reason: its message says
which. Marking it as success ends nothing: settle_hyper_care reads the ledger."""
_ATTEST_DOC = """Asks an owner whether what must go on after the move does. It waits for a person: Required
Actions shows the form.

If it fails, the answer was no, came too late or from somebody else, or had no reason: its message says
which. Marking it as success states nothing: check_outcomes reads the ledger."""
