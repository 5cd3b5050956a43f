"""What a criterion of going live can measure: each by its name in the project file, out of the ledger or anew.

A measure says how much is open, out of how much it looked at, and what to do. One that looked at nothing
says so: nothing is not a pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from golive.errors import Terminal
from golive.readiness.asked import holders, open_things

if TYPE_CHECKING:
    from golive.ledger import Entry
    from golive.readiness.site import Site

GOING_LIVE = "final_migration"
EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Measured:
    """``open`` things of ``looked_at``; ``what`` names the first of them, ``do`` is what a person does about them."""

    open: int
    looked_at: int
    what: tuple[str, ...]
    do: str

    def __str__(self) -> str:
        if not self.looked_at:
            return "looked at nothing"
        named = "; ".join(self.what[:EXAMPLES])
        more = f"; and {len(self.what) - EXAMPLES} more" if len(self.what) > EXAMPLES else ""
        return f"{self.open} open of {self.looked_at}{f' ({named}{more})' if named else ''}"


def stages(site: Site) -> Measured:
    """Every stage that leads to the final migration, near or far, is complete or waived."""
    from golive.readiness.stages import complete, sentence

    before: dict[str, None] = {}
    left = list(site.project.before(GOING_LIVE))
    while left:
        name = left.pop()
        if name not in before:
            before[name] = None
            left += site.project.before(name)
    waits = [name for name in before if complete(site.ledger, site.project.name, name) is None]
    what = [f"{name}: {sentence(site.ledger, site.project, name)}" for name in waits]
    return _of(what, len(before), f"{holders(site, 'lead')}: complete them")


def training(site: Site) -> Measured:
    """Everybody has done every course of the group that they are in."""
    from golive.readiness.training import matrix

    rows = matrix(site)
    what = [f"{site.project.called(row.person)} lacks {row.course}" for row in rows if not row.state]
    return _of(what, len(rows), f"{holders(site, 'lead')}: enter who was there with {site.project.name}.record")


def clean_up(site: Site) -> Measured:
    """No clean-up rule that has a limit is above it; the rules are asked again now."""
    rules = site.project.clean_up.rules
    what = []
    for rule in rules:
        found = open_things(site, "source", rule.query)
        if found.count is None:
            raise Terminal(f"the clean-up rule {rule.rule} could not be asked: {found.error}")
        if rule.at_most is not None and found.count > rule.at_most:
            what.append(f"{rule.rule}: {found.count}, at most {rule.at_most}, {holders(site, rule.owner)}")
    return _of(what, len(rules), "correct them in the old system")


def checks(site: Site) -> Measured:
    """Nothing failed, or could not run, in the newest validation pass, but what was waived by name.

    Looked at is what the pass looked at: a check that had nothing to check proves nothing. The checks of
    a final migration are its own affair.
    """
    from golive.readiness.validated import waivers

    passed, waived = last_pass(site), waivers(site)
    lanes = max((int(entry.payload["lanes"]) for entry in passed), default=0)
    have = {entry.payload["lane"] for entry in passed}
    what = [f"lane {lane} has no verdict" for lane in range(1, lanes + 1) if lane not in have]
    results = [result for entry in passed for result in _results(site, entry)]
    what += [
        f"{result['check']} of {result['table']}: {result['verdict']}"
        for result in results
        if result["verdict"] in ("FAIL", "ERROR") and f"check/{result['table']}/{result['check']}" not in waived
    ]
    looked = sum(result["verdict"] != "VACUOUS" for result in results) or len(what)
    return _of(
        what, looked, f"{holders(site, 'data_engineer')}: put right what that pass's report shows, and repeat it"
    )


def quarantine(site: Site) -> Measured:
    """Rows of this project's tables that cannot be migrated, counted now."""
    what, rows = [], 0
    with site.target.session(read_only=True) as connection:
        for table in site.plan.tables:
            held = sum(one.rows for one in site.target.held.quarantined(connection, table.project, table.name))
            if held:
                rows += held
                what.append(f"{table.name}: {held}")
    do = f"{holders(site, 'data_engineer')}: correct them in the old system, or raise `at_most`"
    return Measured(rows, len(site.plan.tables), tuple(what), do)


def areas(site: Site) -> Measured:
    """Every configuration area that was started is confirmed, or is one that people make by hand."""
    now = _latest(site, "area", "area")
    what = [
        f"{area.area}: {now[area.area].payload['state']}, {holders(site, area.owner)}"
        for area in site.project.configuration
        if area.area in now and now[area.area].payload["state"] == "started"
    ]
    return _of(what, len(site.project.configuration), "confirm them in the stage config_copy")


