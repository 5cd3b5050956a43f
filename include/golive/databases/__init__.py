"""One folder per engine behind one contract: an engine is a folder and a line here."""

from __future__ import annotations

from sqlalchemy.engine import make_url

from golive.databases.contract import Database
from golive.databases.postgresql import PostgreSQL
from golive.errors import Terminal

ENGINES: dict[str, type[Database]] = {"postgresql": PostgreSQL, "postgres": PostgreSQL}


def connect(url: str, *, name: str, timezone: str = "UTC") -> Database:
    """The database behind a URL; nothing is opened yet.

    ``name`` is the Airflow connection id, or what else people know it by: messages use it, never
    the URL. Raises Terminal for an engine that Golive does not speak.
    """
    parsed = make_url(url)
    engine = parsed.get_backend_name()
    if engine not in ENGINES:
        spoken = ", ".join(sorted(set(ENGINES)))
        raise Terminal(f"connection {name}: the engine {engine!r} is not spoken here. Right: {spoken}")
    return ENGINES[engine](parsed, name=name, timezone=timezone)


__all__ = ["ENGINES", "Database", "connect"]
