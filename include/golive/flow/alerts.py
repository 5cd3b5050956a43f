"""One message to people, through Apprise, for whatever needs them: what happened, where, what to do.

Where messages go stands in the Airflow connection ``golive_alerts``: its extra holds
``{"urls": ["mailto://...", "slack://..."]}`` in Apprise's own form. Every incident has a name, and
is told once, however many callbacks fire for it. A level of support may have a connection of its own.
"""

from __future__ import annotations

import logging
from typing import Any

log = logging.getLogger(__name__)


def send(
    project: str, incident: str, title: str, what: str, do: str, *, table: str | None = None, to: str | None = None
) -> bool:
    """Tell people of an incident, unless they were told already; returns whether a message went out.

    ``to`` is the connection that holds their addresses, by default ``golive_alerts``. Writes an ``alarm``
    entry after the message, so that a message is rather sent twice than never. Raises Terminal when there is
    an address and none of it could be reached.
    """
    from golive.errors import Terminal
    from golive.flow.connections import ALERTS, ledger

    once, to = f"alarm/{incident}", to or ALERTS
    with ledger() as book:
        told = {entry.once: entry for entry in book.entries(project, kind="alarm")}.get(once)
        if told is not None:
            return False
        urls = addresses(to)
        body = "\n".join(
            line
            for line in (f"Project: {project}", f"Table: {table}" if table else "", "", what, "", f"To do: {do}")
            if line or line == ""
        )
        if urls and not _notify(urls, f"Golive {project}: {title}", body):
            raise Terminal(
                f"project {project}: no address of connection {to} took the message {title!r}. Test them with the"
                " apprise command, and correct the connection",
                project=project,
            )
        if not urls:
            log.warning("No address in connection %s: nobody was told. %s: %s", to, title, what)
        book.append(
            once=once,
            project=project,
            kind="alarm",
            actor="golive",
            payload={"title": title, "what": what, "do": do, "table": table or "", "delivered": bool(urls)},
        )
    return bool(urls)


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


def addresses(connection_id: str) -> list[str]:
    """The addresses that a connection holds for messages; none if Airflow has no such connection."""
    from golive.flow.connections import find

    connection = find(connection_id)
    if connection is None:
        return []
    urls = connection.extra_dejson.get("urls", [])
    return [urls] if isinstance(urls, str) else [str(url) for url in urls]


def _notify(urls: list[str], title: str, body: str) -> bool:
    """True if one address at least took it."""
    import apprise

    taken = False
    for url in urls:
        address = apprise.Apprise()
        taken = (bool(address.add(url)) and bool(address.notify(title=title, body=body))) or taken
    return taken
