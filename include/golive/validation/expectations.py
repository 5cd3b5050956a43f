"""Runs suites of expectations in the database, and gives every expectation its verdict and its failing keys.

Great Expectations judges; a query of our own names every row that fails. Nothing is written on either side, so a
frozen source can be asked too.
"""

from __future__ import annotations

import decimal
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from golive.databases import Database
from golive.databases.catalog import TableInfo
from golive.databases.failing import MAPPED, QUERY, any_row, planned
from golive.errors import GoliveError
from golive.project.proving import Pass
from golive.project.suites import FLOOR, Expectation, Suite, Weight
from golive.results import CheckResult, Group, Severity, Verdict
from golive.validation.failing import Counted, Digest, FailingKeys, KeepKeys, Unlisted, number, stream, why
from golive.validation.judge import Answer, Judge, quiet
from golive.validation.sessions import one_line
from golive.validation.suites import ABOUT_THE_TABLE, AGGREGATES, refused

# What a finding weighs, by Great Expectations' name for it.
WEIGHTS: Mapping[Weight, Severity] = {
    "critical": Severity.CRITICAL, "warning": Severity.MAJOR, "info": Severity.OPPORTUNITY,
}  # fmt: skip

# No statement runs longer than this.
SECONDS = 900

# The number of a table's rows, had with the other figures in one scan; no file can have an id with a dot.
_ROWS = Expectation("golive.rows", FLOOR, {"min_value": 0}, "info", "", "", ())


def run_suites(
    suites: Sequence[Suite],
    databases: Mapping[str, Database],
    stage_pass: Pass,
    keep_keys: KeepKeys,
    secret: bytes,
    *,
    seconds: int = SECONDS,
) -> list[CheckResult]:
    """A result for every expectation of these suites that belongs to a pass, in the suites' order.

    ``databases`` has the database of each side by 'source' and 'target'. An expectation that could not be asked is
    ERROR and the others go on; one that looked at nothing is VACUOUS, unless its table is proven empty and its suite
    says why it may be. ``keep_keys`` gets the keys of all rows that fail, as a stream which it reads to its end; what
    it raises leaves as it is. ``secret`` hashes a figure that fails, to tell it from any other.
    """
    return [
        result
        for suite in suites
        for result in run_suite(suite, databases[suite.side], stage_pass, keep_keys, secret, seconds=seconds)
    ]


def run_suite(
    suite: Suite,
    database: Database,
    stage_pass: Pass,
    keep_keys: KeepKeys,
    secret: bytes,
    *,
    seconds: int = SECONDS,
) -> list[CheckResult]:
    """The results of one suite: see ``run_suites``."""
    asked = [each for each in suite.expectations if stage_pass in each.passes]
    if not asked:
        return []
    try:
        with database.session(read_only=True) as connection:
            table = database.catalog.table(connection, suite.table)
    except GoliveError as error:
        return [_error(suite, each, one_line(error)) for each in asked]
    if table is None:
        what = f"there is no table {suite.table} in {database.name}"
        return [_error(suite, each, what) for each in asked]
    with ExitStack() as stack:
        stack.enter_context(quiet())
        engine = stack.enter_context(database.reading_engine(seconds=seconds))
        run = _Run(suite, table, database, engine, seconds, keep_keys, secret)
        return list(run.results(asked))


