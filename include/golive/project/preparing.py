"""What is prepared before go-live: training, clean-up, configuration areas, business processes."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from golive.project.declared import ConnectionName, Declared, Expression, Query, Slug, TableName, Text

Side = Literal["source", "target"]


class Material(Declared):
    """What people learn with; it goes stale when the new system's build is another than ``build``."""

    name: Text
    kind: Literal["guide", "script", "demo", "video", "exercise"]
    build: Text
    link: Text


class Session(Declared):
    """One time at which a course is held: on a day, or so many ``days_before`` the go-live.

    ``at`` says in words when and where on that day; it stands in the invitation as it is.
    """

    day: date | None = None
    days_before: int | None = Field(default=None, ge=0, le=366)
    at: Text

    @model_validator(mode="after")
    def _held_once(self) -> Session:
        if (self.day is None) == (self.days_before is None):
            raise ValueError("must have either `day`, or `days_before` the go-live")
        return self


class Course(Declared):
    """Something that groups of people must have learnt, so many days before go-live.

    To each of its ``sessions`` whoever has not done it yet is invited.
    """

    name: Slug
    title: Text
    groups: tuple[Slug, ...] = Field(min_length=1)
    days_before: int = Field(default=7, ge=0)
    materials: tuple[Text, ...] = ()
    sessions: tuple[Session, ...] = ()


class Exercise(Declared):
    """Hands-on work of one group; it is passed when the query over the target gives no row."""

    name: Slug
    group: Slug
    says: Text
    query: Query | None = None


class Training(Declared):
    """``build`` is the build of the new system that people will get; ``groups`` are who they are, by user id.

    Invitations to sessions go out ``invite_days`` ahead to ``alerts``, an Airflow connection as
    `golive_alerts` is one; without it, there.
    """

    build: Text = "1"
    groups: dict[Slug, tuple[Text, ...]] = Field(default_factory=dict)
    courses: tuple[Course, ...] = ()
    materials: tuple[Material, ...] = ()
    exercises: tuple[Exercise, ...] = ()
    invite_days: int = Field(default=7, gt=0, le=366)
    alerts: ConnectionName | None = None


class TrainingCopy(Declared):
    """A masked copy of the migrated target in which people learn; a database of its own, of the same release.

    ``access`` are the roles and training groups that work in it, ``logins`` what the new system itself signs in to
    it as. ``sensitive`` names columns of tables that the migration does not write to; the tables of ``without``
    stay empty.
    """

    connection: ConnectionName
    access: tuple[Slug, ...] = Field(min_length=1)
    logins: tuple[Text, ...] = ()
    sensitive: dict[TableName, tuple[Text, ...]] = Field(default_factory=dict)
    without: tuple[TableName, ...] = ()

    @field_validator("connection")
    @classmethod
    def _not_the_ledger(cls, value: str) -> str:
        if value == "golive_ledger":
            raise ValueError("names the ledger: a training copy is a database of its own")
        return value


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


class Remap(Declared):
    """The table that a column refers to by a number of its own, and the columns by which people know its rows."""

    table: TableName
    by: tuple[Text, ...] = Field(min_length=1)


class AreaTable(Declared):
    """What is copied of one table, which has the same name in ``staging`` and in the target.

    ``key`` tells rows apart on both sides; default: the primary key. ``columns`` are copied, or all but those under
    ``without``: what production fills in by itself. ``where`` says which rows of ``staging`` are meant, and ``owns``
    which of production this entry may change or delete; both default to all. The number in a column under ``remap``
    is another one in production: it is looked up there by the natural key of the row that it refers to.
    """

    table: TableName
    key: tuple[Text, ...] = ()
    columns: tuple[Text, ...] = ()
    without: tuple[Text, ...] = ()
    where: Expression | None = None
    owns: Expression | None = None
    remap: dict[Text, Remap] = Field(default_factory=dict)
    sensitive: tuple[Text, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"table": value} if isinstance(value, str) else value

    @field_validator("key", "columns", "without", "sensitive")
    @classmethod
    def _no_repeats(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if repeated := sorted({name for name in value if value.count(name) > 1}):
            raise ValueError(f"names a column twice: {', '.join(repeated)}")
        return value

    @model_validator(mode="after")
    def _one_list(self) -> AreaTable:
        if self.columns and self.without:
            raise ValueError("must have either `columns`, which are copied, or `without`, which are not")
        return self


class Area(Declared):
    """A part of the new system's configuration that is made ahead, and copied at go-live once confirmed."""

    area: Slug
    title: str | None = None
    owner: Slug
    tables: tuple[AreaTable, ...] = ()
    depends: tuple[Slug, ...] = ()
    copyable: bool = True
    # A query over the target that gives a row for each thing that is not ready yet.
    not_ready: Query | None = None

    @property
    def table_names(self) -> list[str]:
        return [each.table for each in self.tables]


class Process(Declared):
    """A business process that must be closed before the freeze: its query over ``side`` gives no row then."""

    name: Slug
    title: Text
    owner: Slug
    query: Query
    side: Side = "source"


class Leftover(Declared):
    """What must be gone from an environment before go-live: test data, stale locks, temporary users.

    ``query`` gives a row for each that is there; ``remove`` is the statement that removes just these rows, one
    DELETE or UPDATE, run once a person approved what was found. Without one it is removed by hand.
    """

    name: Slug
    title: Text
    side: Side = "target"
    query: Query
    remove: str | None = None

    @field_validator("remove")
    @classmethod
    def _one_change(cls, value: str | None) -> str | None:
        if value is not None and value.lower().split(maxsplit=1)[:1] not in (["delete"], ["update"]):
            raise ValueError("`remove` must be one DELETE or UPDATE, of as many rows as `query` finds")
        return value
