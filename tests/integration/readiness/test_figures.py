"""Each figure's query is timed over the target, and compared with what was agreed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.dags.runs import execute
from tests.integration.readiness.site import Place, site_of

from golive.databases import connect
from golive.errors import Terminal
from golive.readiness import figures
from golive.readiness.figures import RUNS, measure_figures, percentile

TEXT = """\
project: test
source: {connection: old}
target: {connection: new}
people: {operations: [omar]}
tables: [{target: t}]
support:
  figures:
    - {name: page, says: One page, at_most_ms: 60000, query: "select id from t"}
"""


@pytest.fixture
def make(pair: tuple[str, str], new_database: Callable[..., str]) -> Callable[[str], Place]:
    execute(pair[1], "create table t (id int); insert into t values (1), (2)")

    def make(more: str = "") -> Place:
        return site_of(TEXT + more, *pair, new_database("ledger"), stage="support")

    return make


def test_a_quick_query_is_within_its_limit(make: Callable[..., Place]) -> None:
    site = make()
    outcome = site.keep(measure_figures(site))
    assert not outcome.missing and f"p95 of {RUNS} runs" in outcome.says
    (entry,) = site.ledger.latest("test", "figure", by=("name",))
    assert entry.payload["state"] == "PASS" and entry.payload["unit"] == "ms" and entry.payload["limit"] == 60_000
    assert entry.evidence_hash is not None
    evidence = site.ledger.evidence(entry.evidence_hash)
    assert isinstance(evidence, dict) and len(evidence["microseconds"]) == RUNS
    assert entry.payload["value"] == -(-sorted(evidence["microseconds"])[18] // 1_000)


def test_a_slow_query_is_missing_with_both_numbers(make: Callable[..., Place]) -> None:
    slow = '    - {name: slow, says: A slow page, at_most_ms: 1, query: "select pg_sleep(0.01)"}\n'
    outcome = measure_figures(make(slow))
    (line,) = outcome.missing
    assert line.startswith("the figure slow (A slow page): takes ") and "1 ms agreed. omar (operations)" in line
    assert outcome.records[1].payload["state"] == "FAIL" and outcome.records[1].payload["value"] > 1


def test_a_query_that_fails_is_an_error_without_its_values(make: Callable[..., Place]) -> None:
    wrong = "    - {name: wrong, says: A page, at_most_ms: 1, query: \"select 'secret'::int\"}\n"
    outcome = measure_figures(make(wrong))
    assert outcome.records[1].payload["state"] == "ERROR"
    assert "could not be measured" in outcome.missing[0] and "secret" not in outcome.missing[0]


BOTH = '    - {name: both, says: A page, at_most_ms: 60000, query: "select 1", source_query: "%s"}\n'


def test_the_old_system_stands_beside_the_new_one(make: Callable[..., Place]) -> None:
    site = make(BOTH % "select pg_sleep(0.002)")
    outcome = site.keep(measure_figures(site))
    entry = next(e for e in site.ledger.latest("test", "figure", by=("name",)) if e.payload["name"] == "both")
    before = entry.payload["source_value"]
    assert outcome.missing == () and before >= 2 and f"both takes {entry.payload['value']} ms" in outcome.says
    assert entry.payload["source_says"] == f"the old system {before} ms" and f", the old system {before} ms." in (
        outcome.says
    )
    evidence = site.ledger.evidence(str(entry.evidence_hash))
    assert isinstance(evidence, dict) and len(evidence["source_microseconds"]) == RUNS


def test_an_old_system_that_is_gone_or_fails_is_said_and_keeps_nothing_open(
    make: Callable[..., Place], pair: tuple[str, str]
) -> None:
    failing = measure_figures(make(BOTH % "select 'secret'::int"))
    assert failing.missing == () and "the old system could not be measured: " in failing.says
    assert "secret" not in failing.says and failing.records[1].payload["source_value"] is None
    site = make(BOTH % "select 1")
    gone = connect(f"{pair[0]}_is_gone", name="source", timezone="UTC")
    outcome = measure_figures(replace(site, source=gone))
    assert outcome.missing == () and outcome.records[1].payload["state"] == "PASS"
    assert outcome.records[1].payload["source_says"].startswith("the old system could not be measured: ")


def test_an_old_system_that_is_slow_decides_nothing(make: Callable[..., Place]) -> None:
    site = make(
        '    - {name: slow, says: A page, at_most_ms: 1000, query: "select 1", source_query: "select pg_sleep(2)"}\n'
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "LIMIT_SECONDS", 1)
        outcome = measure_figures(site)
    assert outcome.missing == () and outcome.records[1].payload["source_value"] == 1000


def test_nothing_is_written_and_nothing_lasts(make: Callable[..., Place]) -> None:
    site = make()
    with site.target.session() as connection:
        with pytest.raises(Terminal, match="25006"):
            site.target.aftercare.timed(connection, "with gone as (delete from t returning 1) select 1 from gone", 2, 5)
        taken = site.target.aftercare.timed(connection, "select pg_sleep(60)", 20, 1)
        assert taken == [1_000_000]
        assert connection.execute("select count(*) from t").fetchone() == (2,)


def test_no_figure_was_not_measured(make: Callable[..., Place]) -> None:
    site = make()
    bare = replace(site, project=site.project.model_copy(update={"support": type(site.project.support)()}))
    assert measure_figures(bare).says == "No figure is declared: nothing was measured."


def test_the_percentile_is_the_nearest_rank() -> None:
    assert percentile(list(range(1, 21)), 95) == 19
    assert percentile([7], 95) == 7 and percentile([], 95) == 0