def processes(site: Site) -> Measured:
    """Every business process is closed: its query is asked again now."""
    what = []
    for process in site.project.processes:
        found = open_things(site, process.side, process.query)
        if found.count is None:
            raise Terminal(f"the process {process.name} could not be asked: {found.error}")
        if found.count:
            what.append(f"{process.name}: {found.count}, {holders(site, process.owner)}")
    return _of(what, len(site.project.processes), "close them in the old system")


def third_parties(site: Site) -> Measured:
    """Every connection of somebody else's that the source has seen is declared."""
    now = _latest(site, "third_party", "name")
    what = [f"{name} (login {entry.payload['login']})" for name, entry in now.items() if not entry.payload["declared"]]
    do = f"{holders(site, 'lead')}: declare them under `third_parties`, and repeat the comparison of the stage onboard"
    return _of(what, len(now), do)


def risks(site: Site) -> Measured:
    """No high risk of the register is open: each was accepted or closed by somebody."""
    from golive.readiness.risks import high

    now = _latest(site, "risk", "id")
    what = [
        f"{name} ({entry.payload['what']}), {holders(site, entry.payload['owner'])}"
        for name, entry in now.items()
        if entry.payload["state"] == "open" and high(entry.payload)
    ]
    return _of(what, len(now), f"accept or close them with {site.project.name}.record")


def issues(site: Site) -> Measured:
    """No critical issue is open that no waiver covers today; where none was raised, a validation pass has looked."""
    from golive.readiness.validated import waivers

    now, waived = _latest(site, "issue", "id"), waivers(site)
    what = [
        f"{name} ({entry.payload['title']}), {holders(site, entry.payload['owner'])}"
        for name, entry in now.items()
        if entry.payload["state"] != "closed" and entry.payload["severity"] == "critical" and name not in waived
    ]
    return _of(what, len(now) or len(last_pass(site)), "close them, or have them waived by name")


def slot(site: Site) -> Measured:
    """The day booked on the schedule of all projects is the calendar's, whose rules are all kept or waived."""
    from golive.readiness.calendar import calendar_of, unmet
    from golive.readiness.slots import booked

    agreed = calendar_of(site).go_live
    if agreed is None:
        return _of((), 0, "set `go_live` under `calendar` in the project file")
    day = booked(site.ledger, site.project.name)
    what = [] if day == agreed else [f"{day or 'no day'} is booked, the calendar says {agreed}"]
    what += [rule.says for rule in unmet(site)]
    how = "book the day, or have the rule waived, in the stage implement, or with `reschedule` once that is complete"
    return _of(what, 1, f"{holders(site, 'lead')}: {how}")


def last_pass(site: Site) -> list[Entry]:
    """The newest verdicts of every lane of the newest validation pass; empty if there never was one."""
    entries = [entry for entry in site.ledger.entries(site.project.name, kind="checks") if entry.stage != GOING_LIVE]
    last = entries[-1:]
    return (
        list({entry.payload["lane"]: entry for entry in entries if entry.run == last[0].run}.values()) if last else []
    )


def mismatches(site: Site) -> dict[str, int]:
    """Rows that differed, lacked or were too many in the newest validation pass, by table that it looked at."""
    found: dict[str, int] = {}
    for entry in last_pass(site):
        for result in _results(site, entry):
            diff = result.get("diff") or {}
            rows = sum(int(diff.get(name, 0)) for name in ("different", "missing", "extra"))
            table = str(result["table"])
            found[table] = max(rows, found.get(table, 0))
    return found


# By its name in the project file: golive.project.going_live.MEASURES.
MEASURES: dict[str, Callable[[Site], Measured]] = {
    "stages": stages,
    "training": training,
    "clean_up": clean_up,
    "checks": checks,
    "quarantine": quarantine,
    "areas": areas,
    "processes": processes,
    "third_parties": third_parties,
    "risks": risks,
    "issues": issues,
    "slot": slot,
}


def _of(what: Iterable[str], looked_at: int, do: str) -> Measured:
    named = tuple(what)
    return Measured(len(named), looked_at, named, do)


def _latest(site: Site, kind: str, by: str) -> dict[str, Any]:
    return {str(entry.payload[by]): entry for entry in site.ledger.latest(site.project.name, kind, by=(by,))}


def _results(site: Site, entry: Entry) -> list[dict[str, Any]]:
    assert entry.evidence_hash is not None
    evidence = site.ledger.evidence(entry.evidence_hash)
    assert isinstance(evidence, dict)
    return list(evidence["results"])
