"""A validation pass before go-live: what changed since the one before, and whether that is good enough.

The passes run the same checks, suites and comparisons with rising strictness. The initial one only reports;
how much each of the others bears stands under `validation` in the project file. Opportunities are counted and
shown, and keep nothing back. In the last pass a check that looked at nothing is no better than one that said
no. What a sponsor waived by name, until a day, counts in none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from golive.readiness import scenarios
from golive.readiness.asked import counted, holders, named
from golive.readiness.findings import (
    CHANGES,
    NO_LONGER_ASKED,
    OPEN,
    OWNER,
    WAIVED,
    Finding,
    failing,
    findings,
    history,
    standing,
    waiver,
    waivers,
)
from golive.readiness.site import Outcome, Record
from golive.readiness.validated import asked, every_suite, lacking, results_of
from golive.results import CheckResult, Severity, Verdict

if TYPE_CHECKING:
    from golive.ledger import Entry
    from golive.project.proving import Bound
    from golive.readiness.site import Site

MID_CYCLE, LAST = "data_validation_mid_cycle", "data_validation_pre_final"
# As many as a person can weigh one by one on a form; whatever is more is asked about by the next run.
WAIVABLE = 20


@dataclass(frozen=True, slots=True)
class _Pass:
    """A pass as it stands: what it found, what holds it back, and what of that a waiver could set aside."""

    results: list[CheckResult]
    found: tuple[Finding, ...]
    waived: dict[str, Entry]
    lacking: list[str]
    too_much: tuple[Finding, ...]
    unseen: tuple[CheckResult, ...]

    @property
    def changes(self) -> Counter[str]:
        return Counter(each.change for each in self.found)

    @property
    def vacuous(self) -> list[CheckResult]:
        return [result for result in self.results if result.verdict is Verdict.VACUOUS]


def compare_passes(site: Site) -> Outcome:
    """Open an issue for every finding of this run's pass, close those that are gone, and say what changed.

    An issue whose check looked at nothing this time, or did not run, stays as it is. What is missing are
    verdicts that should be there.
    """
    now = _pass(site)
    last = {e.payload["id"]: e.payload for e in site.ledger.latest(site.project.name, "issue", by=("id",))}
    records = [each.record(site) for each in now.found if each.is_checked]
    # The others' issues are theirs; but what was set aside until a day is open again, as it was, once that is over.
    records += [
        Record("issue", {**last[each.id], "state": OPEN})
        for each in now.found
        if not each.is_checked and (last[each.id]["state"], each.state) == (WAIVED, OPEN)
    ]
    says = f"Against the pass before: {', '.join(f'{now.changes[change]} {change}' for change in CHANGES)}"
    gone = [each.id for each in now.found if each.change == NO_LONGER_ASKED]
    if gone:
        says += f"; {NO_LONGER_ASKED}: {', '.join(gone)}"
    missing = tuple(_missing(site, now))
    # Written before anybody is asked too: a pass that people end here is one that was not good enough.
    return Outcome(f"{says}.", (*records, _record(site, now, missing)), tuple(now.lacking))


def judge_pass(site: Site) -> Outcome:
    """Whether what this run's pass leaves open is within the bound of its stage; the pass is kept with all it found."""
    now = _pass(site)
    missing = tuple(_missing(site, now))
    return Outcome(_says(site, now), (_record(site, now, missing),), missing)


def to_waive(site: Site) -> dict[str, Any] | None:
    """What a form asks to set aside: everything that keeps this pass from its end; None if nothing does.

    At most so many at once as can be weighed one by one; ``more`` counts those beyond.
    """
    now = _pass(site)
    offered = [
        *(
            {"id": one.id, "title": one.title, "severity": one.severity, "verdict": one.verdict, "failing": one.failing,
             "digest": one.digest, "says": one.says}
            for one in now.too_much
        ),
        *map(standing, now.unseen),
    ]  # fmt: skip
    if not offered:
        return None
    return {"issues": offered[:WAIVABLE], "more": len(offered[WAIVABLE:])}


def waiving(site: Site, answer: Entry, evidence: Mapping[str, Any]) -> list[Record]:
    """The entries that an approved form makes, to be written in the name of who answered: waivers, and their issues.

    Of what ``evidence`` showed, only what was chosen.
    """
    # Today is the first of its days.
    until = site.today + timedelta(days=int(answer.payload["answers"]["days"]) - 1)
    now = {entry.payload["id"]: entry.payload for entry in site.ledger.latest(site.project.name, "issue", by=("id",))}
    records = []
    for issue in evidence["issues"]:
        name = issue["id"]
        if name not in answer.payload["answers"]["waive"]:
            continue
        records.append(Record("waiver", waiver(issue, str(answer.payload["comment"]), until)))
        if name in now:  # what looked at nothing is no issue
            records.append(Record("issue", {**now[name], "state": WAIVED}))
    return records


def check_trained(site: Site) -> Outcome:
    """Everybody has done every course of the groups that they are in, whatever its day; no such group is empty."""
    from golive.readiness.training import empty_groups, leader, matrix

    if not site.project.training.courses:
        return Outcome("No course is declared: nobody has to be trained.")
    rows = matrix(site)
    lacking: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if not row.state:
            lacking.setdefault((row.group, row.course), []).append(site.project.called(row.person))
    done = sum(bool(row.state) for row in rows)
    return Outcome(
        f"Training: {done} of {counted(len(rows), 'attendance')} done.",
        missing=(
            *empty_groups(site, "check_trained"),
            *(
                f"{', '.join(people)} of group {group} did not do the course {course}."
                f" {holders(site, leader(site.project, group))}: hold it, enter who was there with"
                f" {site.project.name}.record, then clear check_trained"
                for (group, course), people in lacking.items()
            ),
        ),
    )


