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
from golive.results import Group, Severity, Verdict

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
    """Everybody has done every course of the group that they are in, and no group with a course is empty."""
    from golive.readiness.training import empty, matrix

    rows = matrix(site)
    what = [f"{site.project.called(row.person)} lacks {row.course}" for row in rows if not row.state]
    what += [f"nobody is in the group {group}, which has something to learn" for group in empty(site.project)]
    do = f"{holders(site, 'lead')}: enter who was there with {site.project.name}.record"
    return _of(what, max(len(rows), len(what)), do)


def clean_up(site: Site) -> Measured:
    """No clean-up rule that has a limit is above it; these rules are asked again now."""
    rules = [rule for rule in site.project.clean_up.rules if rule.at_most is not None]
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

    Its verdicts are of every table as the mapping has it now. Looked at is what the pass looked at: a check
    that had nothing to check proves nothing, and where no row of any table was compared, nothing was. A table
    of which no row was compared is open. An opportunity is no failure. The checks of a final migration are its own
    affair.
    """
    from golive.ledger import silent
    from golive.readiness.crossed import absent
    from golive.readiness.findings import FOUND, title_of, waivers
    from golive.readiness.mapping import judged_otherwise
    from golive.readiness.validated import said

    passed = last_pass(site)
    what = [f"lane {lane} of the {part} has no verdict" for part, lane in silent(passed)]
    what += judged_otherwise(site, passed)
    results = [result for entry in passed for result in said(site, entry)]
    waived = waivers(site, results)
    have = {(result.check, str(result.table)) for result in results if result.group is Group.CHECK}
    what += [f"{each} has no verdict" for each in (absent(site.plan, have) if passed else ())]
    what += [
        f"{title_of(result)}: {result.verdict}"
        for result in results
        if result.verdict in FOUND
        and (result.verdict is Verdict.ERROR or result.severity is not Severity.OPPORTUNITY)
        and result.name not in waived
    ]
    compared = [result for result in results if result.group is Group.CHECK and result.check == "crossed"]
    seen = [result for result in results if result.verdict is not Verdict.VACUOUS]
    looked = len(seen) if any(result.looked_at and result in seen for result in compared) else len(what)
    what += [
        f"{title_of(result)}: {result.verdict}"
        for result in compared
        if result.verdict is Verdict.VACUOUS and result.name not in waived
    ]
    do = f"{holders(site, 'data_engineer')}: put right what that pass's report shows, and repeat it"
    return _of(what, looked, do)


def passes(site: Site) -> Measured:
    """The last pre-final pass was good enough, and nothing since says otherwise.

    Another pass, of whatever stage, was not; or one has begun and was not judged; or a waiver that it rests on
    has ended. Nothing is looked at before a pre-final pass was judged.
    """
    from golive.readiness.findings import waivers
    from golive.readiness.passes import LAST

    judged = site.ledger.entries(site.project.name, kind="pass")
    newest = {entry.run: entry for entry in judged}
    last = next((entry for entry in reversed(judged) if entry.stage == LAST), None)
    if last is None:
        return _of((), 0, f"{holders(site, 'lead')}: complete {site.project.name}.{LAST}")
    assert last.evidence_hash is not None
    evidence = site.ledger.evidence(last.evidence_hash)
    assert isinstance(evidence, dict)
    what = [
        f"pass {entry.payload['number']} ({entry.stage}): {entry.payload['says']}"
        for entry in newest.values()
        if entry.seq >= last.seq and not entry.payload["ok"]
    ]
    begun = site.ledger.entries(site.project.name, kind="checks", after=last.seq)
    begun = [entry for entry in begun if entry.stage != GOING_LIVE and newest.get(entry.run, last).seq < entry.seq]
    what += [f"{run} began a pass that was not judged" for run in dict.fromkeys(entry.run for entry in begun)]
    waived, issues_now = waivers(site), _latest(site, "issue", "id")
    # What was closed since has no waiver any more, and needs none.
    closed = {name for name, entry in issues_now.items() if entry.payload["state"] == "closed"}
    what += [
        f"the waiver of {each['what']} ended on {each['until']}"
        for each in evidence["waivers"]
        if each["what"] not in waived and each["what"] not in closed
    ]
    do = f"{holders(site, 'data_engineer')}: put right what its report shows, and repeat {site.project.name}.{LAST}"
    return _of(what, 1, do)


def quarantine(site: Site) -> Measured:
    """Rows of this project's tables that cannot be migrated, counted now; looked at is each table that has begun."""
    what, rows, carried = [], 0, 0
    with site.target.session(read_only=True) as connection:
        for table in site.plan.tables:
            progress = site.target.state.progress(connection, table.project, table.name)
            carried += progress is not None and progress["covered"] != "none"
            held = sum(one.rows for one in site.target.held.quarantined(connection, table.project, table.name))
            if held:
                rows += held
                what.append(f"{table.name}: {held}")
    do = f"{holders(site, 'data_engineer')}: correct them in the old system, or raise `at_most`"
    return Measured(rows, max(carried, len(what)), tuple(what), do)


