"""Systems of somebody else that use the old one: what is declared against what the source itself shows.

What each switches to is tried as well. Nothing is missing because it does not answer yet: that is for the
measure ``endpoints`` of the go-live.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from golive.readiness.asked import counted, holders
from golive.readiness.endpoints import Tried, tried
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.databases.profiling import Client, Login
    from golive.project.people import ThirdParty
    from golive.readiness.site import Site

SHOWN = 5
GONE = "gone"


def compare_third_parties(site: Site) -> Outcome:
    """Every login that may reach the source's tables, or is connected to it now, is declared with what becomes of it.

    Seen is a role that can sign in and was granted a right on any table of the source, itself or by
    membership, and whoever has a session or a replication slot there at this moment. Left out are
    Golive's own login and those under `support.credentials`, so give Golive one that nobody else uses;
    of superusers only their sessions are seen. Seen and not declared is missing. Declared and not seen
    is said: it may connect at other times, over another login, or not to the database at all. What was seen or
    declared at an earlier look, and is neither now, is kept as gone. Said is too what
    each endpoint answered, and whose word stands for a party that has none.
    """
    granted, clients, seen = _seen(site)
    declared = {party.login: party for party in site.project.third_parties}
    answers = tried(site.project.third_parties)
    records = list(_gone(site, {*(party.name for party in declared.values()), *(seen - set(declared))}))
    for login in (*declared, *sorted(seen - set(declared))):
        here = [client for client in clients if client.login == login]
        payload = _payload(login, declared.get(login), here, login in seen)
        records.append(Record("third_party", payload | _answer(site, answers.get(login))))
    unknown = sorted(seen - set(declared))
    silent = [party.name for login, party in declared.items() if login not in seen]
    says = f"{counted(len(declared), 'third party', 'third parties')} declared, {counted(len(seen), 'login')} seen"
    says += f"; declared and not seen: {', '.join(silent)}" if silent else ""
    says += f"; seen and not declared: {', '.join(unknown)}" if unknown else ""
    says += _answered(site, answers)
    missing = tuple(
        f"{holders(site, 'lead')}: the login {login or '(unknown)'} {_does(granted.get(login), clients, login)}, and is"
        " not declared. Find out whose it is, and declare it under `third_parties` with what becomes of it at the"
        " cut-over; or take its rights away"
        for login in unknown
    )
    return Outcome(f"{says}.", tuple(records), missing)


def undeclared(site: Site) -> tuple[list[str], int]:
    """(the logins that the source shows now and nobody declared, how many logins were looked at: seen or declared)."""
    _, _, seen = _seen(site)
    declared = {party.login for party in site.project.third_parties}
    return sorted(seen - declared), len(seen | declared)


def _seen(site: Site) -> tuple[dict[str, Login], tuple[Client, ...], set[str]]:
    """(who was granted something, who is connected, the names of both without the migration's own)."""
    with site.source.session(read_only=True) as connection:
        tables = [table.name for table in site.source.profiling.stored(connection)]
        granted = {login.name: login for login in site.source.reach.logins(connection, tables)}
        clients = site.source.reach.clients(connection)
    ours = set(site.project.support.credentials or ())
    return granted, clients, {name for name in (*granted, *(client.login for client in clients)) if name not in ours}


def _gone(site: Site, names: set[str]) -> Iterator[Record]:
    """What was seen or declared once and is neither now, by name: it has another name since, or is gone."""
    for entry in site.ledger.latest(site.project.name, "third_party", by=("name",)):
        if entry.payload["name"] not in names and entry.payload["state"] != GONE:
            yield Record("third_party", entry.payload | {"seen": False, "clients": [], "state": GONE})


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


def _answer(site: Site, answer: Tried | None) -> dict[str, Any]:
    """What is kept of a try; the day alone, since the entry has the moment and a sign-off lasts until things change."""
    if answer is None:
        return {"answers": None, "answer": "", "tried_on": ""}
    return {"answers": answer.answers, "answer": answer.says, "tried_on": site.today.isoformat()}


def _answered(site: Site, answers: dict[str, Tried]) -> str:
    """How the endpoints did, to be put behind another sentence; empty where nobody is declared."""
    parties = site.project.third_parties
    said = ""
    if answers:
        said = f"; {sum(each.answers for each in answers.values())} of {counted(len(answers), 'endpoint')} answered"
        silent = [
            f"{party.name} at {party.endpoint} ({answers[party.login].says})"
            for party in parties
            if party.login in answers and not answers[party.login].answers
        ]
        said += f", not yet: {', '.join(silent)}" if silent else ""
    alone = [f"{party.name}, {holders(site, party.owner)}" for party in parties if not party.endpoint]
    return f"{said}; without an endpoint to try, by the word of its owner alone: {'; '.join(alone)}" if alone else said


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
