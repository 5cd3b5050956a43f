"""A validation pass before go-live: what it found against the pass before, and whether that is good enough.

Every check that did not pass is an issue, ``check/<table>/<check>``, critical where the check says FAIL and
major where it could not run. The next pass says of each: new, still open, fixed, or regressed (closed once,
and back). The passes grow stricter by ``BOUNDS``; what is still open may be waived by name, until a day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from golive.readiness.asked import counted, holders
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.ledger import Entry
    from golive.readiness.site import Site


@dataclass(frozen=True, slots=True)
class Bound:
    """How many open critical issues, and how many checks that could not run, a pass bears; waived ones not counted."""

    critical: int
    errors: int


# By stage; None only reports. Where this stands in the project file one day, these are the defaults.
BOUNDS: dict[str, Bound | None] = {
    "data_validation_initial": None,
    "data_validation_mid_cycle": Bound(critical=10, errors=10),
    "data_validation_pre_final": Bound(critical=0, errors=0),
}

OWNER = "data_engineer"
WAIVED_BY = "sponsor"
FOUND = ("FAIL", "ERROR")
SEVERITY = {"FAIL": "critical", "ERROR": "major"}
CHANGES = ("new", "still open", "fixed", "regressed")


def compare_passes(site: Site) -> Outcome:
    """Open an issue for every finding of this run's pass, close those that are gone, and say what changed.

    An issue whose check looked at nothing this time, or did not run, stays as it is. What is missing are
    verdicts that should be there.
    """
    from golive.readiness.crossed import absent

    results = _results(site)
    records, changes = [], Counter[str]()
    issues = site.ledger.entries(site.project.name, kind="issue")
    now = {entry.payload["id"]: entry.payload for entry in issues}
    before = {entry.payload["id"]: entry.payload["state"] for entry in issues if entry.run != site.run_name}
    waived = waivers(site)
    for result in results:
        name = _issue(result)
        if result["verdict"] in FOUND:
            change = {None: "new", "closed": "regressed"}.get(before.get(name), "still open")
            state = "waived" if name in waived else "open"
            records.append(_record(site, result, state, change))
            changes[change] += 1
        elif result["verdict"] == "PASS" and now.get(name, {}).get("state", "closed") != "closed":
            records.append(_record(site, result, "closed", "fixed", severity=now[name]["severity"]))
            changes["fixed"] += 1
    tables = {table.name for table in site.plan.tables}
    for name, issue in now.items():
        if name.startswith("check/") and issue["state"] != "closed" and _table(name) not in tables:
            says = "the project file does not name this table any more"
            records.append(Record("issue", {**issue, "state": "closed", "says": says, "change": "fixed"}))
            changes["fixed"] += 1
    gone = absent(site.plan, {(str(result["check"]), str(result["table"])) for result in results})
    missing = [f"{each} has no verdict in this run: clear the lanes of check_what_crossed" for each in gone]
    return Outcome(f"Against the pass before: {_changes(changes)}.", tuple(records), tuple(missing))


def judge_pass(site: Site) -> Outcome:
    """Whether what this run's pass leaves open is within the bound of its stage."""
    results = _results(site)
    verdicts = Counter(str(result["verdict"]) for result in results)
    nothing = [f"{result['table']}: {result['check']}" for result in results if result["verdict"] == "VACUOUS"]
    says = f"{counted(len(results), 'check')}: " + ", ".join(f"{n} {name}" for name, n in sorted(verdicts.items()))
    if nothing:
        says += f"; looked at nothing: {', '.join(nothing[:5])}{' and others' if len(nothing) > 5 else ''}"
    waived, found = waivers(site), _open(site)
    kept = [issue["id"] for issue in found if issue["id"] in waived]
    if kept:
        says += f"; waived by name: {', '.join(kept)}"
    bound = BOUNDS[site.stage]
    if bound is None:
        return Outcome(f"{says}. This pass only reports.")
    too_many = [*_above(site, "critical", bound.critical), *_above(site, "major", bound.errors)]
    missing = [] if results else ["this run has no verdict of any check: clear split_checks"]
    missing += [
        f"{issue['id']} ({issue['says']}) is open: {holders(site, issue['owner'])} puts it right, then a new run of"
        f" {site.project.name}.{site.stage} looks again"
        for issue in too_many
    ]
    return Outcome(f"{says}.", missing=tuple(missing))


