"""A copy of the migrated target for training: sensitive values are masked before they leave, and it is all or nothing.

The masks are made by the target's server, under a secret that stands there and nowhere else. Before anybody can see
the copy, a check that knows nothing of masks compares both sides row by row: a value that arrived as it is takes the
whole refresh back.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any

from golive.compare import Side
from golive.databases import Database
from golive.databases.masking import CopyTable, How, Made
from golive.errors import ChecksFailed, ConnectionLost, NotPermitted, PlanError, Terminal
from golive.project import Project
from golive.project.preparing import TrainingCopy
from golive.project.sides import all_sensitive
from golive.results import CheckResult, Verdict
from golive.training_copy.check import check_masks

SHOWN = 10


class Unmasked(ChecksFailed):
    """A sensitive value would have arrived as it is, or could not be looked at; nothing was changed.

    ``results`` are those of the check.
    """

    def __init__(self, message: str, *, results: tuple[CheckResult, ...], project: str) -> None:
        super().__init__(message, project=project)
        self.results = results


@dataclass(frozen=True, slots=True)
class FilledTable:
    """One table of the copy: its rows, and its columns by how they are masked.

    Those of ``emptied`` are NULL; those of ``partly`` where a mask would have broken a constraint.
    """

    table: str
    rows: int
    masked: tuple[str, ...]
    drawn: tuple[str, ...]
    emptied: tuple[str, ...]
    partly: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A training copy as it was made, and who may read it on its server: logins, and tables open to everybody.

    ``source`` and ``training`` are connections by name.
    """

    source: str
    training: str
    tables: tuple[FilledTable, ...]
    results: tuple[CheckResult, ...]
    logins: tuple[str, ...]
    open_to_all: tuple[str, ...]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)

    @property
    def masked(self) -> int:
        """How many columns are masked, in whatever way."""
        return sum(len(table.masked) + len(table.drawn) + len(table.emptied) for table in self.tables)


def refresh(
    project: Project, target: Database, training: Database, *, run: str, others: Sequence[Database] = ()
) -> Refreshed:
    """Make the training database what the target is now, with masks; one transaction, and all of it or nothing.

    The target keeps its secret, so every refresh gives the same masks. ``others`` are databases that the training one
    may not be. Raises NotPermitted for a database that is another side, or holds rows that no refresh made; PlanError
    for columns that differ or that cannot be masked; Unmasked when the check says no; Busy while another refresh runs
    or people hold a table; Terminal for rows that the training side refuses. Nothing is changed then.
    """
    declared = project.training_copy
    if declared is None:
        raise Terminal(f"project {project.name} has no training copy. Right: `training_copy:` in its file")
    with ExitStack() as stack:
        reader, writer = stack.enter_context(target.session()), stack.enter_context(training.session())
        stack.enter_context(training.state.locked(writer, "training_copy"))
        _refuse_another(project, target, training, reader, writer, others)
        plan = _lay_out(project, declared, target, reader)
        _refuse_differences(project, target, training, reader, writer)
        secret = target.state.secret(reader).encode()
        stack.enter_context(target.masking.keyed(reader, hmac.new(secret, b"training copy", hashlib.sha256).digest()))
        fitted = [target.masking.fitted(reader, table) for table in plan]
        stack.enter_context(training.write.transaction(writer))
        names = training.masking.tables(writer)
        with training.masking.emptied(writer, names):
            tables = tuple(_filled(table, training.masking.fill(reader, writer, table)) for table in fitted)
        original, copy = Side(target, reader), Side(training, writer)
        results = tuple(
            check_masks(table, original, copy, made.rows)
            for table, made in zip(fitted, tables, strict=True)
            if table.masks
        )
        if any(result.verdict is Verdict.FAIL for result in results):
            raise _unmasked(project, target, training, results)
        training.masking.mark(writer, Made(project.name, target.name, run))
        logins = tuple(login.name for login in training.reach.logins(writer, names))
        everybody = tuple(training.masking.open_tables(writer, names))
    return Refreshed(target.name, training.name, tables, results, logins, everybody)


