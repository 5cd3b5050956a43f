"""Data finalization: business processes are closed, areas confirmed, leftovers removed, the night written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golive.flow.people import Question, Shown, link
from golive.flow.stages.frame import carry_out, end_if_complete, look
from golive.readiness.leftovers import ASKED_OF, QUESTION, to_remove
from golive.readiness.processes import attesting, to_attest

if TYPE_CHECKING:
    from golive.flow.world import World


@look
def check_processes(project: str) -> str:
    """Asks both systems whether every business process is closed; only reads there.

    If it fails, its message names the process, how much of it is open, and its owner: close it. A query that
    cannot be asked counts as open. Safe to clear.
    """
    from golive.readiness.processes import check_processes

    return carry_out(project, check_processes)


@look
def settle_processes(project: str) -> str:
    """Keeps what owners stated about their business processes, and looks once more whether they are closed.

    If it fails, a process was opened again or its owner was not asked: its message says which. Safe to clear.
    """
    from golive.readiness.processes import settle_processes

    return carry_out(project, settle_processes)


@look
def check_areas(project: str) -> str:
    """Looks whether every configuration area that was started is confirmed as it is declared, and ready.

    If it fails, its message names the area and its owner: finish and confirm it. Safe to clear.
    """
    from golive.readiness.areas import check_areas

    return carry_out(project, check_areas)


@look
def find_leftovers(project: str) -> str:
    """Counts what must be gone before go-live: test data, stale locks, temporary users. Only reads.

    If it fails, a query of the project file cannot be asked: its message names it. Safe to clear.
    """
    from golive.readiness.leftovers import find_leftovers

    return carry_out(project, find_leftovers)


@look
def remove_leftovers(project: str) -> str:
    """Removes what was approved, by exactly the statements that were shown, and counts again.

    Each statement runs in a transaction of its own, and is rolled back if it finds another number than was
    approved or leaves any. If it fails, its message names what is left and what to do. Safe to clear: what is
    gone is not removed again.
    """
    from golive.readiness.leftovers import remove_leftovers

    return carry_out(project, remove_leftovers)


@look
def write_runbook(project: str) -> str:
    """Writes the night's steps down: owner, planned minutes, what each waits for, and the way back.

    If it fails, a day has no date or a step no owner on that day: its message names it. Safe to clear: the
    newest runbook counts, and the sign-off accepts exactly that one.
    """
    from golive.readiness.runbook import write_runbook

    return carry_out(project, write_runbook)


def attest_processes(role: str) -> Question:
    """Are they closed? About all business processes that a role owns, on one form."""

    def shown(here: World) -> Shown:
        end_if_complete(here)
        evidence = to_attest(here, role)
        lines = "\n".join(f"- **{each['title']}**: {each['state']}" for each in evidence["processes"])
        body = (
            f"These business processes are yours, and this is how the systems show them:\n\n{lines}\n\n"
            "Approve states, in your name, that they are closed and stay closed until the cut-over. Reject ends this"
            f" run; nothing moves on.\n\n[The report]({link(here)})"
        )
        return Shown(evidence, body)

    return Question(attesting(role), role, "are your business processes closed?", _PROCESSES_DOC, shown)


def approve_clean_up() -> Question:
    """Remove exactly these? About the leftovers that were found; asked only if a statement would remove any."""
    return Question(QUESTION, ASKED_OF, "remove these leftovers?", _LEFTOVERS_DOC, _leftovers)


def _leftovers(here: World) -> Shown | None:
    end_if_complete(here)
    evidence = to_remove(here)
    return None if evidence is None else Shown(evidence, _removal(here, evidence["remove"]))


def _removal(here: World, planned: list[dict[str, Any]]) -> str:
    lines = "\n\n".join(
        f"**{each['title']}**: {each['found']} in the {each['side']}\n\n```sql\n{each['remove']}\n```"
        for each in planned
    )
    return (
        f"This must be gone before go-live, and was found:\n\n{lines}\n\n"
        "Approve runs exactly these statements, each in a transaction of its own; one that finds another number, or"
        " leaves any, is rolled back. What is removed is gone for good. Reject ends this run, and nothing is removed."
        f"\n\n[The report]({link(here)})"
    )


_PROCESSES_DOC = """Asks the owner of business processes whether they are closed. It waits for a person: Required
Actions shows the form.

If it fails, the answer was no, came too late or from somebody else: its message says which. Marking it as
success states nothing: settle_processes reads the ledger."""
_LEFTOVERS_DOC = """Asks whether the leftovers that were found may be removed, by the statements that it shows. Asks
nobody if there are none.

If it fails, the answer was no, came too late or from somebody else: its message says which. Nothing was
removed. Marking it as success removes nothing: remove_leftovers reads the ledger."""
