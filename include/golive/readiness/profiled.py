"""The source before anything moves: whether it can be reached with the rights that are needed, and what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from golive.errors import PlanError
from golive.readiness.asked import counted, holders
from golive.readiness.risks import grown
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.databases import Database
    from golive.databases.profiling import Rights, Server
    from golive.profile import Finding, Profile
    from golive.readiness.site import Site

_WRITES = ("SELECT", "INSERT", "UPDATE", "DELETE")
_ON_DATABASE = ("CREATE", "TEMPORARY")
SHOWN = 5

# What can be done about each kind of finding: the mitigation of its risk until a person writes a better one.
_ADVICE = {
    "no key": "Give the target's table a key, or name columns under `key` that tell its rows apart",
    "no cursor": "Name a column under `cursor` that grows with every change, or move old rows early by `older_than`",
    "refused values": "Correct the values in the old system, or let the expression take them",
    "duplicates": "Correct them in the old system, or name a key that tells these rows apart",
    "rows without key": "Fill the key in the old system, or leave the rows out by `where`",
    "damaged text": "Correct the texts in the old system, or repair them in the column's expression",
    "orphans": "Correct the references in the old system, or leave the rows out by `where`",
    "volume": "Move old rows early by `older_than`, let the night be longer, or give it a faster server",
}


def test_connections(site: Site) -> Outcome:
    """Both systems and the ledger answer, and both logins may do what copy and freeze need.

    On the source SELECT on what is mapped, and for the freeze ownership of every table and CREATE on
    the database; on the target SELECT, INSERT, UPDATE and DELETE on what is mapped, and CREATE and
    TEMPORARY on the database. Raises what ``session`` does for a server that does not answer.
    """
    head = site.ledger.head()
    says, missing = [], []
    specs = site.project.tables
    for side, database, names, needed in (
        ("source", site.source, [spec.source_text for spec in specs if not spec.is_query], ("SELECT",)),
        ("target", site.target, [spec.target for spec in specs], _WRITES),
    ):
        with database.session(read_only=True) as connection:
            server = database.profiling.server(connection)
            rights = database.reach.rights(connection, tuple(dict.fromkeys(names)))
            absent = [name for name in rights.tables if database.catalog.table(connection, name) is None]
            queries = list(_refused_queries(site, connection)) if side == "source" else []
        says.append(f"{side} {database.name}: {server.version}, {server.encoding}, as {rights.login}")
        missing += [f"{holders(site, 'data_engineer')}: {line}" for line in (
            *_server_lacks(side, database, server), *queries, *_rights_lack(side, database, rights, absent, needed),
        )]  # fmt: skip
    says.append(f"ledger: {counted(head.seq, 'entry', 'entries')}")
    return Outcome("; ".join(says) + ".", missing=tuple(missing))


def profile_source(site: Site) -> Outcome:
    """What the source holds, and a risk for each kind of thing in its data that endangers the move.

    Nothing is missing because of what was found: risks are judged by people. A risk that people have
    taken up keeps their words; it opens again if it was closed and is still found, or was accepted and
    has grown. One that the system raised and no longer finds is closed.
    """
    from golive.profile import profile

    found = profile(site.plan, site.source)
    payload = {
        "tables": len(found.stored),
        "mapped": len(found.mapped),
        "sound": len(found.sound),
        "rows": found.rows,
        "bytes": found.server.bytes,
        "findings": len(found.findings),
    }
    records = (Record("profile", payload, found.as_dict()), *_risks(site, found))
    return Outcome(_says(found), records)


def _says(found: Profile) -> str:
    exact = all(table.exact for table in found.mapped)
    used = sum(1 for table in found.unmapped if table.reads or table.writes)
    parts = [
        f"{counted(len(found.mapped), 'mapped table')} with {found.rows} rows{'' if exact else ' (some estimated)'};"
        f" the database has {found.server.bytes} bytes",
    ]
    if found.unmapped:
        parts.append(f"{counted(len(found.unmapped), 'other table')}, {used} of them in use")
    kinds = dict.fromkeys(finding.kind for finding in found.findings)
    named = ", ".join(f"{sum(f.kind == kind for f in found.findings)} x {kind}" for kind in kinds)
    parts.append(f"Findings: {named}" if kinds else "No findings in the data")
    if found.not_seen:
        parts.append(f"Not looked at: {'; '.join(found.not_seen[:SHOWN])}")
    return ". ".join(parts) + "."


def _risks(site: Site, found: Profile) -> Iterator[Record]:
    known = {entry.payload["id"]: entry.payload for entry in site.ledger.latest(site.project.name, "risk", by=("id",))}
    kinds = dict.fromkeys(finding.kind for finding in found.findings)
    raised = [_risk([finding for finding in found.findings if finding.kind == kind]) for kind in kinds]
    for risk in raised:
        yield Record("risk", _taken_up(risk, known.get(risk["id"])))
    gone = set(known) - {risk["id"] for risk in raised}
    for risk in (known[name] for name in sorted(gone)):
        if risk["raised_by"] == "system" and risk["state"] != "closed" and not found.not_seen:
            yield Record("risk", risk | {"state": "closed"})


def _risk(findings: list[Finding]) -> dict[str, Any]:
    """All findings of one kind, the largest first.

    Likelihood is 'high' for what was counted in the rows, and 'medium' for what only follows from the
    tables. Impact goes by the share of the rows of these tables: above 1 in 100 'high', above 1 in
    1,000 'medium', else 'low'. What is about tables themselves costs time, not rows: 'medium', and
    'high' for a volume that no night holds.
    """
    kind = findings[0].kind
    rows, of = sum(finding.rows for finding in findings), sum(finding.of for finding in findings)
    impact = "high" if rows * 100 > of else "medium" if rows * 1000 > of else "low"
    if not rows:
        impact = "high" if kind == "volume" else "medium"
    worst = sorted(findings, key=lambda finding: -finding.rows)
    more = f"; and {len(worst) - SHOWN} more, see the profile" if len(worst) > SHOWN else ""
    return {
        "id": f"data_{kind.replace(' ', '_')}",
        "what": "; ".join(finding.says for finding in worst[:SHOWN]) + more,
        "likelihood": "high" if rows else "medium",
        "impact": impact,
        "owner": "",
        "mitigation": _ADVICE[kind],
        "review": "",
        "state": "open",
        "raised_by": "system",
    }


def _taken_up(risk: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    """The risk as it is now, with what people made of it."""
    if before is None:
        return risk
    kept = {each: before[each] for each in ("owner", "mitigation", "review", "raised_by")}
    accepted = before["state"] == "accepted" and not grown(risk, before)
    return risk | kept | {"state": "accepted" if accepted else "open"}


def _server_lacks(side: str, database: Database, server: Server) -> Iterator[str]:
    if not server.supported:
        yield f"{side} {database.name} is {server.version}, which is too old. Right: PostgreSQL 14 or later"
    if server.standby:
        yield f"{side} {database.name} is a standby, which only follows. Let the connection lead to its primary"


def _rights_lack(
    side: str, database: Database, rights: Rights, absent: list[str], needed: tuple[str, ...]
) -> Iterator[str]:
    where = f"{side} {database.name}"
    for name in absent:
        yield f"{where} has no table {name} that {rights.login} finds. Correct `tables`, or grant USAGE on the schema"
    for name, held in rights.tables.items():
        lacking = [right for right in needed if right not in held]
        if lacking and name not in absent:
            yield f"{where}: {rights.login} may not {', '.join(lacking)} on {name}. Grant it"
    wanted = ("CREATE",) if side == "source" else _ON_DATABASE
    if lacking := [right for right in wanted if right not in rights.database]:
        why = "for the schema of the freeze" if side == "source" else "for schema golive and what is staged"
        yield f"{where}: {rights.login} may not {', '.join(lacking)} on the database, {why}. Grant it"
    if side == "source" and rights.not_owned:
        owners = ", ".join(sorted(set(rights.not_owned.values())))
        names = ", ".join(list(rights.not_owned)[:SHOWN]) + (", ..." if len(rights.not_owned) > SHOWN else "")
        yield (
            f"{where}: {rights.login} could not freeze {counted(len(rights.not_owned), 'table')} ({names}), which"
            f" belong to {owners}. Grant it those roles, or let the connection use the owner"
        )


def _refused_queries(site: Site, connection: Any) -> Iterator[str]:
    for spec in site.project.tables:
        if spec.is_query:
            try:
                site.source.catalog.query_columns(connection, spec.source_text)
            except PlanError as error:
                why = f"source {site.source.name} refuses the query of {spec.target}: {error.message}"
                yield f"{why}. Correct it, or grant what it reads"
