"""Defects in the old system's data, by rule: how many are open, how that moves, and what came back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golive.readiness.asked import counted, holders, open_things
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.project.preparing import CleanUp
    from golive.readiness.site import Site

PREWORK = "prework"


def check_clean_up(site: Site) -> Outcome:
    """Every rule's defects are counted in the old system, and none is above its limit."""
    return _look(site, "check_clean_up", limits=True)


def recheck(site: Site) -> Outcome:
    """The same from pre-work until the freeze, without limits: what comes back re-opens its issue."""
    from golive.ledger import frozen

    entry = frozen(site.ledger, site.project.name)
    if entry is not None:
        return Outcome(f"The old system is frozen since {entry.at:%Y-%m-%d %H:%M} UTC: nothing in it changes any more.")
    planned = site.project.stage(PREWORK) is not None
    if planned and not any(e.stage == PREWORK for e in site.ledger.entries(site.project.name, kind="stage")):
        return Outcome("Pre-work has not begun: nothing is looked at before it.")
    return _look(site, "recheck_clean_up", limits=False)


def _look(site: Site, task: str, *, limits: bool) -> Outcome:
    rules = site.project.clean_up.rules
    if not rules:
        return Outcome("No clean-up rule is declared.")
    before = {e.payload["rule"]: e for e in site.ledger.latest(site.project.name, "clean_up", by=("rule",))}
    issues = {e.payload["id"]: e.payload for e in site.ledger.latest(site.project.name, "issue", by=("id",))}
    records: list[Record] = []
    missing: list[str] = []
    total, earlier = 0, 0
    for rule in rules:
        found = open_things(site, "source", rule.query)
        if found.count is None:
            missing.append(
                f"The clean-up rule {rule.rule} could not be asked: {found.error}. {holders(site, rule.owner)}: correct"
                f" its query in the project file, then clear {task}"
            )
            continue
        last = before.get(rule.rule)
        had = None if last is None else int(last.payload["open"])
        total += found.count
        earlier += found.count if had is None else had
        payload = {"rule": rule.rule, "side": "source", "open": found.count, "owner": rule.owner}
        records.append(Record("clean_up", payload))
        records += _issue(rule, found.count, had, issues.get(f"clean_up/{rule.rule}"))
        if limits and rule.at_most is not None and found.count > rule.at_most:
            missing.append(
                f"The clean-up rule {rule.rule} ({rule.says}) has {found.count} open, and at most {rule.at_most} may be"
                f" left. {holders(site, rule.owner)}: correct them in the old system, then clear {task}"
            )
    return Outcome(_says(len(rules), total, total - earlier, bool(before)), tuple(records), tuple(missing))


def _says(rules: int, total: int, change: int, looked_before: bool) -> str:
    if not looked_before:
        trend = "the first look"
    elif change:
        trend = f"{abs(change)} {'more' if change > 0 else 'fewer'} than at the last look"
    else:
        trend = "as many as at the last look"
    return f"Clean-up: {total} open by {counted(rules, 'rule')}, {trend}."


def _issue(rule: CleanUp, count: int, had: int | None, standing: dict[str, Any] | None) -> list[Record]:
    """What changes about a rule's issue: opened with the first defect, closed with the last, major if it came back."""
    payload = {"id": f"clean_up/{rule.rule}", "title": rule.says, "owner": rule.owner, "from": "clean_up"}
    if count == 0:
        if standing is None or standing["state"] != "open":
            return []
        closed = {"severity": standing["severity"], "state": "closed", "says": "None is open any more."}
        return [Record("issue", payload | closed)]
    if had == 0:
        says = f"There were none at the last look, and there are {count} now: they came back."
        return [Record("issue", payload | {"severity": "major", "state": "open", "says": says})]
    if standing is None or standing["state"] == "closed":
        says = f"{count} open in the old system."
        return [Record("issue", payload | {"severity": "minor", "state": "open", "says": says})]
    return []
