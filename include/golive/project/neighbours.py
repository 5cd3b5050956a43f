"""Projects that write into one database: each row of a table belongs to one of them, or they undo each other's work."""

from __future__ import annotations

from collections.abc import Iterator

from golive.project.model import Project

RIGHT = "`owns` in both entries, and the two disjoint; or a database of its own for each project"

Clash = tuple[tuple[str | int, ...], str, str]


def clashes(project: Project, other: Project) -> Iterator[Clash]:
    """(place, what is wrong, what would be right) of each table that another project writes to in the same database."""
    for number, spec in enumerate(project.tables):
        for theirs in other.tables:
            if same_table(spec.target, theirs.target) and not apart(spec.owns, theirs.owns):
                yield ("tables", number, "target"), told(other.name, theirs.target), RIGHT


def told(other: str, table: str) -> str:
    """What is wrong where another project writes to a table."""
    return f"the project {other} writes to {table!r} of the same database, and neither leaves the other's rows alone"


def same_table(one: str, other: str) -> bool:
    """Whether two names may be one table: where one says no schema, any is taken to be its."""
    if "." in one and "." in other:
        return one == other
    return one.rpartition(".")[2] == other.rpartition(".")[2]


def apart(owns: str | None, other: str | None) -> bool:
    """Whether two entries for one table may each have rows of their own: both say which, and not the same.

    Whether the two are disjoint is their authors' word, as it is within one file.
    """
    if not owns or not other:
        return False
    return " ".join(owns.split()) != " ".join(other.split())
