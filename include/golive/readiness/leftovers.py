"""What must be gone from both systems before go-live: test data, stale locks, temporary users.

Found by query, shown to a person with the very statements, and removed only if the ledger holds the
approval of exactly that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golive.errors import NotPermitted, Terminal
from golive.readiness.asked import answered, counted, holders, open_things, side_of
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.project.preparing import Leftover
    from golive.readiness.site import Site

QUESTION = "clean_up"
ASKED_OF = "lead"


def find_leftovers(site: Site) -> Outcome:
    """Count what must be gone; what is there is kept as found, and nothing is changed."""
    leftovers = site.project.leftovers
    if not leftovers:
        return Outcome("Nothing is declared that must be gone before go-live.")
    records: list[Record] = []
    missing: list[str] = []
    for leftover in leftovers:
        found = open_things(site, leftover.side, leftover.query)
        if found.count is None:
            missing.append(_cannot_ask(site, leftover, found.error, "find_leftovers"))
        else:
            records.append(_record(leftover, found.count, 0, "found" if found.count else "clean"))
    total = sum(record.payload["found"] for record in records)
    says = f"{counted(total, 'leftover')} by {counted(len(leftovers), 'query', 'queries')}."
    return Outcome(says, tuple(records), tuple(missing))


def to_remove(site: Site) -> dict[str, Any] | None:
    """What a person agrees to: how many this run found, where, and the statement that removes them; None if nothing.

    What is removed by hand, without a statement, is no part of it.
    """
    found = _found(site)
    planned = [
        {"name": each.name, "title": each.title, "side": each.side, "found": found[each.name], "remove": each.remove}
        for each in site.project.leftovers
        if each.remove is not None and found.get(each.name)
    ]
    return {"project": site.project.name, "remove": planned} if planned else None


def remove_leftovers(site: Site) -> Outcome:
    """Run the approved statements, each in a transaction of its own, and count again: nothing may be left.

    A statement is rolled back if there is another number than was approved, or if it leaves any. Nothing is
    removed from a system that is frozen or open already. Safe to repeat: what is gone is not removed again.
    Raises NotPermitted without the approval of exactly what was found.
    """
    planned = to_remove(site)
    if planned is not None:
        _refuse_without_approval(site, planned)
    approved = {} if planned is None else {each["name"]: int(each["found"]) for each in planned["remove"]}
    records: list[Record] = []
    missing: list[str] = []
    removed = 0
    for leftover in site.project.leftovers:
        if leftover.name in approved:
            try:
                _remove(site, leftover, approved[leftover.name])
            except Terminal as error:
                missing.append(
                    f"{leftover.title} ({leftover.name}) in the {leftover.side} was not removed: {error.message}."
                    f" {holders(site, ASKED_OF)}: look into it, then start a new run, which finds and asks anew"
                )
                continue
            removed += approved[leftover.name]
            # None is left: what a run that was killed had removed already counts too.
            records.append(_record(leftover, approved[leftover.name], approved[leftover.name], "removed"))
        left = open_things(site, leftover.side, leftover.query)
        if left.count is None:
            missing.append(_cannot_ask(site, leftover, left.error, "remove_leftovers"))
        elif left.count:
            how = "start a new run, which asks" if leftover.remove else "remove them, then clear remove_leftovers"
            missing.append(
                f"{leftover.title} ({leftover.name}): {left.count} in the {leftover.side} are not removed."
                f" {holders(site, ASKED_OF)}: {how}"
            )
    says = f"{counted(removed, 'leftover')} removed by approved statements." if approved else (
        "Nothing had to be removed by a statement."
    )  # fmt: skip
    return Outcome(says, tuple(records), tuple(missing))


def _refuse_without_approval(site: Site, planned: dict[str, Any]) -> None:
    if answered(site, QUESTION, planned, ASKED_OF) is None:
        raise NotPermitted(
            f"project {site.project.name}: the ledger holds no approval, in this run and by a {ASKED_OF} of today, of"
            " exactly the leftovers that were found and the statements in the project file. Nothing was removed. Start"
            " a new run, which asks anew",
            project=site.project.name,
        )


def _remove(site: Site, leftover: Leftover, expected: int) -> None:
    from golive.ledger import frozen, opened

    assert leftover.remove is not None
    stopped = (
        frozen(site.ledger, site.project.name) if leftover.side == "source" else opened(site.ledger, site.project.name)
    )
    if stopped is not None:
        what = "frozen" if leftover.side == "source" else "open"
        raise NotPermitted(f"the {leftover.side} is {what} since {stopped.at:%Y-%m-%d %H:%M} UTC, and stays as it is")
    database = side_of(site, leftover.side)
    with database.session() as connection:
        database.asking.remove(connection, leftover.query, leftover.remove, expected)


def _found(site: Site) -> dict[str, int]:
    """What find_leftovers counted last in this run."""
    found: dict[str, int] = {}
    for entry in site.ledger.entries(site.project.name, kind="leftover", run=site.run_name):
        if entry.payload["state"] in ("found", "clean"):
            found[entry.payload["name"]] = int(entry.payload["found"])
    return found


def _record(leftover: Leftover, found: int, removed: int, state: str) -> Record:
    payload = {"name": leftover.name, "side": leftover.side, "found": found, "removed": removed, "state": state}
    return Record("leftover", payload)


def _cannot_ask(site: Site, leftover: Leftover, error: str, task: str) -> str:
    return (
        f"Whether {leftover.title} ({leftover.name}) is left in the {leftover.side} could not be asked: {error}."
        f" {holders(site, ASKED_OF)}: correct its query in the project file, then clear {task}"
    )
