"""
Break the glass: let the frozen mapping change before the go-live, on the word of two roles.

From the end of the pre-final pass on, whatever moves or judges data refuses another mapping: tables, columns and
configuration of the project file, suites, comparisons' files, code, both schemas.

**Before you run:** say under `why` what has to change and why it cannot wait. Start it as somebody who signs
neither: nobody approves a run of their own.

**What it changes:** the ledger alone. The mapping may change from then on; the pre-final pass is due again, which
somebody starts once the change is made, and nothing goes live before it is complete.

**If it fails:** nobody said why, a role said no, one person signed for both roles, or nothing is frozen: the failed
task's message says which. It stays frozen then.

**How it resumes:** start a new run.

**Undo:** complete the pre-final pass again: it freezes the mapping as it is then.
"""

import pendulum
from airflow.sdk import DAG

from golive.flow import thaw as tasks
from golive.flow.defaults import default_args, on_failure
from golive.flow.projects import TAG, each_project
from golive.project import Project


def thaw(project: Project) -> DAG:
    """The DAG <project>.thaw, of a project whose roadmap has the pass that freezes the mapping."""
    with DAG(
        dag_id=f"{project.name}.thaw",
        dag_display_name=f"{project.title or project.name}: thaw the mapping",
        doc_md=__doc__,
        schedule=None,
        start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
        catchup=False,
        max_active_runs=1,
        params=tasks.thaw_params(),
        tags=[TAG, project.name, "thaw"],
        default_args=default_args(project),
        on_failure_callback=on_failure,
    ) as dag:
        tasks.ask_to_thaw(project) >> tasks.thaw_mapping(project.name)
    return dag


globals().update(each_project(thaw, "data_validation_pre_final"))
