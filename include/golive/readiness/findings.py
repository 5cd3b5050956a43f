"""What a pass makes of its verdicts: issues, each against the pass before, and the waivers that hold.

Every check that says FAIL, or could not run, is an issue under its own name. The next pass says of each: new,
still open, fixed, or regressed (closed once, and back). One that nothing asks about any more is closed in so
many words. What people entered and what clean-up rules count are issues of the project too: a pass shows
them, and weighs them, with its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from golive.readiness.asked import holders
from golive.readiness.site import Record
from golive.results import CheckResult, Group, Severity, Verdict

if TYPE_CHECKING:
    from golive.ledger import Entry
    from golive.readiness.site import Site

    History = Mapping[str, Sequence[Entry]]

OWNER = "data_engineer"
# Who may set a finding aside.
WAIVED_BY = "sponsor"
FOUND = (Verdict.FAIL, Verdict.ERROR)
OPEN, WAIVED, CLOSED = "open", "waived", "closed"
# What a waiver of an issue begins with: rules of the calendar, and days, are waived under names of their own.
ISSUE = "issue"
NEW, STILL_OPEN, FIXED, REGRESSED = CHANGES = ("new", "still open", "fixed", "regressed")
# Beside the four, and only where there are any: nothing was fixed, the question is gone.
NO_LONGER_ASKED = "no longer asked"

# What else opens issues, each under its own name: the clean-up rules, the inventory of what is personal, the review.
_LOOKS = ("clean_up", "privacy", "review")
_WEIGHT = {severity.value: place for place, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Finding:
    """One issue as a pass leaves it; ``id`` is the name of the check that found it, or the issue's own.

    ``change`` is against the pass before. ``verdict`` is FAIL or ERROR where this pass found it itself, ''
    otherwise. ``failing`` is how many rows it is about, None where nobody counted any; ``digest`` tells what
    failed from anything else that might, '' where nothing does. ``since`` is the day on which it was first
    opened, and ``waiver`` what sets it aside today.
    """

    id: str
    title: str
    severity: str
    owner: str
    state: str
    says: str
    change: str
    verdict: str
    since: date
    waiver: Entry | None = None
    failing: int | None = None
    digest: str = ""

    @property
    def is_checked(self) -> bool:
        """Whether a check of the passes stands behind it, not a person or a rule."""
        return is_checked(self.id)

    @property
    def is_error(self) -> bool:
        """Whether it is open because a check could not run."""
        return self.state == OPEN and self.verdict == Verdict.ERROR

    @property
    def is_critical(self) -> bool:
        """Whether it is open and weighs most: something that was looked at, and is not as it must be."""
        return self.state == OPEN and self.severity == Severity.CRITICAL and self.verdict != Verdict.ERROR

    def record(self, site: Site) -> Record:
        """The issue's entry as this pass leaves it."""
        return Record("issue", {
            "id": self.id, "title": self.title, "severity": self.severity, "owner": self.owner, "state": self.state,
            "says": self.says, "from": site.run_name, "change": self.change, "verdict": self.verdict,
            "failing": self.failing, "digest": self.digest,
        })  # fmt: skip

    def brief(self, site: Site) -> dict[str, Any]:
        """The issue as a report shows it: with its age in days, whose it is, and what sets it aside."""
        waiver = self.waiver
        return {
            "id": self.id, "title": self.title, "severity": self.severity, "owner": self.owner,
            "whose": holders(site, self.owner), "state": self.state, "says": self.says, "change": self.change,
            "since": self.since.isoformat(), "age_days": (site.today - self.since).days,
            "waived_until": waiver.payload["expires"] if waiver else None,
            "waived_by": site.project.called(waiver.actor) if waiver else None,
        }  # fmt: skip


def history(site: Site) -> History:
    """Every entry of every issue, in order, by the issue."""
    found: dict[str, list[Entry]] = {}
    for entry in site.ledger.entries(site.project.name, kind="issue"):
        found.setdefault(entry.payload["id"], []).append(entry)
    return found


