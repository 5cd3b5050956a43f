"""Three passes of a small project, as its suites would judge them: one finding is fixed, and comes back in the last."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.integration.readiness.passing import TEXT, Suites, judged, looked, passed, said
from tests.integration.readiness.site import Place

from golive.ledger import Entry, Ledger
from golive.reports.pass_file import Written, write
from golive.reports.pass_model import PassReport
from golive.reports.passes import pass_report, passes_up_to
from golive.results import CheckResult, Severity, Verdict

# With a department whose head has findings, and scenarios to test.
TOLD = TEXT.replace("project: test\n", "project: test\ntitle: Test District\n").replace(
    "training:\n",
    "departments: [{name: office, title: Registrar's Office, head: registrar}]\ntraining:\n",
)
BORN, NAMED, SPELT, DRAWN, COUNTED = ("born_in_time", "has_a_name", "spelt_well", "drawn_from_codes", "has_codes")
ASKED = {"person.target": (BORN, NAMED, SPELT), "code.source": (DRAWN, COUNTED)}
KEYS = "9f" * 32
STAGES = ("initial", "mid_cycle", "pre_final")

_CRITICAL, _MAJOR, _CHANCE = Severity.CRITICAL, Severity.MAJOR, Severity.OPPORTUNITY


def wrong(name: str, rows: int, severity: Severity = _CRITICAL, suite: str = "person.target") -> CheckResult:
    """An expectation that so many rows break."""
    found = said(name, Verdict.FAIL, severity, suite, evidence={"failing": rows, "keys": KEYS, "columns": ["id"]})
    return replace(found, says=f"{rows} of 100 rows break it")


def well(name: str, suite: str = "person.target", severity: Severity = _CRITICAL) -> CheckResult:
    return said(name, Verdict.PASS, severity, suite)


def told(site: Place, suites: Suites, checks: list[CheckResult] | None = None) -> list[Place]:
    """The three passes, judged; gives the site as it stands in each."""
    for name, ids in ASKED.items():
        suites.write(name, *ids)
    results = checks if checks is not None else list(looked(site).values())
    dark = said(COUNTED, Verdict.ERROR, _MAJOR, "code.source")
    empty = said(DRAWN, Verdict.VACUOUS, _MAJOR, "code.source")
    drawn, counted = well(DRAWN, "code.source", _MAJOR), well(COUNTED, "code.source", _MAJOR)
    spelt = wrong(SPELT, 41, _CHANCE)
    ways = (
        [wrong(BORN, 12), wrong(NAMED, 3, _MAJOR), spelt, empty, dark],
        [well(BORN), wrong(NAMED, 2, _MAJOR), spelt, drawn, counted],
        [wrong(BORN, 1), well(NAMED, severity=_MAJOR), spelt, drawn, counted],
    )
    made = []
    for number, (stage, way) in enumerate(zip(STAGES, ways, strict=True), 1):
        there, _ = passed(site, str(number), stage, results=results, suites=way)
        judged(there)
        made.append(there)
    return made


def newest(site: Place, number: int) -> Entry:
    """The last entry of a pass."""
    return [e for e in site.ledger.entries("test", kind="pass") if e.payload["number"] == number][-1]


def reported(site: Place, number: int, **changes: Any) -> PassReport:
    """The report of a pass; ``changes`` replace parts of its evidence."""
    about = newest(site, number)
    evidence = site.ledger.evidence(str(about.evidence_hash))
    assert isinstance(evidence, dict)
    entries = passes_up_to(site.ledger.entries("test", kind="pass"), about)
    return pass_report(site.project, entries, evidence | changes, "ab" * 32)


def written(site: Place, number: int, **changes: Any) -> Written:
    return write(reported(site, number, **changes))


def by_hand(
    ledger: Ledger, project: str, run: str, number: int = 1, *, ok: bool = True, title: str = "born of person"
) -> Entry:
    """A pass with one finding, without a system to look at: its entry, as a run of the first pass would write it."""
    name = f"suite/person.target/{BORN}"
    issue = {
        "id": name, "title": title, "severity": "critical", "owner": "data_engineer", "whose": "Ole (data engineer)",
        "state": "open", "says": "7 of 100 rows break it", "change": "new", "since": "2026-06-01", "age_days": 3,
        "waived_until": None, "waived_by": None,
    }  # fmt: skip
    result = {
        "name": name, "group": "suite", "table": "person.target", "check": BORN, "verdict": "FAIL",
        "says": issue["says"], "severity": "critical", "owner": "data_engineer", "looked_at": 100, "failing": 7,
        "keys": KEYS,
    }  # fmt: skip
    payload = {
        "stage": "data_validation_initial", "number": number, "ok": ok, "says": "1 check: 1 FAIL.",
        "verdicts": {"PASS": 0, "FAIL": 1, "ERROR": 0, "VACUOUS": 0},
        "open": {"critical": 1, "major": 0, "minor": 0, "opportunity": 0}, "waived": 0,
        "changes": {"new": 1, "still open": 0, "fixed": 0, "regressed": 0}, "scenarios": None,
    }  # fmt: skip
    missing = [] if ok else [f"{name} ({issue['says']}) is open: Ole puts it right"]
    evidence = {
        "results": [result], "issues": [issue], "waivers": [], "clean_up": [], "scenarios": [], "missing": missing,
    }  # fmt: skip
    return ledger.append(
        project=project, stage="data_validation_initial", kind="pass", actor="golive",
        run=f"{project}.data_validation_initial/{run}", payload=payload, evidence=evidence,
    )  # fmt: skip
