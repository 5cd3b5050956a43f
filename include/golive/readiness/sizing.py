"""How large the move is, how long its stages should take, and how long the night will: from what was measured."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from golive.readiness.asked import counted, holders
from golive.readiness.site import Outcome, Record
from golive.readiness.stages import complete

if TYPE_CHECKING:
    from golive.readiness.site import Site

# A run that took less says little about how fast rows move.
_LONG_ENOUGH = 10
# Sprints that a stage of people's work takes, by complexity.
SPRINTS = {"low": 1, "medium": 2, "high": 3}
_NIGHT, _AFTER = "final_migration", "support"


def size_migration(site: Site) -> Outcome:
    """Rows, bytes, speed, complexity, the days of every stage, and the minutes of the night.

    Rows are counted on the source as a dry run counts them. The speed is that of this project's last
    increment (the last sweep, for comparing) of more than ten seconds; before there was one, that at
    which the source gives the rows of its largest table to this side now. A mere read is no copy, so
    the minutes are then the least that the night can take, and are said to be that.

    Complexity counts one point each for: more than 50 mapped tables; more than 10 million rows; a
    table in ten, or more, without a key; a table in three, or more, that is read from a query or has
    expressions for half of its columns; three or more third parties that switch; three or more risks
    that are open in the data. None or one point is low, two or three medium.

    A stage takes one sprint, two or three by complexity (``calendar.sprints.days``, or 14 days); the
    night a day for every 24 hours of its minutes, the support what ``hyper_care`` says. That is a
    proposal; the days that count are those that people agree to. Missing are a night that takes longer
    than ``limits.frozen_minutes``, and a stage whose ``due`` is over or comes before that of a stage
    which it waits for.
    """
    from golive.transfer import Mode, foresee

    foreseen = foresee(site.plan, site.source, site.target, mode=Mode.CATCH_UP)
    rows, left = sum(table.total for table in foreseen), sum(table.rows for table in foreseen)
    size = _bytes(site)
    copying, comparing, measured = _rates(site)
    points = _points(site, rows)
    complexity = "low" if len(points) < 2 else "medium" if len(points) < 4 else "high"
    # The sweep reads every row, and so do the checks after it.
    minutes = _minutes(left, copying) + 2 * _minutes(rows, comparing)
    days = _days(site, complexity, minutes)
    payload = {
        "rows": rows, "bytes": size, "rate": copying, "complexity": complexity, "days": days,
        "minutes_frozen": minutes,
    }  # fmt: skip
    timeline = list(_timeline(site, days))
    evidence = {
        "rate_of": measured, "compared": comparing, "rows_left": left, "complexity_for": points,
        "tables": [{"table": table.table, "rows": table.total, "left": table.rows} for table in foreseen],
        "stages": timeline,
    }  # fmt: skip
    about = "about" if measured != "read" else "at least"
    why = f" ({', '.join(points)})" if points else ""
    says = (
        f"{rows} rows in {counted(len(foreseen), 'table')}, {size} bytes, {copying} rows/s"
        f" ({'measured by reading' if measured == 'read' else 'measured in its last runs'}); complexity {complexity}"
        f"{why}; the night takes {about} {counted(minutes, 'minute')}"
    )
    early = [each["stage"] for each in timeline if each["due"] and each["due"] < each["until"]]
    says += f"; due earlier than proposed: {', '.join(early)}" if early else ""
    missing = (*_too_long(site, minutes), *_out_of_order(site))
    return Outcome(f"{says}.", (Record("sizing", payload, evidence),), missing)


def _bytes(site: Site) -> int:
    """What the mapped tables of the source take on its disk; a query has no size of its own."""
    names = set()
    with site.source.session(read_only=True) as connection:
        for spec in site.project.tables:
            info = None if spec.is_query else site.source.catalog.table(connection, spec.source_text)
            names |= {info.name} if info is not None else set()
        return sum(table.bytes for table in site.source.profiling.stored(connection) if table.name in names)


def _rates(site: Site) -> tuple[int, int, str]:
    """Rows a second of copying and of comparing, and 'runs' or 'read' for where the first is from."""
    last: dict[str, int] = {}
    for kind in ("increment", "sweep"):
        for entry in reversed(site.ledger.entries(site.project.name, kind=kind)):
            seconds, read = int(entry.payload.get("seconds", 0)), int(entry.payload.get("read", 0))
            if seconds > _LONG_ENOUGH and read:
                last[kind] = max(1, read // seconds)
                break
    if "increment" in last:
        return last["increment"], last.get("sweep", last["increment"]), "runs"
    from golive.profile import read_rate

    rate = read_rate(site.plan, site.source)
    return rate, last.get("sweep", rate), "read"


def _minutes(rows: int, rate: int) -> int:
    return -(-rows // (max(1, rate) * 60)) if rows else 0


def _points(site: Site, rows: int) -> list[str]:
    """What makes the move complex, a few words for each point."""
    tables, project = site.plan.tables, site.project
    keyless = sum(not table.keyed for table in tables)
    # A plain name only renames.
    made = sum(
        table.spec.is_query
        or 2 * sum(not each.isidentifier() for each in table.spec.columns.values()) >= len(table.target.columns)
        for table in tables
    )
    switched = sum(party.action == "switch" for party in project.third_parties)
    risks = site.ledger.latest(project.name, "risk", by=("id",))
    raised = sum(entry.payload["raised_by"] == "system" and entry.payload["state"] == "open" for entry in risks)
    found = (
        (len(tables) > 50, f"{len(tables)} tables"),
        (rows > 10_000_000, f"{rows} rows"),
        (10 * keyless >= len(tables), f"{keyless} without a key"),
        (3 * made >= len(tables), f"{made} made by queries or expressions"),
        (switched >= 3, f"{switched} third parties switch"),
        (raised >= 3, f"{counted(raised, 'open risk')} in the data"),
    )
    return [words for holds, words in found if holds]


def _days(site: Site, complexity: str, minutes: int) -> dict[str, int]:
    sprints, care = site.project.calendar.sprints, site.project.support.hyper_care
    usual = SPRINTS[complexity] * (sprints.days if sprints is not None else 14)
    special = {_NIGHT: max(1, -(-minutes // (24 * 60))), _AFTER: care.sprints * care.sprint_days}
    return {stage.name: special.get(stage.name, usual) for stage in site.project.stages}


def _timeline(site: Site, days: dict[str, int]) -> Iterator[dict[str, Any]]:
    """Every stage that is not complete, from today on, each after those that it waits for; ``due`` is the file's."""
    ends: dict[str, date] = {}

    def end_of(name: str) -> date:
        if name not in ends:
            over = complete(site.ledger, site.project.name, name) is not None
            begins = max((end_of(before) for before in site.project.before(name)), default=site.today)
            ends[name] = site.today if over else begins + timedelta(days=days[name])
        return ends[name]

    for stage in site.project.stages:
        if complete(site.ledger, site.project.name, stage.name) is None:
            until = end_of(stage.name)
            yield {
                "stage": stage.name,
                "days": days[stage.name],
                "from": str(until - timedelta(days=days[stage.name])),
                "until": str(until),
                "due": str(stage.due or ""),
            }


def _too_long(site: Site, minutes: int) -> Iterator[str]:
    allowed = site.project.limits.frozen_minutes
    if minutes > allowed:
        yield (
            f"The night takes {minutes} minutes, and `limits.frozen_minutes` allows {allowed}."
            f" {holders(site, 'data_engineer')}: move old rows early by `older_than`, use more lanes, or"
            " let it be longer"
        )


def _out_of_order(site: Site) -> Iterator[str]:
    project, lead = site.project, holders(site, "lead")
    for stage in project.stages:
        if stage.due is None or complete(site.ledger, project.name, stage.name) is not None:
            continue
        if stage.due < site.today:
            yield f"The stage {stage.shown} was due on {stage.due} and is not complete. {lead}: set a new `due`"
        for name in project.before(stage.name):
            before = project.stage(name)
            if before is not None and before.due is not None and stage.due < before.due:
                yield (
                    f"The stage {stage.shown} is due on {stage.due}, and waits for {before.shown}, which is due on"
                    f" {before.due}. {lead}: correct `due` of one of them"
                )
