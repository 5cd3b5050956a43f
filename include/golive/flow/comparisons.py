"""The tasks that compare what both systems say: in a pass, and on what arrived after the sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import task

from golive.flow.stages.frame import end_if_complete

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.results import CheckResult


@task
def run_comparisons(project: str) -> str:
    """Make the comparisons of the project file, and write all verdicts and whatever does not agree into the ledger.

    A comparison that says no, or could not be made, does not fail this task: judge_pass decides what the stage
    bears. If it fails, another mapping was frozen. Safe to clear: comparisons only read.
    """
    from golive.flow.suites import told
    from golive.flow.world import world

    with world(project) as here:
        end_if_complete(here)
        here.refuse_another_mapping()
        return told(_written(here))


@task
def check_comparisons(project: str) -> str:
    """Make the comparisons on what arrived, and write all verdicts and whatever does not agree before failing.

    It fails for a critical comparison that says no, or one that looked at nothing, unless that was waived by name,
    and for one that could not be made: its message names them. Find out which system is right, or go back with
    `golive unfreeze PROJECT`. Safe to clear: comparisons only read.
    """
    from golive.flow.guard import WhileFrozen, end_if_opened
    from golive.flow.suites import refuse, told
    from golive.flow.world import world

    with world(project) as here:
        end_if_opened(here)
        guard = WhileFrozen(here)
        guard()
        results = _written(here)
        guard.watch()
        refuse(here, results, "comparisons")
        return told(results)


def _written(here: World) -> list[CheckResult]:
    """Make the comparisons of this run's pass, and write what they say; without any nothing is written."""
    from golive.flow.records import secret_of, write_checks, write_failing_keys
    from golive.readiness.mapping import judged_by
    from golive.readiness.validated import COMPARISONS, MOMENTS, comparisons

    if not comparisons(here):
        return []
    from golive.validation.comparisons import run_comparisons

    mapping = judged_by(here, COMPARISONS)
    results = run_comparisons(
        here.project, here.source, here.target, MOMENTS[here.stage], lambda keys: write_failing_keys(here, keys),
        secret_of(here),
    )  # fmt: skip
    write_checks(here, results, COMPARISONS, 1, 1, mapping)
    return results
