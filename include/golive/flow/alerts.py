"""One message to people, through Apprise, for whatever needs them: what happened, where, what to do.

Where messages go stands in the Airflow connection ``golive_alerts``: its extra holds
``{"urls": ["mailto://...", "slack://..."]}`` in Apprise's own form. Every incident has a name, and
is told once, however many callbacks fire for it. A level of support may have a connection of its own.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from golive.errors import Terminal

if TYPE_CHECKING:
    from golive.ledger import Entry

# How the names of entries begin that say that an alarm was told after all.
TOLD = "told/"
# Without the ledger.
TOLD_AGAIN_SECONDS = 3600

log = logging.getLogger(__name__)


def send(
    project: str, incident: str, title: str, what: str, do: str, *, table: str | None = None, to: str | None = None
) -> bool:
    """Tell people of an incident, unless they were told already; returns whether a message went out.

    ``to`` is the connection that holds their addresses, by default ``golive_alerts``. Writes an ``alarm``
    entry after the message, so that a message is rather sent twice than never. One that reached nobody is
    written too, and does not count as told: the watchdog sends it again until somebody takes it. Without
    the ledger nobody knows what was told: then the message goes out once an hour.

    Raises Terminal when the connection is there, and no address of it took the message.
    """
    from golive.flow.connections import ALERTS, ledger

    to, once = to or ALERTS, f"alarm/{incident}"
    message = {"title": title, "what": what, "do": do, "table": table or ""}
    try:
        with ledger() as book:
            alarms = book.entries(project, kind="alarm")
    except Exception:
        # Of whatever kind: people are told all the same.
        log.exception("The ledger cannot be read: who was told of what is not known")
        return _once_an_hour(incident, lambda: _deliver(project, message, to).delivered)
    if is_told(once, alarms):
        return False
    done = _deliver(project, message, to)
    known = any(alarm.once == once for alarm in alarms)
    if done.delivered or not known:
        with ledger() as book:
            book.append(
                once=f"{TOLD}{incident}" if known else once,
                project=project,
                kind="alarm",
                actor="golive",
                payload={**message, "to": to, "delivered": done.delivered, "refused": list(done.refused)},
            )
    if not done.delivered and done.connected:
        which = f"no address of connection {to} took" if done.refused else f"connection {to} holds no address for"
        raise Terminal(
            f"project {project}: {which} the message {title!r}. Test its addresses with the apprise command, and"
            ' correct the connection: its extra is {"urls": [...]}',
            project=project,
        )
    return done.delivered


def is_told(once: str, alarms: Iterable[Entry]) -> bool:
    """Whether an alarm of this name reached anybody, at once or later."""
    later = TOLD + once.removeprefix("alarm/")
    return any(alarm.once == later or (alarm.once == once and alarm.payload["delivered"]) for alarm in alarms)


def on_failure(context: Any) -> None:
    """Airflow's failure callback: tells people which task failed, why, and what its documentation says to do.

    Never raises: a callback that fails would hide the failure it reports.
    """
    try:
        instance = context.get("task_instance") or context.get("ti")
        dag_run = context["dag_run"]
        project = str(dag_run.dag_id).partition(".")[0]
        task_id = getattr(instance, "task_id", None) or "the run"
        error = context.get("exception")
        lane = getattr(instance, "map_index", -1)
        where = task_id if lane is None or lane < 0 else f"{task_id} ({lane})"
        what = in_words(error) if error else f"{where} ended without an error of its own: its process was killed"
        send(
            project,
            f"{dag_run.dag_id}/{dag_run.run_id}/{where}/{getattr(instance, 'try_number', 0)}",
            f"{where} of {dag_run.dag_id} failed",
            what[:2000],
            _advice(context),
            table=getattr(error, "table", None),
        )
    except Exception:
        log.exception("The failure could not be told to anybody")


def in_words(error: BaseException) -> str:
    """What an error says to people outside. Only Golive's own errors are known to hold no values of rows."""
    from golive.errors import GoliveError

    if isinstance(error, GoliveError):
        return error.message
    state = getattr(error, "sqlstate", None)
    said = f"{type(error).__name__}{f' (SQLSTATE {state})' if state else ''}"
    return f"{said}. Its own words may hold values of rows, so they stand in the task's log alone"


