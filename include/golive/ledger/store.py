"""The ledger's database: append, read, verify."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

from sqlalchemy import (
    JSON,
    URL,
    Connection,
    Engine,
    Select,
    Text,
    create_engine,
    func,
    insert,
    literal,
    make_url,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

from golive.databases.postgresql.connection import translated
from golive.errors import Terminal
from golive.ledger import evidence as evidences
from golive.ledger import migrate, tables
from golive.ledger.chain import GENESIS, as_entry, broken, canonical, digest, entry_hash, follow
from golive.ledger.entry import Entry, Head, known

NAME = "golive_ledger"

_APPEND_LOCK = 7_061_002
_BLOCK = 500

# An undefined table, schema or column.
_NOT_MIGRATED = ("42P01", "3F000", "42703")


class Ledger:
    """One ledger, for all projects. Nothing is opened before the first call, nothing stays open after it.

    As a context it keeps one connection from call to call until its end, and makes another if that was lost.

    Every method raises ConnectionLost when the server cannot be reached, Busy when another writer
    holds the ledger for a minute, and Terminal when the schema is not migrated.

    Entries can never be removed: never give them a secret, nor a row's values in the payload. In
    the evidence, sensitive values are masked by the caller; the ledger does not look.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        if parsed.get_backend_name() not in ("postgresql", "postgres"):
            raise Terminal(f"connection {NAME}: the ledger needs PostgreSQL, not {parsed.get_backend_name()!r}")
        # The URL's own options may set another lock_timeout, never another encoding.
        given = parsed.query.get("options", "")
        options = f"-c lock_timeout=60s {given} -c client_encoding=UTF8 -c statement_timeout=0"
        self._url = parsed.set(drivername="postgresql+psycopg").update_query_dict(
            {"options": options, "application_name": "golive"}
        )
        self._engine = _passing(self._url)

    def __enter__(self) -> Self:
        self._engine = _made(self._url, poolclass=QueuePool, pool_size=1, max_overflow=-1, pool_pre_ping=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.dispose()
        self._engine = _passing(self._url)

    def migrate(self) -> None:
        """Bring the schema to the newest revision, in one transaction; safe to repeat and to run twice at once."""
        with self._connected() as connection:
            migrate.upgrade(connection)
            connection.commit()

    def append(
        self,
        *,
        project: str,
        kind: str,
        actor: str,
        payload: Mapping[str, Any],
        stage: str | None = None,
        run: str | None = None,
        once: str | None = None,
        project_hash: str | None = None,
        code_hash: str | None = None,
        evidence: Mapping[str, Any] | bytes | None = None,
    ) -> Entry:
        """Write one entry and its evidence in one transaction, after all others: the chain has one end.

        ``payload`` and ``evidence`` hold what ``chain.canonical`` allows (no float, no datetime:
        give those as text); Terminal otherwise, and for an unknown kind.

        Without ``once``, every call writes an entry; one that ends in ConnectionLost may have been
        committed, so whatever may be tried again needs ``once``. With it, there is one entry for
        each (project, once), however often it is called. The first stands: a later call gets that
        entry back and writes nothing, even if its payload, evidence or actor differ, so a retried
        task says again what was said and not what it now sees. Raises Terminal if the first is of
        another kind: then two steps share a key by mistake.
        """
        known(kind)
        if not project or not actor:
            raise Terminal(f"ledger: an entry of kind {kind} needs both a project and an actor")
        evidence_hash = None if evidence is None else digest(evidence)
        fields: dict[str, Any] = {
            "project": project, "stage": stage, "kind": kind, "actor": actor, "run": run, "once": once,
            "project_hash": project_hash, "code_hash": code_hash, "payload": canonical(payload),
            "evidence_hash": evidence_hash,
        }  # fmt: skip
        with self._connected() as connection:
            # Before the lock, so that nobody waits while bulky evidence travels.
            if evidence is not None and evidence_hash is not None:
                evidences.store(connection, evidence_hash, evidence)
            connection.execute(select(func.pg_advisory_xact_lock(_APPEND_LOCK)))
            standing = _standing(connection, project, once)
            if standing is not None:
                connection.rollback()
                if standing.kind != kind:
                    raise Terminal(
                        f"ledger: {once!r} stands already, as entry {standing.seq} of kind {standing.kind}, "
                        f"not {kind}. Give each step a key of its own",
                        project=project,
                    )
                return standing
            head = _head(connection)
            fields["seq"], fields["prev_hash"] = head.seq + 1, head.hash
            fields["at"] = connection.scalar(select(type_coerce(func.clock_timestamp(), tables.Instant)))
            fields["hash"] = entry_hash(fields)
            connection.execute(insert(tables.entry).values(fields))
            connection.commit()
        return as_entry(fields)

    def entries(
        self,
        project: str | None = None,
        *,
        kind: str | None = None,
        run: str | None = None,
        after: int = 0,
        limit: int | None = None,
    ) -> list[Entry]:
        """The entries in order, of all projects or one, with a number above ``after``; at most ``limit``.

        Each is proven against its own hash (LedgerBroken); only ``verify`` proves the chain.
        """
        query = select(tables.entry).where(tables.entry.c.seq > after).order_by(tables.entry.c.seq).limit(limit)
        if project is not None:
            query = query.where(tables.entry.c.project == project)
        if kind is not None:
            query = query.where(tables.entry.c.kind == known(kind))
        if run is not None:
            query = query.where(tables.entry.c.run == run)
        return self._read(query)

    def last(self, project: str, *kinds: str, run: str | None = None) -> Entry | None:
        """The newest entry of these kinds (at least one), of one run or of any; proven as in ``entries``."""
        query = select(tables.entry).where(
            tables.entry.c.project == project, tables.entry.c.kind.in_([known(kind) for kind in kinds])
        )
        if run is not None:
            query = query.where(tables.entry.c.run == run)
        return next(iter(self._read(query.order_by(tables.entry.c.seq.desc()).limit(1))), None)

    def latest(self, project: str, kind: str, *, by: tuple[str, ...]) -> list[Entry]:
        """The newest entry of a kind for each distinct value of these payload keys, in order; proven as in ``entries``.

        ``latest(project, Kind.CRITERION, by=("id",))`` is every criterion as it stands now. Values
        are told apart by their text, so 1 and "1" are one; entries that lack a key, or have null
        there, form a group of their own. Chosen by the server: what the newest entries replaced is
        not read. Raises Terminal if ``by`` is empty.
        """
        if not by:
            raise Terminal(
                f"ledger: the latest of kind {kind} by no key is one entry. Name a payload key, or use `last`"
            )
        values = [tables.entry.c.payload.op("->>", return_type=Text())(literal(key, Text)) for key in by]
        newest = (
            select(tables.entry.c.seq)
            .ext(distinct_on(*values))
            .where(tables.entry.c.project == project, tables.entry.c.kind == known(kind))
            .order_by(*values, tables.entry.c.seq.desc())
        )
        return self._read(select(tables.entry).where(tables.entry.c.seq.in_(newest)).order_by(tables.entry.c.seq))

    def view(self, name: str, project: str | None = None, /, **equal: Any) -> list[dict[str, Any]]:
        """The rows of a view of ``tables.VIEWS``, ordered by seq, for people and pages: never for a gate.

        The server makes a view's rows out of payloads, so no row is proven against a hash: what
        somebody changed behind the ledger's back shows here as if it were true. Gates use
        ``entries``, ``last`` and ``latest``. ``project`` is one project, None all; every other
        argument is a column and the value it must have, None meaning null. Instants are aware, in
        UTC; columns of lists are lists; what a payload lacked is None. Raises Terminal for a view
        or a column that there is not, and for a column of lists, which cannot be compared.
        """
        view = tables.VIEWS.get(name)
        if view is None:
            raise Terminal(f"ledger: there is no view {name!r}. Right: {', '.join(tables.VIEWS)}")
        comparable = [column.name for column in view.c if not isinstance(column.type, JSON)]
        query = select(view).order_by(view.c.seq)
        if project is not None:
            query = query.where(view.c.project == project)
        for column, value in equal.items():
            if column not in comparable:
                raise Terminal(f"ledger: view {name} cannot be asked by {column!r}. Right: {', '.join(comparable)}")
            query = query.where(view.c[column] == value)
        return self._rows(query)

    def evidence(self, evidence_hash: str) -> dict[str, Any] | bytes:
        """The evidence with this hash, proven against it: a document as a dict, a file as bytes.

        Raises LedgerBroken if an entry refers to it and it is gone or altered, Terminal if no
        entry does.
        """
        with self._connected() as connection:
            body = evidences.proven(connection, evidence_hash)
            if body is None:
                first = select(func.min(tables.entry.c.seq)).where(tables.entry.c.evidence_hash == evidence_hash)
                seq = connection.scalar(first)
                if seq is None:
                    raise Terminal(f"ledger: there is no evidence {evidence_hash}. Take the hash from an entry")
                raise broken(seq, f"its evidence {evidence_hash} is gone or was altered")
        if isinstance(body, bytes):
            return body
        document: dict[str, Any] = json.loads(body)
        return document

    def verify(self, kept: Head | None = None) -> int:
        """Prove every entry and its evidence, as ``proven`` does, and return how many entries there are.

        That the end was cut off, or all of it rewritten, no chain can show by itself: print
        ``head``, keep it where the database's administrators cannot write, and give it as
        ``kept``; LedgerBroken if it is not in the chain.
        """
        count = 0
        for fields, _ in self.proven():
            count = fields["seq"]
            if kept is not None and count == kept.seq and fields["hash"] != kept.hash:
                raise broken(count, f"its hash is {fields['hash']}, but {kept.hash} was kept: it was rewritten")
        if kept is not None and count < kept.seq:
            raise broken(count + 1, f"it is missing: the ledger was cut off, a head of {kept.seq} entries was kept")
        return count

    def proven(self) -> Generator[tuple[Mapping[str, Any], str | bytes | None]]:
        """Every entry in order, its fields as stored, and its evidence: a document's text, a file's bytes, or None.

        Each comes after it was proven, on one snapshot, a block of entries and one evidence at a
        time. Raises LedgerBroken with the first entry that is wrong: missing, out of order,
        changed, or its evidence gone or altered. Close the iterator if it is not read to its end.
        """
        query = select(tables.entry).order_by(tables.entry.c.seq)
        with self._connected() as connection:
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.execute(query, execution_options={"yield_per": _BLOCK}) as rows:
                for fields in follow(dict(row) for row in rows.mappings()):
                    named = fields["evidence_hash"]
                    body = None if named is None else evidences.proven(connection, named)
                    if named is not None and body is None:
                        raise broken(fields["seq"], f"its evidence {named} is gone or was altered")
                    yield fields, body

    def head(self) -> Head:
        """The last entry's number and hash; of an empty ledger 0 and the hash that entry 1 follows."""
        with self._connected() as connection:
            return _head(connection)

    def _read(self, query: Select[Any]) -> list[Entry]:
        return [as_entry(row) for row in self._rows(query)]

    def _rows(self, query: Select[Any]) -> list[dict[str, Any]]:
        with self._connected() as connection:
            # One statement sees one moment by itself: a transaction around it is two journeys more.
            connection.execution_options(isolation_level="AUTOCOMMIT")
            return [dict(row) for row in connection.execute(query).mappings()]

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """A connection whose transaction is rolled back unless the block commits it."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) in _NOT_MIGRATED:
                raise Terminal(
                    f"connection {NAME}: the ledger's tables are not there or are old: run `golive ledger migrate`"
                ) from error
            with translated(NAME):
                raise error.orig or error from error


@lru_cache(maxsize=8)
def _passing(url: URL) -> Engine:
    """It holds no connection, but what SQLAlchemy asks of a server it first sees, so that it asks once."""
    return _made(url, poolclass=NullPool)


def _made(url: URL, **pool: Any) -> Engine:
    return create_engine(
        url,
        # Each statement sees what was committed before it: what the append lock guards is read after it.
        isolation_level="READ COMMITTED",
        use_native_hstore=False,
        **pool,
    )


def _head(connection: Connection) -> Head:
    newest = select(tables.entry.c.seq, tables.entry.c.hash).order_by(tables.entry.c.seq.desc()).limit(1)
    row = connection.execute(newest).first()
    return Head(0, GENESIS) if row is None else Head(row.seq, row.hash)


def _standing(connection: Connection, project: str, once: str | None) -> Entry | None:
    if once is None:
        return None
    query = select(tables.entry).where(tables.entry.c.project == project, tables.entry.c.once == once)
    row = connection.execute(query).mappings().first()
    return None if row is None else as_entry(dict(row))
