"""What the checks, suites and comparisons of a run said, and which of them still owe a verdict.

A pass asks three things, each in lanes of its own: Golive's checks of every table, the suites of both sides,
and the comparisons of the project file. The final migration asks its own checks, the suites of the target, and
the comparisons, as the last pass does: it is the last pass over again, on what arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from golive.project.roadmap import GOING_LIVE
from golive.results import CheckResult, Group, Severity, Verdict

if TYPE_CHECKING:
    from golive.ledger import Entry
    from golive.project.proving import Comparison, Moment, Pass
    from golive.project.suites import Suite
    from golive.readiness.site import Site

PASSES: dict[str, Pass] = {
    "data_validation_initial": "initial",
    "data_validation_mid_cycle": "mid_cycle",
    "data_validation_pre_final": "pre_final",
    GOING_LIVE: "pre_final",
}

# The same of comparisons, some of which only the final migration makes.
MOMENTS: dict[str, Moment] = {**PASSES, GOING_LIVE: "go_live"}

# What a `checks` entry is about; the ledger reads one without a word on it as the first.
TABLES, SUITES, COMPARISONS = "tables", "suites", "comparisons"

# What gives the verdicts of a pass that Golive's own checks do not.
_TASKS = {Group.SUITE: "the lanes of run_suites", Group.COMPARISON: "run_comparisons"}


def every_suite(site: Site) -> tuple[Suite, ...]:
    """Every suite of the project, by name; Terminal, with file and id, for one that is wrong."""
    from golive.project.suites import load_suites, suite_files

    # A project without any is not read once more from its file.
    return load_suites(site.project.name) if suite_files(site.project.name) else ()


def suites(site: Site, every: Sequence[Suite] | None = None) -> tuple[Suite, ...]:
    """The suites that this run's stage runs, by name: those with an expectation that its pass asks.

    The final migration leaves out those of the source: it stands still since the freeze, and what crossed is
    asked on the target. ``every`` is what ``every_suite`` gave, if it was read already; raises Terminal as that.
    """
    now = PASSES[site.stage]
    return tuple(
        suite
        for suite in (every_suite(site) if every is None else every)
        if any(now in each.passes for each in suite.expectations)
        and (site.stage != GOING_LIVE or suite.side == "target")
    )


def comparisons(site: Site) -> tuple[Comparison, ...]:
    """The comparisons that this run's stage makes, in the project file's order."""
    from golive.validation.comparisons import comparisons_of

    return comparisons_of(site.project, MOMENTS[site.stage])


def results_of(site: Site, after: int = 0) -> list[CheckResult]:
    """Every result of this run's checks, suites and comparisons, of each lane its newest, since an entry."""
    from golive.ledger import verdicts

    entries = verdicts(site.ledger.entries(site.project.name, kind="checks", run=site.run_name, after=after))
    return [result for entry in entries for result in said(site, entry)]


def said(site: Site, checks: Entry) -> list[CheckResult]:
    """The results of one lane."""
    assert checks.evidence_hash is not None
    evidence = site.ledger.evidence(checks.evidence_hash)
    assert isinstance(evidence, dict)
    return [CheckResult.from_dict(result) for result in evidence["results"]]


def lacking(site: Site, results: Sequence[CheckResult], every: Sequence[Suite] | None = None) -> list[str]:
    """A sentence for each verdict that should be there in a pass before the freeze, and is not."""
    from golive.readiness.crossed import absent

    tables = {(result.check, str(result.table)) for result in results if result.group is Group.CHECK}
    gone = [(each, "the lanes of check_what_crossed") for each in absent(site.plan, tables)]
    gone += [(each, _TASKS[Group(each.partition("/")[0])]) for each in owed(site, results, every)]
    return [f"{what} has no verdict in this run: clear {task}" for what, task in gone]


def owed(site: Site, results: Sequence[CheckResult], every: Sequence[Suite] | None = None) -> list[str]:
    """The name of every expectation and comparison that this run's pass asks, and that has no verdict yet."""
    now = PASSES[site.stage]
    have = {result.name for result in results}
    names = [
        _of_suite(suite, each.id) for suite in suites(site, every) for each in suite.expectations if now in each.passes
    ]
    names += [f"{Group.COMPARISON}/{each.name}" for each in comparisons(site)]
    return [name for name in names if name not in have]


def asked(site: Site, results: Sequence[CheckResult], every: Sequence[Suite] | None = None) -> frozenset[str]:
    """The name of every check that any pass of the project asks: an issue about another one is about nothing.

    A check of Golive's own that may have nothing to check, and had nothing now, is not asked.
    """
    from golive.readiness.crossed import OF_ITS_OWN, OF_THE_FINAL
    from golive.validation.run import OPTIONAL

    have = {result.name for result in results}
    looked = {result.table for result in results if result.group is Group.CHECK}
    names = {
        name
        for table in site.plan.tables
        for check in (*OF_THE_FINAL, *OF_ITS_OWN)
        if (name := f"{Group.CHECK}/{table.name}/{check}") in have or table.name not in looked or check not in OPTIONAL
    }
    read = every_suite(site) if every is None else every
    names |= {_of_suite(suite, each.id) for suite in read for each in suite.expectations}
    names |= {f"{Group.COMPARISON}/{each.name}" for each in site.project.comparisons}
    return frozenset(names)


def shutting(results: Iterable[CheckResult], waived: Iterable[str]) -> list[CheckResult]:
    """The results of suites and comparisons that keep the new system shut.

    One that could not run always does; one that says no and is critical, or that looked at nothing, unless it
    was waived by name. An opportunity does not, unless it could not run: then nobody knows what it would say.
    """
    set_aside = set(waived)
    return [
        result
        for result in results
        if result.verdict is Verdict.ERROR
        or (
            result.name not in set_aside
            and (
                (result.verdict is Verdict.FAIL and result.severity is Severity.CRITICAL)
                or (result.verdict is Verdict.VACUOUS and result.severity is not Severity.OPPORTUNITY)
            )
        )
    ]


def _of_suite(suite: Suite, expectation: str) -> str:
    return f"{Group.SUITE}/{suite.name}/{expectation}"