def _pass(site: Site) -> _Pass:
    results, known, suites = results_of(site), history(site), every_suite(site)
    waived = waivers(site, results, known)
    found = findings(site, results, asked(site, results, suites), waived, known)
    bound = _bound(site)
    too_much: list[Finding] = []
    if bound is not None:
        critical, errors = ([each for each in found if each.is_critical], [each for each in found if each.is_error])
        too_much += critical if len(critical) > bound.critical else []
        too_much += errors if len(errors) > bound.errors else []
    unseen = [
        result for result in results
        if site.stage == LAST and result.verdict is Verdict.VACUOUS and result.severity is not Severity.OPPORTUNITY
        and result.name not in waived
    ]  # fmt: skip
    return _Pass(results, found, waived, lacking(site, results, suites), tuple(too_much), tuple(unseen))


def _bound(site: Site) -> Bound | None:
    """How much may be open; None where the pass only reports."""
    validation = site.project.validation
    return {MID_CYCLE: validation.mid_cycle, LAST: validation.pre_final}.get(site.stage)


def _missing(site: Site, now: _Pass) -> Iterator[str]:
    """What keeps the stage open, a sentence each."""
    yield from now.lacking
    if site.stage == LAST:
        yield from scenarios.lacking(site)
    again = f"then a new run of {site.project.name}.{site.stage} looks again"
    for issue in now.too_much:
        yield f"{issue.id} ({issue.says}) is open: {holders(site, issue.owner)} puts it right, {again}"
    for result in now.unseen:
        yield (
            f"{result.name} looked at nothing ({result.says}), and in this pass nothing is no pass:"
            f" {holders(site, result.owner or OWNER)} sees that there is something to look at, {again}"
        )


def _says(site: Site, now: _Pass) -> str:
    verdicts = Counter(result.verdict.value for result in now.results)
    says = f"{counted(len(now.results), 'check')}: " + ", ".join(f"{n} {name}" for name, n in sorted(verdicts.items()))
    if now.vacuous:
        says += f"; looked at nothing: {named([f'{one.table or one.group}: {one.check}' for one in now.vacuous])}"
    opportunities = sum(each.severity == Severity.OPPORTUNITY and each.state == OPEN for each in now.found)
    if opportunities:
        says += f"; {counted(opportunities, 'opportunity', 'opportunities')} to clean up"
    kept = _waived(now)
    if kept:
        says += f"; waived by name: {', '.join(kept)}"
    says += f"; {_rules(site)}" if site.project.clean_up.rules else ""
    return f"{says}.{' This pass only reports.' if _bound(site) is None else ''}"


def _waived(now: _Pass) -> list[str]:
    """What waivers set aside of what this pass found."""
    return [
        *(each.id for each in now.found if each.state == WAIVED),
        *(result.name for result in now.vacuous if result.name in now.waived),
    ]


def _record(site: Site, now: _Pass, missing: Sequence[str]) -> Record:
    runs = list(dict.fromkeys(entry.run for entry in site.ledger.entries(site.project.name, kind="pass")))
    verdicts = Counter(result.verdict for result in now.results)
    opened = Counter(each.severity for each in now.found if each.state == OPEN)
    tested = scenarios.covered(site, site.run_name)
    payload = {
        "stage": site.stage,
        # Whatever is cleared in a run, it stays the same pass.
        "number": runs.index(site.run_name) + 1 if site.run_name in runs else len(runs) + 1,
        "ok": not missing,
        "says": _says(site, now),
        "verdicts": {verdict.value: verdicts[verdict] for verdict in Verdict},
        "open": {severity.value: opened[severity.value] for severity in Severity},
        "waived": len(_waived(now)),
        "changes": {change: now.changes[change] for change in (*CHANGES, NO_LONGER_ASKED)},
        "scenarios": tested[1] if tested is not None else None,
    }
    evidence = {
        "results": [_brief(result) for result in now.results],
        "issues": [each.brief(site) for each in now.found],
        "waivers": [
            {"what": name, "until": given.payload["expires"], "by": site.project.called(given.actor),
             "reason": given.payload["reason"]}
            for name in _waived(now) if (given := now.waived.get(name)) is not None
        ],
        "clean_up": _cleaned(site),
        "scenarios": tested[0] if tested is not None else [],
        "missing": list(missing),
    }  # fmt: skip
    return Record("pass", payload, evidence)


def _brief(result: CheckResult) -> dict[str, Any]:
    """A result as a report shows it; ``failing`` counts rows, None where the check counts none."""
    return {
        "name": result.name, "group": result.group.value, "table": result.table, "check": result.check,
        "verdict": result.verdict.value, "says": result.says, "severity": result.severity.value,
        "owner": result.owner or OWNER, "looked_at": result.looked_at,
        "failing": failing(result),
        "keys": result.evidence.get("keys"),
    }  # fmt: skip


def _cleaned(site: Site) -> list[dict[str, Any]]:
    """Each clean-up rule beside the suites, with what is open by its last count; None where nobody counted yet."""
    if not site.project.clean_up.rules:
        return []
    counts = {e.payload["rule"]: e.payload for e in site.ledger.latest(site.project.name, "clean_up", by=("rule",))}
    return [
        {"rule": rule.rule, "says": rule.says, "owner": rule.owner, "at_most": rule.at_most,
         "open": counts[rule.rule]["open"] if rule.rule in counts else None}
        for rule in site.project.clean_up.rules
    ]  # fmt: skip


def _rules(site: Site) -> str:
    rules = _cleaned(site)
    known = [rule["open"] for rule in rules if rule["open"] is not None]
    if not known:
        return f"{counted(len(rules), 'clean-up rule')}, none counted yet"
    return f"{sum(known)} open by {counted(len(known), 'clean-up rule')}"