def findings(
    site: Site,
    results: Sequence[CheckResult],
    asked: frozenset[str],
    waived: Mapping[str, Entry],
    known: History | None = None,
) -> tuple[Finding, ...]:
    """Every issue that is open or waived, and every one that went since the pass before; the gravest first.

    ``results`` are those of this run's pass, ``asked`` the names of all checks that any pass of the project
    asks, ``waived`` the waivers that hold, ``known`` what ``history`` gave, if it was read already. An issue whose
    check looked at nothing this time stays as it is.
    """
    entries_of = history(site) if known is None else known
    before = _pass_before(site)
    found = {result.name: result for result in results if is_checked(result.name)}
    names = {*entries_of, *(name for name, result in found.items() if result.verdict in FOUND)}
    made = []
    for name in names:
        entries = entries_of.get(name, [])
        if is_checked(name):
            change = _of_check(site, entries, found.get(name), name in asked)
        else:
            change = _of_others(entries, before)
        if change:
            made.append(_finding(site, name, change, entries, found.get(name), waived.get(name)))
    return tuple(sorted(made, key=lambda each: (_WEIGHT.get(each.severity, 0), each.since, each.id)))


def waivers(site: Site, results: Iterable[CheckResult] = (), known: History | None = None) -> dict[str, Entry]:
    """The waivers that hold today, by the issue or the check that they set aside.

    One holds until its last day in the project's time zone, by the word of somebody who is a sponsor today, and
    for what was open when it was given: an issue that was closed since and is back, or is worse, needs another.
    How things are now say ``results``, and of anything else its issue's newest entry. Worse is a graver severity,
    another verdict, more failing rows, or as many others; where no rows are counted, anything else said or found.
    ``known`` is what ``history`` gave, if it was read already.
    """
    entries_of = history(site) if known is None else known
    now = {result.name: standing(result) for result in results if result.verdict in (*FOUND, Verdict.VACUOUS)}
    today, sponsors = site.today.isoformat(), site.project.holders(WAIVED_BY, site.today)
    holding = {}
    for entry in site.ledger.latest(site.project.name, "waiver", by=("what",)):
        about, _, name = str(entry.payload["what"]).partition("/")
        if about != ISSUE:
            continue
        issues = entries_of.get(name, [])
        closed = [issue.seq for issue in issues if issue.payload["state"] == CLOSED]
        if entry.payload["expires"] < today or entry.actor not in sponsors or (closed and closed[-1] > entry.seq):
            continue
        found = now.get(name) or (issues[-1].payload if issues else None)
        if found is None or not _worse(found, entry.payload):
            holding[name] = entry
    return holding


def waiver(found: Mapping[str, Any], reason: str, until: date) -> dict[str, Any]:
    """The payload of a waiver of what was found, as it was shown, until a day; ``found`` is a ``standing``."""
    shown = {each: found[each] for each in ("severity", "verdict", "failing", "says")}
    return {
        "what": f"{ISSUE}/{found['id']}", "reason": reason, "expires": until.isoformat(), "role": WAIVED_BY, **shown,
        "digest": found.get("digest", ""),
    }  # fmt: skip


def standing(result: CheckResult) -> dict[str, Any]:
    """How a check stands by its result, as a waiver keeps it."""
    return {
        "id": result.name, "title": title_of(result), "severity": severity_of(result).value,
        "verdict": result.verdict.value, "failing": failing(result), "digest": digest_of(result), "says": result.says,
    }  # fmt: skip


def failing(result: CheckResult) -> int | None:
    """How many rows a result counts as failing; None where it counts none."""
    count = result.evidence.get("failing", result.diff.rows if result.diff is not None else None)
    return None if count is None else int(count)


def digest_of(result: CheckResult) -> str:
    """What tells that which failed from any other: a comparison's and an aggregate's own digest, a suite's keys."""
    return str(result.evidence.get("digest") or result.evidence.get("keys") or "") if result.verdict in FOUND else ""


def severity_of(result: CheckResult) -> Severity:
    """What a result weighs as an issue: one that could not run is critical or major, whatever it would have found."""
    if result.verdict is Verdict.ERROR and result.severity is not Severity.CRITICAL:
        return Severity.MAJOR
    return result.severity


