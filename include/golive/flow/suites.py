"""The tasks that run suites of expectations, in lanes: in a pass those of both sides, after the sweep the target's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from airflow.sdk import get_current_context, task

from golive.errors import ChecksFailed
from golive.flow.defaults import lane_task
from golive.flow.stages.frame import end_if_complete

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.results import CheckResult


# For fewer rows another process, which has to load Great Expectations first, takes longer than it saves.
ROWS_PER_LANE = 1_000_000


@task
def split_suites(project: str) -> list[int]:
    """Decide over how many lanes the suites are spread: one for each million rows that they read, up to the limit.

    If it fails, a suite is wrong: its message names file and id; or a database could not be reached. Correct it
    and clear this task.
    """
    from golive.flow.crossing import lanes_of
    from golive.flow.older import lanes_for
    from golive.flow.world import world
    from golive.readiness.validated import suites

    with world(project) as here:
        mine, rows = suites(here), 0
        for side, database in (("source", here.source), ("target", here.target)):
            with database.session(read_only=True) as connection:
                rows += database.catalog.rows(connection, [suite.table for suite in mine if suite.side == side])
        return lanes_for(min(lanes_of(here.project), len(mine)), rows // ROWS_PER_LANE)


@lane_task
def run_suites(project: str, lane: int, lanes: list[int]) -> str:
    """Run this lane's suites in the databases, and write all verdicts and every failing key into the ledger.

    An expectation that says no, or could not be asked, does not fail this task: judge_pass decides what the
    stage bears. If it fails, its message says which suite is wrong, or that another mapping was frozen. Safe to
    clear: suites only read.
    """
    from golive.flow.world import world

    with world(project) as here:
        get_current_context()["lane"] = f"lane {lane}"
        end_if_complete(here)
        here.refuse_another_mapping()
        return told(_written(here, lane, len(lanes)))


@lane_task
def check_suites(project: str, lane: int, lanes: list[int]) -> str:
    """Run this lane's suites on what arrived, and write all verdicts and failing keys before failing.

    It fails for a critical expectation that says no, or one that looked at nothing, unless that was waived by
    name, and for one that could not be asked: its message names them. Find out what is wrong with the rows, or
    go back with `golive unfreeze PROJECT`. Safe to clear: suites only read.
    """
    from golive.flow.guard import WhileFrozen, end_if_opened
    from golive.flow.world import world

    with world(project) as here:
        get_current_context()["lane"] = f"lane {lane}"
        end_if_opened(here)
        guard = WhileFrozen(here)
        guard()
        results = _written(here, lane, len(lanes))
        guard.watch()
        refuse(here, results, "expectations")
        return told(results)


def refuse(here: World, results: Sequence[CheckResult], things: str) -> None:
    """ChecksFailed if any of these results keeps the new system shut; the message names each."""
    from golive.readiness.findings import waivers
    from golive.readiness.validated import shutting

    shut = shutting(results, waivers(here, results))
    if shut:
        raise ChecksFailed(
            f"project {here.project.name}: {len(shut)} of {len(results)} {things} keep the new system shut:\n"
            + "\n".join(f"{each.name}: {each.verdict.value}: {each.says}" for each in shut[:20]),
            project=here.project.name,
            table=shut[0].table,
        )


def told(results: Sequence[CheckResult]) -> str:
    """The worst verdict of a lane, as its task hands it on."""
    from golive.results import worst

    return worst(results).value if results else "nothing to ask"


def _written(here: World, lane: int, lanes: int) -> list[CheckResult]:
    """Run the suites of a lane, and write what they say; a lane without any writes nothing."""
    from golive.flow.records import secret_of, write_checks, write_failing_keys
    from golive.readiness.mapping import judged_by
    from golive.readiness.validated import PASSES, SUITES, suites

    # Before they are read: whatever is changed from here on was not judged.
    mapping = judged_by(here, SUITES)
    # By name alone, so that every suite falls into one lane.
    mine = suites(here)[lane - 1 :: lanes]
    if not mine:
        return []
    from golive.validation.expectations import run_suites

    sides = {"source": here.source, "target": here.target}
    keep = partial(write_failing_keys, here)
    results = run_suites(mine, sides, PASSES[here.stage], keep, secret_of(here))
    write_checks(here, results, SUITES, lane, lanes, mapping)
    return results