def _advice(context: Any) -> str:
    task = context.get("task")
    text = str(getattr(task, "doc_md", None) or "").strip()
    return (
        text or "open the run in Airflow: the log of the failed task names the table, and its documentation what to do"
    )


@dataclass(frozen=True)
class Delivery:
    """What became of a message: ``connected`` if there is a connection, ``refused`` are the hosts that took nothing."""

    connected: bool
    delivered: bool
    refused: tuple[str, ...]


def _deliver(project: str, message: Mapping[str, str], to: str) -> Delivery:
    """Send a message to every address of a connection; logs each that did not take it, without its secrets."""
    from golive.flow.connections import find

    urls = addresses(to)
    table = message["table"]
    lines = [f"Project: {project}", *([f"Table: {table}"] if table else []), "", message["what"], ""]
    posted = post(urls, f"Golive {project}: {message['title']}", "\n".join([*lines, f"To do: {message['do']}"]))
    refused = tuple(each.host for each in posted if not each.taken)
    for host in refused:
        log.error("An address of connection %s did not take the message %r: %s", to, message["title"], host)
    if not urls:
        log.warning("No address in connection %s: nobody was told. %s: %s", to, message["title"], message["what"])
    return Delivery(bool(urls) or find(to) is not None, any(each.taken for each in posted), refused)


def _once_an_hour(incident: str, tell: Callable[[], bool]) -> bool:
    """Tell of the incident unless it was told from here within the hour; returns whether it reached anybody now.

    By the age of a file beside the logs, which is touched once somebody was reached, and not before.
    """
    from airflow.configuration import conf

    from golive.flow.incident import hash_of

    mark = Path(conf.get("logging", "base_log_folder")) / "golive-told" / hash_of(incident)
    try:
        if time.time() - mark.stat().st_mtime < TOLD_AGAIN_SECONDS:
            return False
    except OSError:
        pass  # not told yet, or not to be found out: rather once too often
    if not tell():
        return False
    try:
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
    except OSError:
        log.warning("That people are told of %s cannot be noted at %s: they may hear of it again", incident, mark)
    return True


def addresses(connection_id: str) -> list[str]:
    """The addresses that a connection holds for messages; none if Airflow has no such connection."""
    from golive.flow.connections import find

    connection = find(connection_id)
    if connection is None:
        return []
    urls = connection.extra_dejson.get("urls", [])
    return [urls] if isinstance(urls, str) else [str(url) for url in urls]


@dataclass(frozen=True)
class Posted:
    """Whether an address took a message.

    ``address`` names it without its secrets, ``channel`` its kind, ``host`` is what people know it by.
    """

    address: str
    channel: str
    taken: bool
    host: str


def post(urls: Iterable[str], title: str, body: str, *, skip: Set[str] = frozenset()) -> list[Posted]:
    """Send one message to each address but those in ``skip``, by ``Posted.address``; never raises for one that fails.

    What is no address of Apprise's is one that took nothing.
    """
    import apprise

    made = []
    for number, url in enumerate(urls):
        address = apprise.Apprise.instantiate(url)
        channel = str(address.service_name) if address is not None else "no address"
        name = str((address.url_id() if address is not None else None) or number)
        if name in skip:
            continue
        sender = apprise.Apprise()
        taken = address is not None and bool(sender.add(address)) and bool(sender.notify(title=title, body=body))
        made.append(Posted(name, channel, taken, _host(address, channel, number)))
    return made


def _host(address: Any, channel: str, number: int) -> str:
    """An address as people know it: what the host would be is a token in some, so Apprise's masked form is read."""
    host = urlsplit(address.url(privacy=True)).hostname if address is not None else None
    return f"{channel} at {host}" if host else f"{channel}, the address number {number + 1}"
