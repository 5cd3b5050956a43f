"""What a criterion of going live can measure: each by its name in the project file, out of the ledger or anew.

A measure says how much is open, out of how much it looked at, and what to do. One that looked at nothing
says so: nothing is not a pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from golive.errors import Terminal
from golive.readiness.asked import holders, open_things
from golive.readiness.measured import GOING_LIVE, Measured, each_open
from golive.readiness.proved import checks, issues, passes, scenarios

if TYPE_CHECKING:
    from golive.readiness.site import Site


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
    return each_open(what, len(before), f"{holders(site, 'lead')}: complete them")


def training(site: Site) -> Measured:
    """Everybody has done every course of the group that they are in, and no group with a course is empty."""
    from golive.readiness.training import empty, matrix

    rows = matrix(site)
    what = [f"{site.project.called(row.person)} lacks {row.course}" for row in rows if not row.state]
    what += [f"nobody is in the group {group}, which has something to learn" for group in empty(site.project)]
    do = f"{holders(site, 'lead')}: enter who was there with {site.project.name}.record"
    return each_open(what, max(len(rows), len(what)), do)


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
    return each_open(what, len(rules), "correct them in the old system")


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
    return each_open(what, len(site.project.configuration), "confirm them in the stage config_copy")


def processes(site: Site) -> Measured:
    """Every business process is closed: its query is asked again now."""
    what = []
    for process in site.project.processes:
        found = open_things(site, process.side, process.query)
        if found.count is None:
            raise Terminal(f"the process {process.name} could not be asked: {found.error}")
        if found.count:
            what.append(f"{process.name}: {found.count}, {holders(site, process.owner)}")
    return each_open(what, len(site.project.processes), "close them in the old system")


def third_parties(site: Site) -> Measured:
    """Every login of somebody else's that the source shows is declared: it is asked again now."""
    from golive.readiness.third_parties import undeclared

    what, looked_at = undeclared(site)
    do = f"{holders(site, 'lead')}: declare them under `third_parties`, or take their rights away"
    return each_open([f"the login {login}" for login in what], looked_at, do)


def endpoints(site: Site) -> Measured:
    """Every endpoint that a third party switches to answers: each is tried now, from here."""
    from golive.readiness.endpoints import tried

    answers = tried(site.project.third_parties)
    what = [
        f"{party.name} at {party.endpoint}: {answers[party.login].says}, {holders(site, party.owner)}"
        for party in site.project.third_parties
        if party.login in answers and not answers[party.login].answers
    ]
    return each_open(what, len(answers), "see that each answers, or correct its `endpoint` under `third_parties`")


def escalation(site: Site) -> Measured:
    """Each level of support said, within the days that a trial holds, that a trial of the alarms reached it."""
    from golive.readiness.trials import levels_of, untried

    do = f"{holders(site, 'lead')}: have {site.project.name}.try_escalation run by somebody on no level, and answered"
    return each_open(untried(site), len(levels_of(site.project)), do)


def risks(site: Site) -> Measured:
    """No high risk of the register, as file and ledger have it now, is open: each was accepted or closed."""
    from golive.readiness.risks import high, register

    now = register(site)
    what = [
        f"{name} ({risk['what']}), {holders(site, risk['owner'])}"
        for name, risk in now.items()
        if risk["state"] == "open" and high(risk)
    ]
    return each_open(what, len(now), f"accept or close them with {site.project.name}.record")


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
        return each_open((), 0, "set `go_live` under `calendar` in the project file")
    day = booked(site.ledger, site.project.name)
    what = moved_since(site) if day == agreed else [f"{day or 'no day'} is booked, the calendar says {agreed}"]
    what += [rule.says for rule in unmet(site)]
    how = "book the day, or have the rule waived, in the stage implement, or with `reschedule` once that is complete"
    return each_open(what, 1, f"{holders(site, 'lead')}: {how}")


def privacy(site: Site) -> Measured:
    """No column of the new system that looks personal is undeclared, by the newest inventory and the file as it is."""
    from golive.readiness.privacy import undeclared

    what, looked_at = undeclared(site)
    do = f"{holders(site, 'data_engineer')}: name them under `sensitive`, or raise `at_most` by those that are not"
    return each_open(what, looked_at, do)


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
