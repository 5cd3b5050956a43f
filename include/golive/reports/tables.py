"""Entries of one kind as a table that people read: what is open or wrong stands first.

Only what the payloads say is shown, and of the evidence nothing: rows of the two systems never get here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from golive.project import Project
from golive.readiness.closing import Stage
from golive.reports import cells, plain
from golive.reports.cells import Cell, Payload, Table
from golive.reports.words import number, shown

Column = tuple[str, str, Callable[[Any, Project], Cell]]


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a kind is shown: its columns (head, key of the payload, what makes a cell of it), and what comes first."""

    title: str
    columns: tuple[Column, ...]
    order: Callable[[Payload], Any] = lambda payload: 0
    note: Callable[[Sequence[Payload]], str] = lambda payloads: ""


def table(kind: str, payloads: Iterable[Payload], project: Project) -> Table | None:
    """These payloads (or rows of a view of the same names) as a table; None for none, or a kind that has no table."""
    rows = list(payloads)
    if not rows:
        return None
    if kind == "training":
        return _training(rows, project)
    shape = _KINDS.get(kind)
    if shape is None:
        return None
    rows.sort(key=shape.order)
    # A column of which nothing is known says nothing.
    columns = [each for each in shape.columns if any(row.get(each[1]) not in (None, "", []) for row in rows)]
    return Table(
        kind,
        shape.title,
        tuple(head for head, _, _ in columns),
        tuple(tuple(read(row.get(key), project) for _, key, read in columns) for row in rows),
        shape.note(rows),
    )


def timeline(stages: Sequence[Stage]) -> Table | None:
    """The days that were proposed for each stage beside those it took; None where nothing was proposed."""
    if all(stage.proposed is None for stage in stages):
        return None
    return Table(
        "sizing",
        "Days of the stages",
        ("Stage", "Proposed", "It took", "Complete on"),
        tuple(
            (
                Cell(shown(stage.shown)),
                _days(stage.proposed),
                _days(stage.took),
                Cell(f"waived by {shown(stage.waived_by)}, {stage.on}" if stage.waived_by else stage.on),
            )
            for stage in stages
        ),
        "proposed by the sizing; what a stage took is known once it is complete",
    )


def _days(value: int | None) -> Cell:
    return Cell("" if value is None else number(value), number=True)


def _training(rows: Sequence[Payload], project: Project) -> Table:
    """Who has learnt what: a line for each person, a column for each course."""
    courses = list(dict.fromkeys(str(row.get("course")) for row in rows))
    titles = {course.name: course.title for course in project.training.courses}
    titles |= {exercise.name: exercise.says for exercise in project.training.exercises}
    done = {(str(row.get("person")), str(row.get("course"))): row.get("state") for row in rows}
    groups = {str(row.get("person")): str(row.get("group") or row.get("group_name") or "") for row in rows}
    lines = tuple(
        (
            cells.person(person, project),
            cells.name(groups[person], project),
            *(cells.mark(done.get((person, course)), project) for course in courses),
        )
        for person in sorted(groups, key=lambda person: (groups[person], person))
    )
    head = ("Person", "Group", *(shown(titles.get(course) or plain.name(course)) for course in courses))
    return Table("training", "Training", head, lines, "where a cell is empty, nothing is recorded")


def _placed(*words: str) -> Callable[[Any], int]:
    """The place of a word in an order; those that are not in it come last."""
    places = {word: place for place, word in enumerate(words)}
    return lambda value: places.get(str(value), len(places))


_LEVEL = _placed("high", "medium", "low")
_SEVERITY = _placed("critical", "major", "minor", "opportunity")
_BAD = _placed(
    "FAIL", "ERROR", "VACUOUS", "late", "found", "open", "seen, not declared", "declared, not seen", "started"
)  # fmt: skip


def _worst(payload: Payload) -> Any:
    return _BAD(payload.get("state"))


def _gravest(payload: Payload) -> Any:
    return payload.get("state") != "open", _SEVERITY(payload.get("severity"))


def _riskiest(payload: Payload) -> Any:
    return payload.get("state") != "open", _LEVEL(payload.get("impact")), _LEVEL(payload.get("likelihood"))


def _counted(word: str, *states: str) -> Callable[[Sequence[Payload]], str]:
    """'2 of 5 passed', by how many are in one of these states."""
    return lambda rows: f"{sum(row.get('state') in states for row in rows):,} of {len(rows):,} {word}"


def _left(rows: Sequence[Payload]) -> str:
    return f"{sum(int(row.get('open') or 0) for row in rows):,} open in all"


def _covered(rows: Sequence[Payload]) -> str:
    return f"{sum(bool(row.get('covered')) for row in rows):,} of {len(rows):,} covered"


_STATE: Column = ("State", "state", cells.mark)
_OWNER: Column = ("Owner", "owner", cells.owner)
_SAYS: Column = ("What was found", "says", cells.text)
_ON: Column = ("On", "on", cells.text)