def title_of(result: CheckResult) -> str:
    """What a check asks, in words short enough for a list."""
    what = result.check.replace("_", " ")
    return f"{what} of {result.table}" if result.table else what


def is_looked_at(issue: str) -> bool:
    """Whether an issue's id is one under which a check, a rule or a review opens issues: nobody's word closes it."""
    return is_checked(issue) or issue.partition("/")[0] in _LOOKS


def is_checked(issue: str) -> bool:
    """Whether an issue's id is the name of a check of the passes."""
    return issue.partition("/")[0] in set(Group)


def _of_check(site: Site, entries: Sequence[Entry], result: CheckResult | None, asked: bool) -> str:
    """How an issue of a check changed; '' where it was not open, and is not.

    What this run wrote itself does not tell what was before it: a task of it may have been cleared.
    """
    before = [entry for entry in entries if entry.run != site.run_name]
    stood = before[-1].payload["state"] if before else None
    if result is not None and result.verdict in FOUND:
        return {None: NEW, CLOSED: REGRESSED}.get(stood, STILL_OPEN)
    if stood in (None, CLOSED) and (not entries or entries[-1].payload["state"] == CLOSED):
        return ""
    if not asked:
        return NO_LONGER_ASKED
    return FIXED if result is not None and result.passed else STILL_OPEN


def _of_others(entries: Sequence[Entry], before: int) -> str:
    """How an issue changed since an entry that no check of the passes stands behind."""
    earlier = [entry for entry in entries if entry.seq <= before]
    stood = earlier[-1].payload["state"] if earlier else None
    if entries[-1].payload["state"] == CLOSED:
        return FIXED if stood not in (None, CLOSED) else ""
    return {None: NEW, CLOSED: REGRESSED}.get(stood, STILL_OPEN)


def _worse(now: Mapping[str, Any], then: Mapping[str, Any]) -> bool:
    """Whether what is found now is graver than what was waived, or another thing."""
    # Issues of people and of rules have no verdict, and one whose check did not run this time is as it was.
    if now.get("verdict") and now["verdict"] != then.get("verdict"):
        return True
    if _WEIGHT.get(str(now["severity"]), 0) < _WEIGHT.get(str(then.get("severity")), 0):
        return True
    counts = now.get("failing"), then.get("failing")
    others = now.get("digest", "") != then.get("digest", "")
    if counts[0] is None or counts[1] is None:
        # An empty look is the same empty look, whatever it says of what it did not see.
        return now.get("verdict") != Verdict.VACUOUS and (others or now.get("says") != then.get("says"))
    return bool(counts[0] > counts[1] or (counts[0] == counts[1] and others))


def _finding(
    site: Site, name: str, change: str, entries: Sequence[Entry], result: CheckResult | None, waiver: Entry | None
) -> Finding:
    state = CLOSED if change in (FIXED, NO_LONGER_ASKED) else WAIVED if waiver is not None else OPEN
    since = _day(site, entries[0]) if entries else site.today
    if result is not None and result.verdict in FOUND:
        return Finding(
            name, title_of(result), severity_of(result).value, result.owner or OWNER, state, result.says, change,
            result.verdict.value, since, waiver, failing(result), digest_of(result),
        )  # fmt: skip
    known = entries[-1].payload
    says = str(known["says"])
    if change == NO_LONGER_ASKED:
        says = "no longer asked: no table, suite or comparison of this project asks about it any more"
    elif change == FIXED and result is not None:
        says = result.says
    return Finding(
        name, str(known["title"]), str(known["severity"]), str(known["owner"]), state, says, change, "", since,
        waiver if state == WAIVED else None, known.get("failing"), str(known.get("digest", "")),
    )  # fmt: skip


def _pass_before(site: Site) -> int:
    """The entry with which the pass before this run's ended; 0 if this is the first."""
    passes = site.ledger.entries(site.project.name, kind="pass")
    return max((entry.seq for entry in passes if entry.run != site.run_name), default=0)


def _day(site: Site, entry: Entry) -> date:
    """The day of an entry where the project is at home."""
    return entry.at.astimezone(ZoneInfo(site.project.timezone)).date()
