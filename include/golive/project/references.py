"""What the parts of a project file say of each other: names that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from golive.project.model import Project
from golive.project.people import ALWAYS

Where = tuple[str | int, ...]
LooseEnd = tuple[Where, str, str]


def loose_ends(project: Project) -> list[LooseEnd]:
    """(place, what is wrong, what would be right) for every name that nothing answers to, or that stands twice."""
    return list(chain(_roles(project), _stages(project), _areas(project), _training(project), _twice(project)))


def _roles(project: Project) -> Iterator[LooseEnd]:
    known = {*project.people, *ALWAYS}
    right = f"a role under `people`: {', '.join(sorted(known))}"
    for where, role in _named_roles(project):
        if role not in known:
            yield where, f"names the role {role!r}, which nobody can hold", right


def _named_roles(project: Project) -> Iterator[tuple[Where, str]]:
    for n, department in enumerate(project.departments):
        yield ("departments", n, "head"), department.head
        for m, obligation in enumerate(department.obligations):
            yield ("departments", n, "obligations", m, "owner"), obligation.owner
    owned: tuple[tuple[str, Sequence[object]], ...] = (
        ("third_parties", project.third_parties), ("risks", project.risks), ("configuration", project.configuration),
        ("processes", project.processes), ("communications", project.communications),
    )  # fmt: skip
    for key, parts in owned:
        yield from (((key, n, "owner"), part.owner) for n, part in enumerate(parts))  # type: ignore[attr-defined]
    yield from ((("clean_up", "rules", n, "owner"), rule.owner) for n, rule in enumerate(project.clean_up.rules))
    yield from ((("waves", n, "lead"), wave.lead) for n, wave in enumerate(project.waves))
    yield from ((("opening", n, "decided_by"), step.decided_by) for n, step in enumerate(project.opening))
    yield from ((("support", "levels", n, "role"), one.role) for n, one in enumerate(project.support.levels))
    yield from ((("support", "outcomes", n, "owner"), one.owner) for n, one in enumerate(project.support.outcomes))
    for n, criterion in enumerate(project.criteria):
        if criterion.approver is not None:
            yield ("criteria", n, "approver"), criterion.approver
    for n, document in enumerate(project.documents):
        yield from ((("documents", n, "readers", m), role) for m, role in enumerate(document.readers))
    for n, meeting in enumerate(project.meetings):
        yield from ((("meetings", n, "roles", m), role) for m, role in enumerate(meeting.roles))
    for n, stage in enumerate(project.stages):
        yield from ((("stages", n, "signs", m), role) for m, role in enumerate(stage.signs or ()))
    for key, roles in (("agreed_by", project.calendar.agreed_by or ()), ("at_hand", project.calendar.at_hand)):
        yield from ((("calendar", key, m), role) for m, role in enumerate(roles))


def _stages(project: Project) -> Iterator[LooseEnd]:
    names = [stage.name for stage in project.stages]
    for n, stage in enumerate(project.stages):
        for m, other in enumerate(stage.after or ()):
            if other not in names:
                yield ("stages", n, "after", m), f"names the stage {other!r}, which is none", ", ".join(names)
        if stage.name in _reached(project, stage.name):
            yield ("stages", n, "after"), f"{stage.name} waits for itself, over others", "stages that come before it"
    for n, document in enumerate(project.documents):
        if document.stage not in names:
            yield ("documents", n, "stage"), f"names the stage {document.stage!r}, which is none", ", ".join(names)
    for n, meeting in enumerate(project.meetings):
        if meeting.stage is not None and meeting.stage not in names:
            yield ("meetings", n, "stage"), f"names the stage {meeting.stage!r}, which is none", ", ".join(names)


def _reached(project: Project, name: str) -> set[str]:
    """Every stage that must be complete before this one, and before those."""
    found: set[str] = set()
    left = list(project.before(name))
    while left:
        stage = left.pop()
        if stage not in found:
            found.add(stage)
            left += project.before(stage)
    return found


def _areas(project: Project) -> Iterator[LooseEnd]:
    names = [area.area for area in project.configuration]
    for n, area in enumerate(project.configuration):
        for m, other in enumerate(area.depends):
            if other not in names or other == area.area:
                yield ("configuration", n, "depends", m), f"names the area {other!r}", f"one of {', '.join(names)}"


def _training(project: Project) -> Iterator[LooseEnd]:
    training = project.training
    groups, materials = sorted(training.groups), [material.name for material in training.materials]
    for n, course in enumerate(training.courses):
        for m, group in enumerate(course.groups):
            if group not in groups:
                yield ("training", "courses", n, "groups", m), f"names the group {group!r}", f"one of {_list(groups)}"
        for m, name in enumerate(course.materials):
            if name not in materials:
                yield ("training", "courses", n, "materials", m), f"names {name!r}", f"one of {_list(materials)}"
    for n, exercise in enumerate(training.exercises):
        if exercise.group not in groups:
            yield (
                ("training", "exercises", n, "group"),
                f"names the group {exercise.group!r}",
                f"one of {_list(groups)}",
            )


def _twice(project: Project) -> Iterator[LooseEnd]:
    named: tuple[tuple[Where, Iterable[str]], ...] = (
        (("stages",), (one.name for one in project.stages)),
        (("departments",), (one.name for one in project.departments)),
        *(
            (("departments", n, "obligations"), (one.what for one in department.obligations))
            for n, department in enumerate(project.departments)
        ),
        (("meetings",), (one.name for one in project.meetings)),
        (("communications",), (one.name for one in project.communications)),
        (("third_parties",), (one.login for one in project.third_parties)),
        (("risks",), (one.id for one in project.risks)),
        (("training", "courses"), (one.name for one in project.training.courses)),
        (("training", "materials"), (one.name for one in project.training.materials)),
        (("training", "exercises"), (one.name for one in project.training.exercises)),
        (("clean_up", "rules"), (one.rule for one in project.clean_up.rules)),
        (("configuration",), (one.area for one in project.configuration)),
        (("processes",), (one.name for one in project.processes)),
        (("leftovers",), (one.name for one in project.leftovers)),
        (("criteria",), (one.id for one in project.criteria)),
        (("opening",), (one.step for one in project.opening)),
        (("support", "figures"), (one.name for one in project.support.figures)),
        (("support", "outcomes"), (one.name for one in project.support.outcomes)),
        (("waves",), (one.team for one in project.waves)),
    )  # fmt: skip
    for where, names in named:
        seen: set[str] = set()
        for n, name in enumerate(names):
            if name in seen:
                yield (*where, n), f"{name!r} stands twice", "each once"
            seen.add(name)


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) or "none is declared: declare it first"
