"""What every route shares: the ledger, the project that somebody may read, and where Airflow's UI stands."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from golive.errors import GoliveError, Terminal
from golive.flow import connections
from golive.ledger import Ledger
from golive.project import Project
from golive.web.access import readable_projects

PREFIX = "/golive"


class Unknown(GoliveError):
    """Neither Airflow nor the ledger knows what was asked for, or this person may not read it."""


def open_ledger() -> Ledger:
    """The ledger; Terminal, in one sentence, if Airflow has no connection to it."""
    if connections.find(connections.LEDGER) is None:
        raise Terminal(
            f"Airflow has no connection {connections.LEDGER}: add it under Admin > Connections, or set"
            f" AIRFLOW_CONN_{connections.LEDGER.upper()} for the API server"
        )
    return connections.ledger()


def readable_project(session: Any, allowed: set[str], name: str) -> Project:
    """The project of this name, for somebody who may read these DAGs.

    Unknown for one that there is not, or that they may not read as a whole; ProjectError if its file is wrong.
    """
    projects, errors = readable_projects(session, allowed)
    for error in errors:
        if error.project == name:
            raise error
    project = next((each for each in projects if each.name == name), None)
    if project is None:
        raise Unknown(f"No project {name} is known, or you may not read the DAGs of all its stages")
    return project


def root_of(request: Request) -> str:
    """The path under which Airflow's UI stands, without a slash at its end."""
    return str(request.scope.get("root_path", "")).removesuffix(PREFIX)
