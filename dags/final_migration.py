"""
Go live: freeze the old system, carry the rest across, prove that all is there, open the new one.

**Before you run:** `older_data` has moved what it may; `golive check PROJECT --connect` finds no
fault. Try it first with `dry_run`: it shows the ordered actions, rows and expected minutes, and
changes nothing.

**What it changes:** after a person approved what `show_dry_run` shows, the source is made read-only
(`freeze_source`), and rows of the target that the project file owns are written, until the new
system is open. From then on no task of Golive writes rows.

**If it fails:** nothing is open, and the source stays frozen once it is. The failed task's message
names the table and what to do; correct it and clear that task. Every task may be cleared, retried
or killed at any point, with the same result.

**Undo:** `golive unfreeze PROJECT` opens the old system again, as long as the new one is not open.

**Afterwards:** a new run ends green at once, writes nothing, and shows the stored summary.
"""

import pendulum
from airflow.sdk import DAG, Param

from golive.flow.approval import GO_LIVE, QUARANTINE, AskPeople
from golive.flow.crossing import (
    carry_rows,
    finish_tables,
    open_last_increments,
    open_sweep,
    settle_last_increments,
    settle_sweep,
)
from golive.flow.cutover import check_gate, freeze_source, show_dry_run
from golive.flow.defaults import DEFAULT_ARGS, on_failure, pool_of
from golive.flow.projects import TAG, each_project
from golive.flow.proof import (
    check_tables,
    draw_sample,
    open_new_system,
    prove_arrival,
    split_checks,
    write_summary,
)
from golive.project import Project


def final_migration(project: Project) -> DAG:
    """The DAG <project>.final_migration."""
    name, pool = project.name, pool_of(project.name)
    with DAG(
        dag_id=f"{name}.final_migration",
        dag_display_name=f"{project.title or name}: final migration",
        doc_md=__doc__,
        schedule=None,
        start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
        catchup=False,
        max_active_runs=1,
        params={
            "dry_run": Param(False, type="boolean", description="Show actions, rows and minutes; change nothing."),
            "sample_percent": Param(
                10, type="integer", minimum=10, maximum=100, description="Rows to compare by cell."
            ),
            "lanes": Param(
                project.limits.lanes, type="integer", minimum=1, maximum=64, description="Rows in parallel."
            ),
        },
        tags=[TAG, name, "final_migration"],
        default_args=DEFAULT_ARGS,
        on_failure_callback=on_failure,
    ) as dag:
        carry = carry_rows.override(task_id="carry_last_rows", pool=pool).partial(project=name)
        sweep = carry_rows.override(task_id="sweep_rows", pool=pool).partial(project=name)
        last, swept, checked = open_last_increments(name), open_sweep(name), split_checks(name)
        approve = AskPeople(task_id="approve_go_live", project=project, question=GO_LIVE)
        accept = AskPeople(task_id="accept_quarantine", project=project, question=QUARANTINE)
        check_gate(name) >> show_dry_run(name) >> approve >> freeze_source(name) >> last
        carry.expand(lane=last) >> settle_last_increments(name) >> swept
        sweep.expand(lane=swept) >> settle_sweep(name) >> finish_tables(name) >> [checked, accept]
        checks = check_tables.override(pool=pool).partial(project=name, lanes=checked).expand(lane=checked)
        (
            [checks, checked >> draw_sample(name), accept]
            >> prove_arrival(name)
            >> open_new_system(name)
            >> write_summary(name)
        )
    return dag


globals().update(each_project(final_migration))