def _refuse_another(
    project: Project, target: Database, training: Database, reader: Any, writer: Any, others: Sequence[Database]
) -> None:
    """NotPermitted for a database that nobody may overwrite: another side, the ledger, or somebody's own rows."""
    way = f"project {project.name}: the training copy goes from {target.name} to {training.name}"
    identity = training.reach.identity(writer)
    same = target.name if target.reach.identity(reader) == identity else ""
    for other in others:
        # A server that is gone is not the one that answers here: the old system may be.
        with suppress(ConnectionLost), other.session(read_only=True) as connection:
            same = same or (other.name if other.reach.identity(connection) == identity else "")
    if same:
        why = f"which is the database of {same}"
    elif training.masking.is_ledger(writer):
        why = "which holds the ledger"
    else:
        made = training.masking.made(writer)
        if made is None:
            table = training.masking.holding(writer, training.masking.tables(writer))
            why = f"which no refresh has made, and {table} holds rows: empty it, if nobody needs them" if table else ""
        else:
            why = f"which holds the training copy of project {made.project}" if made.project != project.name else ""
    if why:
        raise NotPermitted(
            f"{way}, {why}. Nothing was changed. Right: a database of its own in which the new system is installed",
            project=project.name,
        )


def _lay_out(project: Project, declared: TrainingCopy, target: Database, reader: Any) -> tuple[CopyTable, ...]:
    """Every table that is filled, with its masks; PlanError for names that lead nowhere and parents that stay empty."""
    sensitive: dict[str, frozenset[str]] = {}
    for name, columns in all_sensitive(project).items():
        full = _full(target, reader, name) or name
        sensitive[full] = sensitive.get(full, frozenset()) | columns
    without = {name: _full(target, reader, name) for name in declared.without}
    left_out = frozenset(full for full in without.values() if full is not None)
    faults = [
        f"`without` names {name}, and the new system has no such table" for name, full in without.items() if not full
    ]
    faults += [
        f"{key.child} refers to {key.parent}, which stays empty: name {key.child} under `without` too"
        for key in target.catalog.foreign_keys(reader)
        if key.parent in left_out and key.child not in left_out
    ]
    if faults:
        raise PlanError("\n".join(["the training copy does not fit the new system:", *faults]), project=project.name)
    return target.masking.lay_out(reader, sensitive, left_out)


def _full(target: Database, reader: Any, name: str) -> str | None:
    info = target.catalog.table(reader, name)
    return None if info is None else info.name


def _refuse_differences(project: Project, target: Database, training: Database, reader: Any, writer: Any) -> None:
    """PlanError where the two schemas have other columns or types."""
    mine, theirs = (
        {place: what for place, what in each.items() if ": column " in place or place.endswith(": type")}
        for each in (target.catalog.definition(reader), training.catalog.definition(writer))
    )
    lines = [
        f"{place}: {mine.get(place, 'not there')} in {target.name}, {theirs.get(place, 'not there')} in {training.name}"
        for place in sorted(mine.keys() | theirs.keys())
        if mine.get(place) != theirs.get(place)
    ]
    if lines:
        more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
        raise PlanError(
            f"project {project.name}: the training database has other columns than the new system. Install the same"
            " release there:\n" + "\n".join(f"  {line}" for line in [*lines[:SHOWN], *more]),
            project=project.name,
        )


def _filled(table: CopyTable, rows: int) -> FilledTable:
    by = {how: tuple(mask.column for mask in table.masks if mask.how is how) for how in How}
    return FilledTable(table.table, rows, by[How.BY_VALUE], by[How.DRAWN], by[How.EMPTIED], table.emptied)


def _unmasked(project: Project, target: Database, training: Database, results: tuple[CheckResult, ...]) -> Unmasked:
    failed = [f"{result.table}: {result.says}" for result in results if result.verdict is Verdict.FAIL]
    return Unmasked(
        f"project {project.name}: sensitive values would have arrived from {target.name} in {training.name} as they"
        " are, or nobody can tell, so nothing was changed there:\n" + "\n".join(f"  {line}" for line in failed),
        results=results,
        project=project.name,
    )