@dataclass
class _Run:
    """One suite on the live table."""

    suite: Suite
    table: TableInfo
    database: Database
    engine: Engine
    seconds: int
    keep_keys: KeepKeys
    secret: bytes
    rows: int | None = field(default=None, init=False)

    def results(self, asked: Sequence[Expectation]) -> Iterator[CheckResult]:
        wrong = {each.id: what for each in asked if (what := refused(each) or self._unfit(each))}
        right = [each for each in asked if each.id not in wrong]
        answers = Judge(self.engine, self._why).answers(self.table.name, [*right, _ROWS]) if right else {}
        counted = answers.get(_ROWS.id)
        self.rows = counted.observed if counted is not None and not counted.error else None
        for expectation in asked:
            if expectation.id in wrong:
                yield _error(self.suite, expectation, wrong[expectation.id])
            elif (answer := answers.get(expectation.id)) is None:
                yield _error(self.suite, expectation, "Great Expectations gave no answer to it")
            elif answer.error and not self._without_values(expectation):
                yield _error(self.suite, expectation, answer.error)
            else:
                yield self._of_answer(expectation, answer)

    def _unfit(self, expectation: Expectation) -> str:
        """Why an expectation cannot be asked of this table, as far as the catalogue and a plan tell; '' if it can."""
        have = {column.name for column in self.table.columns}
        missing = [name for name in expectation.columns if name not in have]
        if missing and expectation.type != "expect_column_to_exist":
            return f"there is no column {', '.join(missing)} in {self.table.name} of {self.database.name}"
        if expectation.type not in MAPPED:
            return ""
        try:
            with self.engine.connect() as connection:
                connection.execute(planned(self.table.name, expectation.type, expectation.kwargs))
        except SQLAlchemyError as error:
            return why(error, self.database, self.seconds)
        return ""

    def _why(self, error: BaseException) -> str:
        return self.database.asking.reason(error, self.seconds)

    def _of_answer(self, expectation: Expectation, answer: Answer) -> CheckResult:
        nothing = "" if expectation.type in ABOUT_THE_TABLE else self._nothing(expectation, answer)
        if nothing and self.rows == 0 and self.suite.may_be_empty is not None:
            return _result(
                self.suite, expectation, Verdict.PASS, f"{nothing}, as it may be: {self.suite.may_be_empty}", 0
            )
        if nothing:
            return _result(self.suite, expectation, Verdict.VACUOUS, f"{nothing}: nothing was looked at", 0)
        looked_at = self.rows or 0 if answer.looked_at is None else answer.looked_at - answer.missing
        if expectation.type not in MAPPED:
            verdict = Verdict.PASS if answer.success else Verdict.FAIL
            evidence = {} if answer.success else {"digest": self._digest(answer)}
            return _result(self.suite, expectation, verdict, self._observed(expectation, answer), looked_at, evidence)
        if answer.success:
            says = f"{looked_at} rows hold it"
            if answer.failing:
                says = f"{answer.failing} of {looked_at} rows do not hold it, which is within what is allowed"
            return _result(self.suite, expectation, Verdict.PASS, says, looked_at)
        return self._failed(expectation, answer, looked_at)

    def _nothing(self, expectation: Expectation, answer: Answer) -> str:
        """Why an expectation looked at nothing; '' if it looked at something."""
        if self.rows == 0:
            return "the table is empty"
        conditioned = expectation.kwargs.get("row_condition") is not None
        if answer.looked_at == 0:
            return "no row fulfils its row condition" if conditioned else "the table is empty"
        if answer.looked_at is not None and answer.looked_at == answer.missing:
            return f"{', '.join(expectation.about)} has no value in any row"
        if self._without_values(expectation):
            at = " that fulfils its row condition" if conditioned else ""
            return f"{expectation.kwargs['column']} has no value in any row{at}"
        return ""

    def _without_values(self, expectation: Expectation) -> bool:
        """Whether an aggregate has nothing to be made of, which some of them take for an error."""
        return expectation.type in AGGREGATES and not self._any(expectation)

    def _any(self, expectation: Expectation) -> bool:
        try:
            with self.engine.connect() as connection:
                return connection.execute(any_row(self.table.name, expectation.kwargs)).first() is not None
        except SQLAlchemyError:
            return True  # then what it said, or its error, stands

    def _failed(self, expectation: Expectation, answer: Answer, looked_at: int) -> CheckResult:
        """FAIL, with the keys of all rows that do not hold it."""
        evidence: dict[str, Any] = {}
        key = tuple(self.suite.key or self.table.primary_key)
        said = ""
        failing = answer.failing
        try:
            if key:
                keys = Counted(stream(self.suite, expectation, key, self.engine, self.database, self.seconds))
                kept = self.keep_keys(FailingKeys(self.suite.name, expectation.id, key, iter(keys)))
                # The count is complete whatever the caller has read.
                keys.exhaust()
                failing, evidence = keys.rows, {"keys": kept, "columns": list(key)}
            else:
                failing = number(self.suite, expectation, self.engine, self.database, self.seconds)
                said = "; the table has no key by which to name them"
        except Unlisted as error:
            said = f"; their keys could not be listed: {error.message}"
        told = answer.failing if expectation.type != QUERY else None
        if not said and told is not None and told != failing and self.suite.side == "target":
            said = f"; Great Expectations counted {told}, and nobody else should write to the target"
        evidence = {"failing": failing, "counted": told, **evidence}
        what = f"{failing if failing is not None else 'some'} of {looked_at} rows do not hold it{said}"
        return _result(self.suite, expectation, Verdict.FAIL, what, looked_at, evidence)

    def _digest(self, answer: Answer) -> str:
        """What tells the figure that fails from any other; of a set of values, how many are too many or lack."""
        digest = Digest(self.secret)
        digest.add(_plain(answer.observed), answer.failing, answer.missing)
        return str(digest)

    def _observed(self, expectation: Expectation, answer: Answer) -> str:
        """What an aggregate found and what was asked; a figure that may be the value of a row is not shown."""
        shown = AGGREGATES.get(expectation.type, False) and not self.suite.hides(expectation.kwargs.get("column"))
        if expectation.type in ABOUT_THE_TABLE:
            shown = "count" in expectation.type
        asked = _bounds(expectation.kwargs)
        if not shown or answer.observed is None or isinstance(answer.observed, (list, dict, str)):
            return "it holds" if answer.success else "it does not hold"
        return f"{_number(answer.observed)} found{f', {asked} asked' if asked else ''}"


def _error(suite: Suite, expectation: Expectation, what: str) -> CheckResult:
    return _result(suite, expectation, Verdict.ERROR, f"it could not be asked: {what}", 0)


def _result(
    suite: Suite,
    expectation: Expectation,
    verdict: Verdict,
    what: str,
    looked_at: int,
    evidence: dict[str, Any] | None = None,
) -> CheckResult:
    return CheckResult(
        check=expectation.id, table=suite.name, verdict=verdict, says=f"{expectation.says.rstrip('. ')}: {what}",
        looked_at=looked_at, evidence={"type": expectation.type, **(evidence or {})}, group=Group.SUITE,
        severity=WEIGHTS[expectation.severity], owner=expectation.owner,
    )  # fmt: skip


def _bounds(kwargs: Mapping[str, Any]) -> str:
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    if "value" in kwargs:
        return f"{kwargs['value']}"
    if low is not None and high is not None:
        return f"{low} to {high}"
    if low is not None:
        return f"at least {low}"
    return f"at most {high}" if high is not None else ""


def _plain(observed: Any) -> Any:
    """A figure as it is hashed: a mean without the last digits of its rounding, values without an order."""
    if isinstance(observed, float):
        return f"{observed:.12g}"
    if isinstance(observed, list | tuple | set):
        return sorted(json.dumps(_plain(each), default=str) for each in observed)
    return {str(name): _plain(each) for name, each in observed.items()} if isinstance(observed, dict) else observed


def _number(value: Any) -> str:
    if isinstance(value, float | decimal.Decimal):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return str(value)
