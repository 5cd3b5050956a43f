"""All checks of all tables, from cheap to dear, and what they say together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from golive.compare import Pair
from golive.databases import Database
from golive.errors import Terminal
from golive.plan import Plan, TablePlan
from golive.results import CheckResult, Verdict, worst
from golive.validation.checksums import check_checksums
from golive.validation.counts import EMPTY, check_counts, count
from golive.validation.foreign_keys import check_foreign_keys
from golive.validation.rows import check_rows
from golive.validation.schema import check_schema
from golive.validation.sequences import check_sequences
from golive.validation.sessions import on_both

# A check of a table; None where there is nothing for it to check.
Check = Callable[[TablePlan, Pair, Plan], CheckResult | None]

CHECKS: dict[str, Check] = {
    "schema": check_schema,
    "counts": check_counts,
    "sequences": check_sequences,
    "foreign_keys": check_foreign_keys,
    "checksums": check_checksums,
    "rows": check_rows,
}

# The checks that may have nothing to check: a table need not have a foreign key.
OPTIONAL = frozenset({"sequences", "foreign_keys"})


@dataclass(frozen=True, slots=True)
class Summary:
    """What the checks of a whole plan say together.

    ``verdicts`` counts results; ``left_out`` names, for each check, the tables that had nothing to
    check; ``not_run`` the results that are not there and should be, as ``table: check``.
    """

    verdict: Verdict
    says: str
    verdicts: dict[str, int]
    left_out: dict[str, tuple[str, ...]]
    not_run: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the ledger."""
        return asdict(self) | {"verdict": self.verdict.value}


def run_checks(
    plan: Plan, source: Database, target: Database, *, names: Sequence[str] | None = None,
    tables: frozenset[str] | None = None, progress: Callable[[str], None] | None = None,
) -> list[CheckResult]:
    """The results of these checks on these tables; by default of all on all. Nothing is written on either side.

    Lanes may split the tables among them and run at once: each call opens its own sessions. A check
    that could not run is ERROR, and the others still run. One that looked at nothing is VACUOUS,
    unless a count proves the table empty on both sides. ``progress`` is told each check before it
    runs, as ``table: check``. Raises Terminal for a name that is not known, ConnectionLost when a side
    cannot be reached.
    """
    chosen = [name for name in CHECKS if names is None or name in names]
    _known("check", names or (), CHECKS)
    _known("table", tables or (), [table.name for table in plan.tables])
    wanted = [table for table in plan.tables if tables is None or table.name in tables]

    def work(pair: Pair, unit: tuple[str, TablePlan]) -> CheckResult | None:
        name, table = unit
        if progress is not None:
            progress(f"{table.name}: {name}")
        return _proven(CHECKS[name](table, pair, plan), table, pair)

    def failed(unit: tuple[str, TablePlan], line: str) -> CheckResult:
        return CheckResult(unit[0], unit[1].name, Verdict.ERROR, f"could not run: {line}")

    units = [(name, table) for name in chosen for table in wanted]
    return [result for result in on_both(source, target, units, work, failed) if result is not None]


def summary(plan: Plan, results: Sequence[CheckResult], names: Sequence[str] | None = None) -> Summary:
    """What results of one or more lanes say of the whole plan: PASS only if every check of every table passed.

    A result that should be there and is not makes the whole an ERROR.
    """
    have = {(result.check, result.table) for result in results}
    chosen = [name for name in CHECKS if names is None or name in names]
    absent = [(name, table.name) for name in chosen for table in plan.tables if (name, table.name) not in have]
    left_out = {
        name: tuple(table for check, table in absent if check == name)
        for name in chosen if name in OPTIONAL and any(check == name for check, _ in absent)
    }
    not_run = tuple(f"{table}: {name}" for name, table in absent if name not in OPTIONAL)
    verdict = Verdict.ERROR if not_run else worst(results)
    verdicts = {v.value: sum(result.verdict is v for result in results) for v in Verdict}
    words = [", ".join(f"{number} {name}" for name, number in verdicts.items() if number) or "no results"]
    if not_run:
        words.append(f"{len(not_run)} checks did not run")
    words += [f"{name}: nothing to check in {len(names_)} tables" for name, names_ in left_out.items()]
    return Summary(verdict, "; ".join(words), verdicts, left_out, not_run)


def _proven(result: CheckResult | None, table: TablePlan, pair: Pair) -> CheckResult | None:
    """A check that looked at nothing passes if counting proves that there is nothing to look at."""
    if result is not None and result.verdict is Verdict.VACUOUS and count(table, pair).empty:
        return replace(result, verdict=Verdict.PASS, says=EMPTY)
    return result


def _known(what: str, given: Sequence[str] | frozenset[str], known: Sequence[str] | dict[str, Check]) -> None:
    if unknown := sorted(set(given) - set(known)):
        raise Terminal(f"there is no {what} {', '.join(unknown)}. Right: {', '.join(known)}")
