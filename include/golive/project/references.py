"""What the parts of a project file say of each other: names that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from golive.project.model import Project
from golive.project.people import ALWAYS
from golive.project.roadmap import GOING_LIVE

# The field of every form that asks why.
REASON = "comment"

Where = tuple[str | int, ...]
LooseEnd = tuple[Where, str, str]


def loose_ends(project: Project) -> list[LooseEnd]:
    """(place, what is wrong, what would be right) for every name that nothing answers to, or that stands twice."""
    return list(
        chain(
            _roles(project),
            _stages(project),
            _areas(project),
            _training(project),
            _trained_in(project),
            _reviewed(project),
            _outcomes(project),
            _twice(project),
            _taken(project),
        )
    )


def _roles(project: Project) -> Iterator[LooseEnd]:
    known = {*project.people, *ALWAYS}
    right = f"a role under `people`: {', '.join(sorted(known))}"
    for where, role in _named_roles(project):
        if role not in known:
            yield where, f"names the role {role!r}, which nobody can hold", right


def _named_roles(project: Project) -> Iterator[tuple[Where, str]]:
    for n, department in enumerate(project.departments):
        yield ("departments", n, "head"), department.head
        yield from ((("departments", n, "reviewers", m), role) for m, role in enumerate(department.reviewers))
        for m, obligation in enumerate(department.obligations):
            yield ("departments", n, "obligations", m, "owner"), obligation.owner
    owned: tuple[tuple[str, Sequence[object]], ...] = (
        ("third_parties", project.third_parties), ("risks", project.risks), ("configuration", project.configuration),
        ("processes", project.processes), ("communications", project.communications),
        ("comparisons", project.comparisons),
    )  # fmt: skip
    for key, parts in owned:
        yield from (((key, n, "owner"), part.owner) for n, part in enumerate(parts))  # type: ignore[attr-defined]
    yield from ((("clean_up", "rules", n, "owner"), rule.owner) for n, rule in enumerate(project.clean_up.rules))
    yield from ((("validation", "usage", n, "owner"), one.owner) for n, one in enumerate(project.validation.usage))
    yield from ((("waves", n, "lead"), wave.lead) for n, wave in enumerate(project.waves))
    yield from ((("opening", n, "decided_by"), step.decided_by) for n, step in enumerate(project.opening))
    yield from ((("support", "levels", n, "role"), one.role) for n, one in enumerate(project.support.levels))
    yield from ((("support", "outcomes", n, "owner"), one.owner) for n, one in enumerate(project.support.outcomes))
    yield from ((("mapping", "thawed_by", n), role) for n, role in enumerate(project.mapping.thawed_by))
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
        if stage.checklist and (stage.name == GOING_LIVE or not stage.signers):
            what, right = f"nobody signs off {stage.name}, so nobody can tick it", "a checklist of a stage with `signs`"
            if stage.name == GOING_LIVE:
                right = "`criteria`, each measured or signed before the go-live"
            yield ("stages", n, "checklist"), what, right
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
        if area.area in _needed(project, area.area) - set(area.depends):
            what = f"{area.area} depends on itself, over others: none of them can be copied first"
            yield ("configuration", n, "depends"), what, "areas that do not depend on it"
    yield from _configured(project)


def _needed(project: Project, name: str) -> set[str]:
    """Every area on which this one depends, and on which those do."""
    depends = {area.area: area.depends for area in project.configuration}
    found: set[str] = set()
    left = list(depends[name])
    while left:
        area = left.pop()
        if area not in found:
            found.add(area)
            left += depends.get(area, ())
    return found


def _configured(project: Project) -> Iterator[LooseEnd]:
    """Tables of areas that say more than their name without a database to copy from, and rows that two would write."""
    owners = [(_plain(spec.target), spec.owns, "the migration owns, under `tables`") for spec in project.tables]
    for n, area in enumerate(project.configuration):
        for m, each in enumerate(area.tables):
            where: Where = ("configuration", n, "tables", m)
            if project.staging is None:
                if each.model_fields_set != {"table"}:
                    what = "says what is copied, and there is no `staging` to copy from"
                    yield where, what, "`staging: {connection: ...}`"
            elif area.copyable:
                for table, owns, whose in owners:
                    if table == _plain(each.table) and not (owns and each.owns and owns != each.owns):
                        yield where, f"owns rows of {each.table} that {whose}", "`owns` in both, and the two disjoint"
                owners.append((_plain(each.table), each.owns, f"the area {area.area} owns"))


def _plain(table: str) -> str:
    return table.removeprefix("public.")


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
        # The ledger knows by person and name who did what.
        if exercise.name in (course.name for course in training.courses):
            what = f"{exercise.name!r} is a course already, and whoever attended it would have done the exercise"
            yield ("training", "exercises", n, "name"), what, "another name"


def _reviewed(project: Project) -> Iterator[LooseEnd]:
    """Whose rows are whose to review: every table some department's and one's alone, once there is a `review`."""
    known = list(dict.fromkeys(_plain(spec.target) for spec in project.tables))
    right = f"one of {_list(known)}"
    whose: dict[str, str] = {}
    for n, department in enumerate(project.departments):
        for m, table in enumerate(map(_plain, department.tables)):
            where: Where = ("departments", n, "tables", m)
            if table not in known:
                yield where, f"names the table {table!r}, which does not move", right
            elif table in whose:
                yield where, f"{table!r} is reviewed by {whose[table]} already", "one department for each table"
            whose.setdefault(table, department.name)
    if project.review is None:
        return
    for n, quota in enumerate(project.review.quotas):
        if _plain(quota.table) not in known:
            yield ("review", "quotas", n, "table"), f"names the table {quota.table!r}, which does not move", right
    for table in known:
        if table not in whose:
            yield (
                ("review",), f"nobody reviews the rows of {table}", f"{table} under `tables` of one of the departments"
            )  # fmt: skip


def _trained_in(project: Project) -> Iterator[LooseEnd]:
    """Who may see the training copy is a role or a group, and no column of it is declared in two places."""
    copy = project.training_copy
    if copy is None:
        return
    known = {*project.people, *ALWAYS, *project.training.groups}
    for n, name in enumerate(copy.access):
        if name not in known:
            what = f"names {name!r}, which is neither a role nor a training group"
            yield ("training_copy", "access", n), what, f"one of {_list(sorted(known))}"
    moved = {_plain(spec.target) for spec in project.tables}
    for table in copy.sensitive:
        if _plain(table) in moved:
            what = f"names {table}, which the migration writes to"
            yield ("training_copy", "sensitive", table), what, "`sensitive` in its entry under `tables`"


def _outcomes(project: Project) -> Iterator[LooseEnd]:
    """DAGs of outcomes that could never show anything: what they do after the move is not in the ledger."""
    right = f"a DAG that works after the opening, {project.name}.<name>; or no `dag`: then the owner is asked"
    for n, one in enumerate(project.support.outcomes):
        where: Where = ("support", "outcomes", n, "dag")
        if one.dag is not None and not one.dag.startswith(f"{project.name}."):
            yield where, f"names {one.dag}, which is no DAG of this project", right
        elif one.dag == f"{project.name}.recheck":
            yield where, f"names {one.dag}, which looks at nothing once the old system is frozen", right


def _twice(project: Project) -> Iterator[LooseEnd]:
    named: tuple[tuple[Where, Iterable[str]], ...] = (
        (("stages",), (one.name for one in project.stages)),
        *((("stages", n, "checklist"), (one.id for one in stage.checklist)) for n, stage in enumerate(project.stages)),
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
        (("validation", "usage"), (one.area for one in project.validation.usage)),
        (("comparisons",), (one.name for one in project.comparisons)),
        (
            ("validation", "scenarios", "names"),
            (one.scenario for one in (project.validation.scenarios.names if project.validation.scenarios else ())),
        ),
        (("review", "quotas"), (_plain(one.table) for one in (project.review.quotas if project.review else ()))),
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


def _taken(project: Project) -> Iterator[LooseEnd]:
    """Fields of forms that would be named as the one in which everybody says why."""
    fields: list[tuple[Where, str]] = [
        (("stages", n, "questions", m, "id"), question.id)
        for n, stage in enumerate(project.stages)
        for m, question in enumerate(stage.questions)
    ]
    fields += [(("training", "courses", n, "name"), one.name) for n, one in enumerate(project.training.courses)]
    fields += [(("validation", "usage", n, "area"), one.area) for n, one in enumerate(project.validation.usage)]
    for where, name in fields:
        if name == REASON:
            yield where, f"{name!r} is the field of every form in which people say why", "another name"


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) or "none is declared: declare it first"
