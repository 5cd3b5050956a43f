"""
Go live: freeze the old system, carry the rest across, prove that all is there, open the new one in steps.

**Before you run:** `older_data` has moved what it may; `golive check PROJECT --connect` finds no
fault. Try it first with `dry_run`: it shows criteria, ordered actions, rows and expected minutes, and
changes nothing. Start it on a booked day, or a sponsor has to say by name that it may begin today; and as
somebody who signs nothing: nobody approves a run of their own.

**What it changes:** after every role approved what `show_dry_run` shows, the source is made read-only
(`freeze_source`), and rows of the target that the project file owns are written, the confirmed
configuration among them, until the new system is open. From then on no task of Golive writes rows;
each further step of opening is a decision of its own, and lets its roles connect.

**If it fails:** before the first step nothing is open, and the source stays frozen once it is. The failed
task's message names the table or person and what to do; correct it and clear that task. Every task
may be cleared, retried or killed at any point, with the same result.

**Undo:** `golive unfreeze PROJECT` opens the old system again, as long as the new one is not open;
until then `golive config undo PROJECT AREA` takes a configuration area back.

**Afterwards:** a new run ends green at once, writes nothing, and shows the stored summary.
"""

from airflow.sdk import DAG

from golive.flow import approval, comparisons, crossing, cutover, proof, suites
from golive.flow.defaults import pool_of, run_params, step
from golive.flow.people import AskPeople
from golive.flow.projects import each_project
from golive.flow.stages.final_migration import ask_for_the_day, ask_go_live, open_further, sign_criteria
from golive.flow.stages.frame import stage
from golive.project import Project


def final_migration(project: Project) -> DAG:
    """The DAG <project>.final_migration."""
    name, pool = project.name, pool_of(project.name)
    with stage(project, "final_migration", __doc__, params=run_params(project), signed=False) as dag:
        # Six steps to look at; the tasks keep their plain names.
        with step("agree"):
            shown, signed, approve = cutover.show_dry_run(name), sign_criteria(project), ask_go_live(project)
            ask_for_the_day(project) >> cutover.check_gate(name) >> [shown, *signed]
            signed >> shown >> approve
        with step("freeze"):
            frozen = cutover.freeze_source(name)
        lanes = crossing.carry_rows.override(pool=pool)
        with step("last_increments"):
            last = crossing.open_last_increments(name)
            carry = lanes.override(task_id="carry_last_rows").partial(project=name).expand(lane=last)
            crossed = crossing.settle_last_increments(name)
        with step("sweep"):
            every = crossing.open_sweep(name)
            sweep = lanes.override(task_id="sweep_rows").partial(project=name).expand(lane=every)
            swept = crossing.settle_sweep(name)
            finished, configured = crossing.finish_tables(name), crossing.copy_configuration(name)
        with step("prove"):
            spread = proof.split_checks(name)
            checks = proof.check_tables.override(pool=pool).partial(project=name, lanes=spread).expand(lane=spread)
            named = suites.split_suites(name)
            asked = suites.check_suites.override(pool=pool).partial(project=name, lanes=named).expand(lane=named)
            compared = comparisons.check_comparisons(name)
            spread >> (sample := proof.draw_sample(name))
            accept = AskPeople(task_id="accept_quarantine", project=project, question=approval.open_without())
            proven = proof.prove_arrival(name)
        with step("open"):
            opened = proof.open_new_system(name)
            opened >> proof.write_summary(name)
            open_further(project, opened)
        approve >> frozen >> last
        carry >> crossed >> every
        sweep >> swept >> finished >> configured >> accept >> [spread, named, compared]
        [checks, asked, compared, sample] >> proven >> opened
    return dag


globals().update(each_project(final_migration, "final_migration"))
