"""Golive in Airflow's UI: the roadmap in the menu, the report of a run as a tab of run and DAG, the projects' pools."""

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from golive.flow import pools


async def pages(scope: Any, receive: Any, send: Any) -> None:
    """The pages, imported by the first request: every process of Airflow loads this file, and one serves pages."""
    from golive.web.app import app

    await app(scope, receive, send)


class Golive(AirflowPlugin):
    name = "golive"
    fastapi_apps: ClassVar = [{"app": pages, "url_prefix": "/golive", "name": "Golive"}]
    external_views: ClassVar = [
        {"name": "Golive", "href": "/golive/", "destination": "nav", "url_route": "golive", "nav_top_level": True},
        {
            "name": "Golive", "href": "/golive/run/{DAG_ID}/{RUN_ID}", "destination": "dag_run",
            "url_route": "golive-run",
        },
        {"name": "Golive", "href": "/golive/dag/{DAG_ID}", "destination": "dag", "url_route": "golive-dag"},
    ]
    listeners: ClassVar = [pools]
