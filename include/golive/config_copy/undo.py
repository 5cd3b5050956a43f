"""An area taken back: production as it was before the first copy of it that still stands."""

from __future__ import annotations

from collections.abc import Callable

from golive.databases import Database
from golive.errors import NotPermitted
from golive.project import Project


def undo_area(
    project: Project, area: str, target: Database, *, forced: bool = False, guard: Callable[[], None]
) -> list[str]:
    """Take every standing copy of an area back, the newest first, in one transaction; says what was restored.

    Empty if there is none. Raises NotPermitted while an area that depends on this one stands copied, and where rows
    changed since the copy unless ``forced``; Terminal where production cannot be put back exactly. Nothing is changed
    then. ``guard`` is asked as by ``copy_area``.
    """
    role, state = target.configuration, target.state
    with (
        target.session() as writer,
        state.locked(writer, project.name, shared=True, wait=True),
        state.locked(writer, f"{project.name}/configuration", wait=True),
        target.write.transaction(writer),
    ):
        guard()
        for other in project.configuration:
            if area in other.depends and role.standing(writer, project.name, other.area):
                raise NotPermitted(
                    f"configuration area {area}: {other.area} depends on it and stands copied. Nothing was changed."
                    f" Take {other.area} back first",
                    project=project.name,
                )
        said = []
        for each in role.standing(writer, project.name, area):
            said += role.revert(writer, project.name, each, forced=forced)
        guard()
    return said
