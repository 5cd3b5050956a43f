"""A lane in a process of its own, as Airflow runs it: to be killed."""

from __future__ import annotations

import sys

from golive import plan as planning
from golive.databases import connect
from golive.project import Project
from golive.transfer import work


def main(project_json: str, source_url: str, target_url: str) -> None:
    """Work until nothing is left; says so when it begins and when it is done."""
    project = Project.model_validate_json(project_json)
    source = connect(source_url, name="old", timezone="UTC")
    target = connect(target_url, name="new", timezone="UTC")
    plan = planning.build(project, source, target)
    sys.stdout.write("begins\n")
    sys.stdout.flush()
    work(plan, source, target, lane=1, run="run", guard=lambda: None)
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