def areas(site: Site) -> Measured:
    """Every configuration area that was started is confirmed as it is declared, ready and unchanged, or made by hand.

    One of which the ledger holds nothing is open: nobody looked. Whether each is ready is asked again now.
    """
    from golive.readiness.areas import CHANGED, changed_areas, stands_open

    what = []
    for area in site.project.configuration:
        why = stands_open(site, area)
        if why:
            what.append(f"{area.area}: {why}, {holders(site, area.owner)}")
    what += [f"{name}: {CHANGED}" for name in changed_areas(site)]
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
    """Every login of somebody else's that the source shows is declared: it is asked again now."""
    from golive.readiness.third_parties import undeclared

    what, looked_at = undeclared(site)
    do = f"{holders(site, 'lead')}: declare them under `third_parties`, or take their rights away"
    return _of([f"the login {login}" for login in what], looked_at, do)


def endpoints(site: Site) -> Measured:
    """Every endpoint that a third party switches to answers: each is tried now, from here."""
    from golive.readiness.endpoints import tried

    answers = tried(site.project.third_parties)
    what = [
        f"{party.name} at {party.endpoint}: {answers[party.login].says}, {holders(site, party.owner)}"
        for party in site.project.third_parties
        if party.login in answers and not answers[party.login].answers
    ]
    return _of(what, len(answers), "see that each answers, or correct its `endpoint` under `third_parties`")


def escalation(site: Site) -> Measured:
    """Each level of support said, within the days that a trial holds, that a trial of the alarms reached it."""
    from golive.readiness.trials import levels_of, untried

    do = f"{holders(site, 'lead')}: have {site.project.name}.try_escalation run by somebody on no level, and answered"
    return _of(untried(site), len(levels_of(site.project)), do)


def risks(site: Site) -> Measured:
    """No high risk of the register, as file and ledger have it now, is open: each was accepted or closed."""
    from golive.readiness.risks import high, register

    now = register(site)
    what = [
        f"{name} ({risk['what']}), {holders(site, risk['owner'])}"
        for name, risk in now.items()
        if risk["state"] == "open" and high(risk)
    ]
    return _of(what, len(now), f"accept or close them with {site.project.name}.record")


def issues(site: Site) -> Measured:
    """No critical issue is open that no waiver covers today; before a validation pass has looked, nothing has."""
    from golive.readiness.findings import waivers

    now, waived = _latest(site, "issue", "id"), waivers(site)
    what = [
        f"{name} ({entry.payload['title']}), {holders(site, entry.payload['owner'])}"
        for name, entry in now.items()
        if entry.payload["state"] != "closed" and entry.payload["severity"] == "critical" and name not in waived
    ]
    return _of(what, max(len(now), 1) if last_pass(site) else len(what), "close them, or have them waived by name")