# Every kind that is more than one line, in the order in which a report shows them; ``criteria`` has its own.
_KINDS: dict[str, _Kind] = {
    "issue": _Kind(
        "Issues",
        (
            ("Issue", "title", cells.text), ("Severity", "severity", cells.mark), _STATE, _OWNER, _SAYS,
            ("Open since", "opened_at", cells.at),
        ),
        _gravest, _counted("open", "open"),
    ),
    "risk": _Kind(
        "Risks",
        (
            ("Risk", "what", cells.text), ("Likely", "likelihood", cells.mark), ("Impact", "impact", cells.mark),
            _STATE, _OWNER, ("What is done about it", "mitigation", cells.text), ("Look again", "review", cells.text),
        ),
        _riskiest, _counted("open", "open"),
    ),
    "figure": _Kind(
        "How quick the new system is",
        (
            ("What", "name", cells.name), _STATE, ("Measured", "value", cells.count), ("At most", "limit", cells.count),
            ("Unit", "unit", cells.text), ("The old system", "source_value", cells.count),
            ("Of the old system", "source_says", cells.text),
        ),
        _worst, _counted("hold", "PASS"),
    ),
    "outcome": _Kind(
        "What must go on", (("What", "name", cells.name), _STATE, _OWNER, _SAYS), _worst, _counted("run", "PASS")
    ),
    "first_use": _Kind(
        "First use by each team",
        (
            ("Team", "team", cells.name), _STATE, ("Its day", "day", cells.text),
            ("First use", "first_use", cells.text), ("Lead", "lead", cells.owner), _SAYS,
        ),
        _worst, _counted("in use", "used", "used before its day"),
    ),
    "process": _Kind(
        "Business processes",
        (("Process", "process", cells.name), _STATE, ("Open", "open", cells.count), _OWNER, _SAYS),
        _worst, _counted("closed", "closed"),
    ),
    "leftover": _Kind(
        "What must be gone",
        (
            ("What", "name", cells.name), ("Where", "side", cells.side), _STATE, ("Found", "found", cells.count),
            ("Removed", "removed", cells.count),
        ),
        _worst, _counted("gone", "removed", "clean"),
    ),
    "clean_up": _Kind(
        "Defects in the old data",
        (("Rule", "rule", cells.name), ("Open", "open", cells.count), _OWNER),
        lambda payload: -int(payload.get("open") or 0), _left,
    ),
    "scenarios": _Kind(
        "Scenarios and their last results",
        (
            ("Scenario", "scenario", cells.text), ("Last result", "result", cells.mark),
            ("Version", "version", cells.text), ("Tested at (UTC)", "at", cells.text), ("File", "file", cells.text),
        ),
        lambda payload: bool(payload.get("covered")), _covered,
    ),
    "area": _Kind(
        "Configuration areas",
        (
            ("Area", "area", cells.name), _STATE, _OWNER, ("After", "depends", cells.names),
            ("Reason", "reason", cells.text),
        ),
        note=_counted("confirmed", "confirmed"),
    ),
    "config_copy": _Kind(
        "Configuration beside production",
        (
            ("Area", "area", cells.name), _STATE, ("New", "inserted", cells.count), ("Changed", "updated", cells.count),
            ("Removed", "removed", cells.count), ("Equal", "unchanged", cells.count),
            ("Made ahead as", "snapshot", cells.text), ("Reason", "reason", cells.text),
        ),
        note=_counted("copied", "copied"),
    ),
    "training_copy": _Kind(
        "Training copy",
        (
            ("Where", "to", cells.text), _STATE, _ON, ("After pass", "after_pass", cells.count),
            ("Rows", "rows", cells.count), ("Masked columns", "masked", cells.count),
            ("People who may see it", "people", cells.people), ("Logins that may read it", "logins", cells.names),
            ("Not declared", "not_declared", cells.absent),
        ),
    ),
    "third_party": _Kind(
        "Connections of other systems",
        (
            ("System", "name", cells.text), _STATE, ("Login", "login", cells.text),
            ("It", "direction", cells.direction), ("At go-live", "action", cells.name),
            ("Owner", "owner", cells.owner), ("Seen at work", "seen", cells.yes),
            ("New endpoint", "endpoint", cells.text), ("It answers", "answers", cells.yes),
            ("How", "answer", cells.text), ("Tried on", "tried_on", cells.text),
        ),
        _worst, _counted("as declared", "ok"),
    ),
    "material": _Kind(
        "Training material",
        (
            ("Material", "name", cells.text), ("Kind", "kind", cells.name), ("Shows build", "build", cells.text),
            ("Delivered on", "delivered_on", cells.text), ("Where", "link", cells.text),
        ),
    ),
    "document": _Kind(
        "Documents",
        (
            ("Document", "name", cells.text), ("Version", "version", cells.text), ("Read by", "read_by", cells.person),
            ("Where", "link", cells.text),
        ),
    ),
    "ticket": _Kind(
        "Support tickets",
        (
            ("Day", "on", cells.text), ("Level", "level", cells.count), ("Opened", "opened", cells.count),
            ("Closed", "closed", cells.count), ("Still open", "open", cells.count),
            ("Answered after, minutes", "answered", cells.numbers),
        ),
    ),
    "meeting": _Kind(
        "Meetings",
        (
            ("Meeting", "what", cells.text), _ON, ("Present", "present", cells.people),
            ("Roles not there", "missing", cells.absent), ("Minutes", "minutes", cells.text),
        ),
    ),
    "communication": _Kind(
        "What was told", (("What", "what", cells.text), ("To", "to", cells.text), _ON, ("Where", "link", cells.text))
    ),
    "slot": _Kind("Booked day", (("Day", "day", cells.text), _STATE, ("Reason", "reason", cells.text))),
    "attestation": _Kind(
        "What people stated",
        (("About", "question", cells.question), ("By", "role", cells.role), ("Comment", "comment", cells.text)),
    ),
    "waiver": _Kind(
        "Rules set aside",
        (
            ("Rule", "what", cells.name), ("Reason", "reason", cells.text), ("As", "role", cells.role),
            ("Until", "expires", cells.text),
        ),
    ),
}  # fmt: skip

KINDS: tuple[str, ...] = (*_KINDS, "training")
