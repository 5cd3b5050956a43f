"""What a run did and where a project stands, as people read it: read models made from ledger and project file.

``golive.web`` shows them as pages, and as data.
"""

from golive.reports.model import RunLine, RunReport, State, as_data
from golive.reports.roadmap import ProjectReport, Roadmap, project_report, roadmap
from golive.reports.run import MOVING, report_of, run_report, runs
from golive.reports.stage import StageReport, stage_report

__all__ = [
    "MOVING",
    "ProjectReport",
    "Roadmap",
    "RunLine",
    "RunReport",
    "StageReport",
    "State",
    "as_data",
    "project_report",
    "report_of",
    "roadmap",
    "run_report",
    "runs",
    "stage_report",
]
