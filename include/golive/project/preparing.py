"""What is prepared before go-live: training, clean-up, configuration areas, business processes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from golive.project.declared import Declared, Query, Slug, TableName, Text

Side = Literal["source", "target"]


class Material(Declared):
    """What people learn with; it goes stale when the new system's build is another than ``build``."""

    name: Text
    kind: Literal["guide", "script", "demo", "video", "exercise"]
    build: Text
    link: Text


class Course(Declared):
    """Something that groups of people must have learnt, so many days before go-live."""

    name: Slug
    title: Text
    groups: tuple[Slug, ...] = Field(min_length=1)
    days_before: int = Field(default=7, ge=0)
    materials: tuple[Text, ...] = ()


class Exercise(Declared):
    """Hands-on work of one group; it is passed when the query over the target gives no row."""

    name: Slug
    group: Slug
    says: Text
    query: Query | None = None


class Training(Declared):
    """``build`` is the build of the new system that people will get; ``groups`` are who they are, by user id."""

    build: Text = "1"
    groups: dict[Slug, tuple[Text, ...]] = Field(default_factory=dict)
    courses: tuple[Course, ...] = ()
    materials: tuple[Material, ...] = ()
    exercises: tuple[Exercise, ...] = ()


class CleanUp(Declared):
    """A rule about the old system's data; its query counts nothing itself: each row it gives is one defect."""

    rule: Slug
    says: Text
    owner: Slug
    query: Query
    # More than so many open at the end of pre-work keep the stage open; None never does.
    at_most: int | None = Field(default=None, ge=0)


class Recheck(Declared):
    """When clean-up rules are looked at again, from pre-work until the freeze."""

    schedule: str | None = None
    rules: tuple[CleanUp, ...] = ()


class Area(Declared):
    """A part of the new system's configuration that is made ahead, and copied at go-live once confirmed."""

    area: Slug
    title: str | None = None
    owner: Slug
    tables: tuple[TableName, ...] = ()
    depends: tuple[Slug, ...] = ()
    copyable: bool = True
    # A query over the target that gives a row for each thing that is not ready yet.
    not_ready: Query | None = None


class Process(Declared):
    """A business process that must be closed before the freeze: its query over ``side`` gives no row then."""

    name: Slug
    title: Text
    owner: Slug
    query: Query
    side: Side = "source"


class Leftover(Declared):
    """What must be gone from an environment before go-live: test data, stale locks, temporary users.

    ``query`` gives a row for each that is there; ``remove`` is the statement that removes them, run
    once a person approved what was found. Without one it is removed by hand.
    """

    name: Slug
    title: Text
    side: Side = "target"
    query: Query
    remove: str | None = None
