"""What a lane of older_data does: plan, increment, chunks with their checkpoints, settle. $BENCH_LANES at once."""

import os
from multiprocessing import get_context

from golive.databases import connect
from golive.plan import Plan, build
from golive.project import Endpoint, Limits, Project, TableSpec
from golive.transfer import Mode, open_increments, settle, work

source = connect(os.environ["BENCH_SOURCE"], name="source")
target = connect(os.environ["BENCH_TARGET"], name="target")
lanes = int(os.environ.get("BENCH_LANES", "1"))


def nothing() -> None:
    """No gate to ask."""


def lane(number: int, plan: Plan) -> None:
    """One lane in a process of its own, as Airflow runs it."""
    work(plan, source, target, lane=number, run="bench", guard=nothing)


if __name__ == "__main__":
    project = Project(
        project="bench",
        source=Endpoint(connection="a"),
        target=Endpoint(connection="b"),
        limits=Limits(lanes=lanes),
        tables=(TableSpec(target=os.environ["BENCH_TABLE"]),),
    )
    plan = build(project, source, target)
    open_increments(plan, source, target, mode=Mode.OLDER, run="bench")
    others = [get_context("fork").Process(target=lane, args=(number, plan)) for number in range(2, lanes + 1)]
    for other in others:
        other.start()
    lane(1, plan)
    for other in others:
        other.join()
        assert other.exitcode == 0
    assert all(table.finished for table in settle(plan, source, target, run="bench", guard=nothing))
