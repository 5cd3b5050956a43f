"""The rows that people review before going live: drawn anew after each load, and the same ones as long as they can be.

Each table's rows are its department's. What stands in the ledger is what people see; whoever said something about
a row that has not changed since need not say it again.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from golive.readiness.asked import counted
from golive.readiness.reviewed import (
    DRAWN,
    NO_KEY,
    NOT_CROSSED,
    RIGHT,
    TOO_MANY,
    UNSURE,
    WRONG,
    Listed,
    Verdict,
    entity,
    issue_of,
    lists,
    standing,
    verdicts,
    wrong_rows,
)
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.compare import Pair
    from golive.ledger import Entry
    from golive.plan import TablePlan
    from golive.readiness.site import Site

MEASURE = "reviewed"


def seed_of(project: str) -> int:
    """The seed of every draw of a project: the rows stay the same ones unless rows come or go."""
    return int(hashlib.sha256(f"review/{project}".encode()).hexdigest()[:8], 16)


def draw_work_lists(site: Site) -> Outcome:
    """Draw the rows of every table, as far as it has crossed, and give them to the department whose it is.

    Verdicts on rows that are as they were stay; those on others are void, and their rows come back. A table of
    which too many rows would have to be looked at needs a quota, and is missing; so is one that could not be read.
    """
    project = site.project
    if project.review is None:
        return Outcome("No review is declared: the machine compares the sample, and people look at nothing.")
    from golive.validation.sessions import on_both

    before = {each.table: each for each in lists(site)}
    given, secret = verdicts(site), _secret(site)

    def work(pair: Pair, table: TablePlan) -> Record | str:
        return _drawn(site, pair, table, secret, before.get(table.name), given)

    def failed(table: TablePlan, line: str) -> str:
        return f"{table.name} could not be drawn: {line}. Correct that, then start {project.name}.review again"

    found = on_both(site.source, site.target, site.plan.tables, work, failed)
    records = [each for each in found if isinstance(each, Record)]
    missing = [each for each in found if isinstance(each, str)]
    missing += [f"{each.payload['table']}: {each.payload['says']}" for each in records if _state(each) == TOO_MANY]
    issues = [made for each in records if (made := _settled(site, each, given)) is not None]
    return Outcome(_says(records), (*records, *issues), tuple(missing))


def undrawn(site: Site) -> list[str]:
    """A sentence for each table whose rows nobody was given, or were drawn by another mapping."""
    from golive.ledger import digest

    now = {each.table: each for each in lists(site)}
    said = []
    for table in site.plan.tables:
        listed = now.get(table.name)
        if listed is None:
            said.append(f"{table.name}: its rows were never drawn")
        elif listed.mapping != digest(table.fingerprint):
            said.append(f"{table.name}: its rows were drawn by another mapping")
    return said


def changed_since(site: Site) -> dict[str, int]:
    """Table -> how many rows that people found right are not as they were when they did, after the last increments.

    Reads both sides, and only tables of which a row was found right. Raises what the databases raise.
    """
    from golive.compare import Pair, Side
    from golive.validation.sessions import one_moment
    from golive.validation.work_list import digests_now

    given, changed = verdicts(site), dict[str, int]()
    seed, secret = seed_of(site.project.name), _secret(site)
    tables = {table.name: table for table in site.plan.tables}
    for listed in lists(site):
        right = {row: one.digest for row, one in standing(listed, given).items() if one.verdict == RIGHT}
        if not right or listed.table not in tables:
            continue
        with site.source.session(read_only=True) as reader, site.target.session(read_only=True) as other:
            pair = Pair(Side(site.source, reader), Side(site.target, other))
            with one_moment(pair):
                now = digests_now(
                    tables[listed.table], pair, seed=seed, threshold=listed.entry.payload["threshold"], secret=secret,
                    wanted=right.keys(),
                )  # fmt: skip
        count = sum(now.get(row) != digest for row, digest in right.items())
        if count:
            changed[listed.table] = count
    return changed


def keeping_shut(site: Site, sample: Entry) -> list[str]:
    """Why a row that people reviewed keeps the new system shut after the freeze, a sentence each; empty if none does.

    A row that people say is wrong always does. ``sample`` is the entry of the night's sample, which counted the rows
    that changed since; those that were drawn again, and that nobody judged as they are now, count with them. How many
    of these are borne is for a criterion that measures the review: where there is none, they are told, and that is all.
    """
    shut = list(wrong_rows(site))
    bounds = [each.at_most for each in site.project.criteria if each.measure == MEASURE]
    if not bounds or site.project.review is None:
        return shut
    counted_then: Mapping[str, int] = sample.payload.get("changed_after_review", {})
    given, changed = verdicts(site), dict[str, int]()
    for listed in lists(site):
        # On rows that were drawn after the sample a verdict that it found changed is void already, or given anew.
        since = 0 if listed.entry.seq > sample.seq else counted_then.get(listed.table, 0)
        rows = since + entity(site, listed, given).void
        if rows:
            changed[listed.table] = rows
    count = sum(changed.values())
    if count > min(bounds):
        where = ", ".join(f"{rows} of {table}" for table, rows in changed.items())
        shut.append(
            f"of the rows that were reviewed {count} changed since people judged them ({where}), at most {min(bounds)}"
            f" may be: start {site.project.name}.review, have their departments look at them, then clear draw_sample"
        )
    return shut


def _secret(site: Site) -> bytes:
    """What names, masks and digests of rows are made with: the new system's own, which stands there alone."""
    with site.target.session() as connection:
        return site.target.state.secret(connection).encode()