def to_waive(site: Site) -> dict[str, Any] | None:
    """What a form asks to set aside: everything that keeps this pass from its end; None if nothing does."""
    bound = BOUNDS[site.stage]
    if bound is None:
        return None
    issues = [*_above(site, "critical", bound.critical), *_above(site, "major", bound.errors)]
    return (
        {"issues": [{name: issue[name] for name in ("id", "title", "severity", "says")} for issue in issues]}
        if issues
        else None
    )


def waiving(site: Site, answer: Entry, evidence: Mapping[str, Any]) -> list[Record]:
    """The entries that an approved form makes, to be written in the name of who answered: waivers, and their issues."""
    until = site.today + timedelta(days=int(answer.payload["answers"]["days"]))
    now = {entry.payload["id"]: entry.payload for entry in site.ledger.latest(site.project.name, "issue", by=("id",))}
    reason = answer.payload["comment"]
    records = []
    for issue in evidence["issues"]:
        waiver = {"what": issue["id"], "reason": reason, "expires": until.isoformat(), "role": WAIVED_BY}
        records += [Record("waiver", waiver), Record("issue", {**now[issue["id"]], "state": "waived"})]
    return records


def waivers(site: Site) -> dict[str, Entry]:
    """The waivers that hold today, by what they set aside."""
    return {
        entry.payload["what"]: entry
        for entry in site.ledger.latest(site.project.name, "waiver", by=("what",))
        if not entry.payload["expires"] or entry.payload["expires"] >= site.today.isoformat()
    }


def check_trained(site: Site) -> Outcome:
    """Everybody has done every course of the groups that they are in, whatever its day."""
    from golive.readiness.training import leader, matrix

    rows = matrix(site)
    if not rows:
        return Outcome("No course is declared: nobody has to be trained.")
    lacking: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if not row.state:
            lacking.setdefault((row.group, row.course), []).append(site.project.called(row.person))
    done = sum(bool(row.state) for row in rows)
    return Outcome(
        f"Training: {done} of {counted(len(rows), 'attendance')} done.",
        missing=tuple(
            f"{', '.join(people)} of group {group} did not do the course {course}."
            f" {holders(site, leader(site.project, group))}: hold it, enter who was there with"
            f" {site.project.name}.record, then clear check_trained"
            for (group, course), people in lacking.items()
        ),
    )


def _results(site: Site) -> list[dict[str, Any]]:
    """The results of this run's pass: of every lane the newest, of the newest division into lanes."""
    entries = site.ledger.entries(site.project.name, kind="checks", run=site.run_name)
    lanes = {e.payload["lane"]: e for e in entries if e.payload["lanes"] == entries[-1].payload["lanes"]}
    results: list[dict[str, Any]] = []
    for _, entry in sorted(lanes.items()):
        assert entry.evidence_hash is not None
        evidence = site.ledger.evidence(entry.evidence_hash)
        assert isinstance(evidence, dict)
        results += evidence["results"]
    return results


def _open(site: Site) -> list[dict[str, Any]]:
    """Every issue that is not closed, the waived ones too: a waiver may have ended since."""
    newest = site.ledger.latest(site.project.name, "issue", by=("id",))
    return [entry.payload for entry in newest if entry.payload["state"] != "closed"]


def _above(site: Site, severity: str, at_most: int) -> list[dict[str, Any]]:
    """The open issues of a severity that no waiver covers, if they are more than may be; of major ones, the checks'.

    What people call major is theirs to weigh; a check that could not run has looked at nothing.
    """
    waived = waivers(site)
    found = [
        issue
        for issue in _open(site)
        if issue["severity"] == severity
        and issue["id"] not in waived
        and (severity == "critical" or issue["id"].startswith("check/"))
    ]
    return found if len(found) > at_most else []


def _issue(result: Mapping[str, Any]) -> str:
    return f"check/{result['table']}/{result['check']}"


def _table(issue: str) -> str:
    return issue.removeprefix("check/").rpartition("/")[0]


def _record(site: Site, result: Mapping[str, Any], state: str, change: str, severity: str = "") -> Record:
    return Record(
        "issue",
        {
            "id": _issue(result),
            "title": f"{str(result['check']).replace('_', ' ')} of {result['table']}",
            "severity": severity or SEVERITY[result["verdict"]],
            "owner": OWNER,
            "state": state,
            "says": result["says"],
            "from": site.run_name,
            "change": change,
        },
    )


def _changes(changes: Counter[str]) -> str:
    return ", ".join(f"{changes[change]} {change}" for change in CHANGES)