def reviewed(site: Site) -> Measured:
    """People found every row right that they have to look at: of each table a tenth, or its quota, as it is now.

    A row that nobody judged, or of which somebody is unsure, is open, and one that changed since. So is a table
    whose rows were never drawn, or by another mapping. One that is wrong is open too, and shuts the gate by itself.
    """
    from golive.readiness.review import undrawn
    from golive.readiness.reviewed import entities

    now = entities(site)
    missing = undrawn(site) if now else []
    what = [*missing, *(each.says for each in now if each.open)]
    open_ = len(missing) + sum(each.open for each in now)
    do = f"the departments give their verdicts on the page of the review; {site.project.name}.review draws their rows"
    looked_at = sum(max(each.to_review, each.open) for each in now) + len(missing)
    return Measured(open_, looked_at, tuple(what), do)


def slot(site: Site) -> Measured:
    """The day booked on the schedule of all projects is the calendar's, whose rules are all kept or waived.

    And all days are as everybody agreed to them when it was booked.
    """
    from golive.readiness.calendar import calendar_of, moved_since, unmet
    from golive.readiness.slots import booked

    agreed = calendar_of(site).go_live
    if agreed is None:
        return _of((), 0, "set `go_live` under `calendar` in the project file")
    day = booked(site.ledger, site.project.name)
    what = moved_since(site) if day == agreed else [f"{day or 'no day'} is booked, the calendar says {agreed}"]
    what += [rule.says for rule in unmet(site)]
    how = "book the day, or have the rule waived, in the stage implement, or with `reschedule` once that is complete"
    return _of(what, 1, f"{holders(site, 'lead')}: {how}")


def scenarios(site: Site) -> Measured:
    """As many declared scenarios are covered as have to be, as they were last read; before that nothing was."""
    from golive.readiness.scenarios import covered, too_few

    found = covered(site)
    read = [] if found is None else [each for each in found[0] if each["result"] != "not read"]
    do = f"{holders(site, 'lead')}: have them tested, and their results read by a validation pass"
    return _of(too_few(site) if read else (), len(read), do)


def privacy(site: Site) -> Measured:
    """No column of the new system that looks personal is undeclared, by the newest inventory and the file as it is."""
    from golive.readiness.privacy import undeclared

    what, looked_at = undeclared(site)
    do = f"{holders(site, 'data_engineer')}: name them under `sensitive`, or raise `at_most` by those that are not"
    return _of(what, looked_at, do)


def last_pass(site: Site) -> list[Entry]:
    """The newest verdicts of every lane of the newest validation pass; empty if there never was one."""
    from golive.ledger import verdicts

    entries = [entry for entry in site.ledger.entries(site.project.name, kind="checks") if entry.stage != GOING_LIVE]
    return verdicts(entry for entry in entries if entry.run == entries[-1].run)


def mismatches(site: Site) -> dict[str, int]:
    """Rows that differed, lacked or were too many in the newest validation pass, by table that it looked at."""
    from golive.readiness.validated import said

    found: dict[str, int] = {}
    for result in (result for entry in last_pass(site) for result in said(site, entry)):
        if result.group is Group.CHECK:
            rows = result.diff.rows if result.diff is not None else 0
            found[str(result.table)] = max(rows, found.get(str(result.table), 0))
    return found


# By its name in the project file: golive.project.going_live.MEASURES.
MEASURES: dict[str, Callable[[Site], Measured]] = {
    "stages": stages,
    "training": training,
    "clean_up": clean_up,
    "checks": checks,
    "passes": passes,
    "quarantine": quarantine,
    "areas": areas,
    "processes": processes,
    "third_parties": third_parties,
    "endpoints": endpoints,
    "escalation": escalation,
    "risks": risks,
    "issues": issues,
    "reviewed": reviewed,
    "slot": slot,
    "scenarios": scenarios,
    "privacy": privacy,
}


def _of(what: Iterable[str], looked_at: int, do: str) -> Measured:
    named = tuple(what)
    return Measured(len(named), looked_at, named, do)


def _latest(site: Site, kind: str, by: str) -> dict[str, Any]:
    return {str(entry.payload[by]): entry for entry in site.ledger.latest(site.project.name, kind, by=(by,))}