def _drawn(
    site: Site,
    pair: Pair,
    table: TablePlan,
    secret: bytes,
    before: Listed | None,
    given: Mapping[tuple[str, str], Verdict],
) -> Record:
    """The work-list of one table, with how many verdicts on the one before it are void."""
    from golive.databases.relation import Part
    from golive.project.proving import MOST_ROWS
    from golive.validation.counts import count
    from golive.validation.sample import LEAST_PERCENT, part_of
    from golive.validation.sessions import one_moment
    from golive.validation.work_list import draw_for_people

    if not table.keyed:
        says = "it has no key to name a row by: the machine alone compares it"
        return _record(site, table, NO_KEY, says)
    quota = site.project.quota(table.spec.target)
    with one_moment(pair):
        progress = pair.target.database.state.progress(pair.target.connection, table.project, table.name)
        covered = progress["covered"] if progress else "none"
        if covered == "none" and not count(table, pair).empty:
            return _record(site, table, NOT_CROSSED, "no row has crossed yet: draw its rows after the first load")
        part = Part.OLDER if covered == "older" else Part.ALL
        rows = quota.rows if quota else MOST_ROWS
        # What somebody found wrong, or was unsure of, is looked at again, whatever else is drawn before it.
        kept = {row for (name, row), one in given.items() if name == table.name and one.verdict in (WRONG, UNSURE)}
        drawn = draw_for_people(
            table, pair, seed=seed_of(site.project.name), secret=secret, rows=rows, part=part, kept=kept,
            threshold=before.entry.payload.get("threshold", 0) if before and kept else 0,
        )  # fmt: skip
    tenth = part_of(drawn.of, LEAST_PERCENT)
    if quota is None and tenth > MOST_ROWS:
        says = (
            f"a tenth of it is {tenth:,} rows, more than people can be asked to look at: declare a quota with its"
            " reason under `review` in the project file"
        )
        return _record(site, table, TOO_MANY, says, of=drawn.of)
    digests = {row.row: row.digest for row in drawn.rows}
    had = [(row, one) for row, one in standing(before, given).items()] if before else []
    void = sum(digests.get(row) != one.digest for row, one in had)
    payload = {
        "of": drawn.of, "threshold": drawn.threshold, "drawn": drawn.drawn, "rows": len(drawn.rows),
        "matching": drawn.matching,
        "different": drawn.different, "missing": drawn.missing, "extra": drawn.extra,
        "quarantined": drawn.quarantined, "quota": quota.rows if quota else 0, "reason": quota.reason if quota else "",
        "void": void, "kept": len(had) - void,
    }  # fmt: skip
    says = f"{len(drawn.rows):,} of {drawn.of:,} rows to look at"
    evidence = {**drawn.evidence(), "key": [column.name for column in table.target.keys], "table": table.name}
    return _record(site, table, DRAWN, says, evidence, **payload)


def _record(
    site: Site, table: TablePlan, state: str, says: str, evidence: Mapping[str, Any] | None = None, **more: Any
) -> Record:
    from golive.ledger import digest

    department = site.project.reviewing(table.spec.target)
    nothing = dict.fromkeys(("of", "rows", "drawn", "quota", "void", "kept"), 0)
    return Record(
        "work_list",
        {
            **nothing, **more, "table": table.name, "entity": table.spec.target, "state": state, "says": says,
            "department": department.name if department else "", "seed": seed_of(site.project.name),
            "percent": 10, "mapping": digest(table.fingerprint),
        },
        evidence,
    )  # fmt: skip


def _settled(site: Site, record: Record, given: Mapping[tuple[str, str], Verdict]) -> Record | None:
    """The issue of a table whose wrong rows are wrong no more, or are others, by its new rows, if it has any."""
    if _state(record) != DRAWN:
        return None
    rows = {each["row"]: each["digest"] for each in (record.evidence or {}).get("rows", ())}
    table = record.payload["table"]
    wrong = sum(
        one.verdict == WRONG and rows.get(row) == one.digest for (name, row), one in given.items() if name == table
    )
    gone = "Those that were wrong are gone, or have changed and are to be looked at again."
    return issue_of(site, table, wrong, gone)


def _state(record: Record) -> str:
    return str(record.payload["state"])


def _says(records: list[Record]) -> str:
    rows = sum(record.payload["rows"] for record in records)
    states = Counter(map(_state, records))
    void, kept = (sum(record.payload[name] for record in records) for name in ("void", "kept"))
    departments = {record.payload["department"] for record in records if record.payload["rows"]}
    says = (
        f"{rows:,} rows of {counted(states[DRAWN], 'table')} are to be looked at by"
        f" {counted(len(departments), 'department')}"
    )
    if void or kept:
        says += f"; {counted(kept, 'verdict')} stay, {void} are void because their rows changed or are gone"
    if states[NOT_CROSSED]:
        says += f"; of {counted(states[NOT_CROSSED], 'table')} no row has crossed yet"
    if states[NO_KEY]:
        says += f"; {counted(states[NO_KEY], 'table')} without a key the machine alone compares"
    return f"{says}."
