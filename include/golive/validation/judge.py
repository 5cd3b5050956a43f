"""Great Expectations at work: it reads a table's figures inside the database, and says which expectations hold.

It is imported inside of functions alone, for that takes seconds. It gets an engine and never a URL, makes no
temporary table, writes no log, and no value of a row is asked of it.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from golive.databases.failing import QUERY, counted
from golive.project.suites import Expectation

# Counts alone: no value of a row, and no more than a plan of the query that would give them.
_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}

# Where Great Expectations itself, not the database, says what is wrong; none of these quotes a value of a row.
_OWN_WORDS = ("ColumnValuesBetween metrics cannot", "min_value cannot be greater")
_UNKNOWN = "Great Expectations could not work it out: look at its type and arguments"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one expectation.

    ``looked_at`` are the rows that it is about and ``missing`` those of them without a value; ``failing`` the rows
    that break it. Each is None where the type counts no such thing. ``observed`` is the figure of an aggregate;
    ``error`` a line without values, '' unless it could not be asked.
    """

    success: bool = False
    looked_at: int | None = None
    missing: int = 0
    failing: int | None = None
    observed: Any = None
    error: str = ""


Explain = Callable[[BaseException], str]


class Judge:
    """Asks expectations of the tables of one database, within ``quiet``. ``explain`` says an error without values."""

    def __init__(self, engine: sa.Engine, explain: Explain) -> None:
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        self._engine, self._explain = engine, explain
        self._context = gx.get_context(mode="ephemeral")
        self._context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)

    def answers(self, table: str, expectations: Sequence[Expectation]) -> dict[str, Answer]:
        """The answer to each expectation that was answered, by its id."""
        try:
            with self._errors() as errors:
                found = self._asked(table, expectations)
        except Exception as error:  # the library's own, of one expectation or of all
            if len(expectations) == 1:
                return {expectations[0].id: Answer(error=f"Great Expectations stopped with {type(error).__name__}")}
            return dict(pair for each in expectations for pair in self.answers(table, [each]).items())
        reasons = sorted(set(map(self._explain, errors)))
        reason, several = reasons[0] if reasons else "", len(reasons) > 1
        for expectation in expectations:
            if reason and found.get(expectation.id, Answer()).error == _UNKNOWN:
                found[expectation.id] = Answer(error=self._why(table, expectation) if several else reason)
        return found

    def _why(self, table: str, expectation: Expectation) -> str:
        """Why an expectation cannot be asked, where several could not: asked alone, the error is its own."""
        with self._errors() as errors:
            answer = self._asked(table, [expectation]).get(expectation.id, Answer())
        return self._explain(errors[0]) if errors else answer.error

    def _asked(self, table: str, expectations: Sequence[Expectation]) -> dict[str, Answer]:
        from great_expectations.core.batch import Batch
        from great_expectations.core.batch_spec import SqlAlchemyDatasourceBatchSpec
        from great_expectations.execution_engine import SqlAlchemyExecutionEngine
        from great_expectations.validator.validator import Validator

        schema, _, name = table.rpartition(".")
        engine = SqlAlchemyExecutionEngine(engine=self._engine, create_temp_table=False)
        spec = SqlAlchemyDatasourceBatchSpec(
            type="table", data_asset_name=table, table_name=name, schema_name=schema or None, batch_identifiers={}
        )
        data, markers = engine.get_batch_data_and_markers(batch_spec=spec)
        batch = Batch(data=data, batch_spec=spec, batch_markers=markers)
        validator = Validator(execution_engine=engine, data_context=self._context, batches=[batch])
        results = validator.graph_validate(
            [domain_object(each).configuration for each in expectations], {"result_format": dict(_FORMAT)}
        )
        return {result.expectation_config.meta["id"]: _answer(result) for result in results}

    @contextmanager
    def _errors(self) -> Iterator[list[BaseException]]:
        """The errors of the driver while the block runs, in their order."""
        errors: list[BaseException] = []

        def note(context: sa.engine.ExceptionContext) -> None:
            errors.append(context.original_exception)

        sa.event.listen(self._engine, "handle_error", note)
        try:
            yield errors
        finally:
            sa.event.remove(self._engine, "handle_error", note)


@contextmanager
def quiet() -> Iterator[None]:
    """Great Expectations without its logs, which quote values, without its warnings, and without news to its makers."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    log = logging.getLogger("great_expectations")
    before, log.disabled = log.level, True
    # Loggers below it have no level of their own and ask this one.
    log.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _try_once()
            yield
    finally:
        log.setLevel(before)
        log.disabled = False


def domain_object(expectation: Expectation) -> Any:
    """The expectation as Great Expectations' own object; raises what that raises for a type or argument it refuses."""
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    kwargs = dict(expectation.kwargs)
    if expectation.type == QUERY:
        kwargs["unexpected_rows_query"] = counted(kwargs["unexpected_rows_query"])
    return ExpectationConfiguration(
        type=expectation.type, kwargs=kwargs, meta={"id": expectation.id}, severity=expectation.severity
    ).to_domain_obj()


def _try_once() -> None:
    """Have a statement that failed not be sent again: it was sent alone already, and may run until its limit.

    Great Expectations sends it three times more, and with it all that succeeded beside it.
    """
    from great_expectations.validator import validation_graph

    validation_graph.MAX_METRIC_COMPUTATION_RETRIES = 1


def _answer(result: Any) -> Answer:
    told = _exception(result.exception_info)
    if told is not None:
        return Answer(error=told)
    figures = result.result or {}
    return Answer(
        success=bool(result.success),
        looked_at=figures.get("element_count"),
        missing=figures.get("missing_count") or 0,
        failing=figures.get("unexpected_count"),
        observed=figures.get("observed_value"),
    )


def _exception(info: Any) -> str | None:
    """Why an expectation could not be asked, as far as its words are without values; None if it was asked.

    Great Expectations gives one exception, or several by the figure that was not had.
    """
    each = [info] if "raised_exception" in info else list(info.values())
    raised = [one for one in each if one.get("raised_exception", True)]
    if not raised:
        return None
    for one in raised:
        line = str(one.get("exception_message") or "").strip().partition("\n")[0]
        if line.startswith(_OWN_WORDS):
            return line[:200]
    return _UNKNOWN
