"""One cell of a table for each kind of value that the ledger holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from golive.project import Project
from golive.reports import plain
from golive.reports.plain import Tone
from golive.reports.words import moment, number, shown

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; ``mark`` is true for a state, which is set as a mark in its tone."""

    text: str
    tone: Tone = Tone.NONE
    mark: bool = False
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """``note`` is what to know of the whole, such as how many are open."""

    kind: str
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


def who(role: Any, project: Project) -> str:
    """A role, and by name who holds it."""
    held = project.people.get(str(role or ""))
    people = ", ".join(shown(project.called(person)) for person in held.holders) if held else ""
    return f"{plain.name(role)} ({people})" if people else plain.name(role or "")


def text(value: Any, project: Project) -> Cell:
    return Cell("" if value is None else shown(value))


def name(value: Any, project: Project) -> Cell:
    return Cell(plain.name(value or ""))


def owner(value: Any, project: Project) -> Cell:
    return Cell(who(value, project) if value else "nobody", Tone.NONE if value else Tone.BAD)


def person(value: Any, project: Project) -> Cell:
    return Cell(shown(project.called(str(value or ""))))


def people(value: Any, project: Project) -> Cell:
    return Cell(", ".join(shown(project.called(str(person))) for person in value or ()))


def names(value: Any, project: Project) -> Cell:
    return Cell(", ".join(plain.name(each) for each in value or ()))


def absent(value: Any, project: Project) -> Cell:
    return Cell(", ".join(plain.name(each) for each in value or ()), Tone.BAD)


def mark(value: Any, project: Project) -> Cell:
    if value is None or value == "":
        return Cell("")
    word = plain.state(value)
    return Cell(word.text, word.tone, mark=True)


def count(value: Any, project: Project) -> Cell:
    return Cell(number(value) if isinstance(value, int) else "" if value is None else shown(value), number=True)


def numbers(value: Any, project: Project) -> Cell:
    return Cell(", ".join(str(each) for each in value or ()), number=True)


def at(value: Any, project: Project) -> Cell:
    return Cell(moment(value) if isinstance(value, datetime) else "")


def yes(value: Any, project: Project) -> Cell:
    return Cell("" if value is None else "yes" if value else "no")


def question(value: Any, project: Project) -> Cell:
    return Cell(plain.question(value or ""))


def direction(value: Any, project: Project) -> Cell:
    words = {"in": "writes", "out": "reads", "both": "reads and writes"}
    return Cell(words.get(str(value), shown(value or "")))


def role(value: Any, project: Project) -> Cell:
    """A role that need not be there."""
    return Cell(who(value, project) if value else "")


def side(value: Any, project: Project) -> Cell:
    words = {"source": "old system", "target": "new system"}
    return Cell(words.get(str(value), shown(value or "")))
