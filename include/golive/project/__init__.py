"""What a person declares: one file a migration, read strictly."""

from golive.project.files import PROJECTS, load, names
from golive.project.model import Endpoint, Limits, OlderData, Project, TableSpec

__all__ = ["PROJECTS", "Endpoint", "Limits", "OlderData", "Project", "TableSpec", "load", "names"]
