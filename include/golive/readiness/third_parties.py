"""Systems of somebody else that use the old one: what is declared against what the source itself shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golive.readiness.asked import counted, holders
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.databases.profiling import Client, Login
    from golive.project.people import ThirdParty
    from golive.readiness.site import Site

SHOWN = 5


def compare_third_parties(site: Site) -> Outcome:
    """Every login that may reach the source's tables, or is connected to it now, is declared with what becomes of it.

    Seen is a role that can sign in and was granted a right on any table of the source, itself or by
    membership, and whoever has a session or a replication slot there at this moment. Left out are
    Golive's own login and those under `support.credentials`, so give Golive one that nobody else uses;
    of superusers only their sessions are seen. Seen and not declared is missing. Declared and not seen
    is said: it may connect at other times, over another login, or not to the database at all.
    """
    with site.source.session(read_only=True) as connection:
        tables = [table.name for table in site.source.profiling.stored(connection)]
        granted = {login.name: login for login in site.source.reach.logins(connection, tables)}
        clients = site.source.reach.clients(connection)
    ours = set(site.project.support.credentials)
    seen = {name for name in (*granted, *(client.login for client in clients)) if name not in ours}
    declared = {party.login: party for party in site.project.third_parties}
    records = []
    for login in (*declared, *sorted(seen - set(declared))):
        here = [client for client in clients if client.login == login]
        records.append(Record("third_party", _payload(login, declared.get(login), here, login in seen)))
    unknown = sorted(seen - set(declared))
    silent = [party.name for login, party in declared.items() if login not in seen]
    says = f"{counted(len(declared), 'third party', 'third parties')} declared, {counted(len(seen), 'login')} seen"
    says += f"; declared and not seen: {', '.join(silent)}" if silent else ""
    says += f"; seen and not declared: {', '.join(unknown)}" if unknown else ""
    missing = tuple(
        f"{holders(site, 'lead')}: the login {login or '(unknown)'} {_does(granted.get(login), clients, login)}, and is"
        " not declared. Find out whose it is, and declare it under `third_parties` with what becomes of it at the"
        " cut-over; or take its rights away"
        for login in unknown
    )
    return Outcome(f"{says}.", tuple(records), missing)


def _payload(login: str, party: ThirdParty | None, clients: list[Client], seen: bool) -> dict[str, Any]:
    state = "seen, not declared" if party is None else "ok" if seen else "declared, not seen"
    return {
        "name": party.name if party else login,
        "login": login,
        "direction": party.direction if party else "",
        "protocol": party.protocol if party else "",
        "owner": party.owner if party else "",
        "endpoint": (party.endpoint or "") if party else "",
        "action": party.action if party else "",
        "declared": party is not None,
        "seen": seen,
        "clients": [_shown(client) for client in clients],
        "state": state,
    }


def _does(login: Login | None, clients: tuple[Client, ...], name: str) -> str:
    parts = []
    if login is not None:
        for verb, tables in (("read", login.reads), ("write", login.writes)):
            if tables:
                more = ", ..." if len(tables) > SHOWN else ""
                parts.append(f"may {verb} {', '.join(tables[:SHOWN])}{more}")
    here = [_shown(client) for client in clients if client.login == name]
    if here:
        parts.append(f"is connected now ({'; '.join(here[:SHOWN])})")
    return ", ".join(parts)


def _shown(client: Client) -> str:
    application = client.application or "an application without a name"
    return f"{application} from {client.address}" if client.address else application
