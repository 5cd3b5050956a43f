"""The project file as types. Frozen; a key that is not named here is refused."""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from golive.project.declared import ConnectionName, Declared, Expression, Owner, Slug, TableName, Text, Window, Zone
from golive.project.going_live import DEFAULT_OPENING, Calendar, Criterion, Mapping, Opening, Support, Wave
from golive.project.people import Communication, Department, Meeting, Risk, Role, ThirdParty
from golive.project.preparing import Area, Leftover, Process, Recheck, Training, TrainingCopy
from golive.project.proving import Comparison, Quota, Review, Validation
from golive.project.roadmap import DEFAULT_STAGES, Document, Stage

RESERVED = frozenset({"golive"})


class Endpoint(Declared):
    """One side. ``connection`` is an Airflow connection id, never a URL: no secret stands here."""

    connection: ConnectionName


class OlderData(Declared):
    """When older rows move before go-live, and until when.

    ``window`` is a local range of the clock in ``timezone``; it may pass midnight. A run that was
    started by hand ignores it. A run takes no new chunk after ``max_minutes``.
    ``sweep_every`` is in runs: every so many runs end with a compare-and-repair sweep.
    """

    schedule: str | None = None
    timezone: Zone = "UTC"
    window: Window | None = None
    max_minutes: int = Field(default=120, gt=0)
    sweep_every: int = Field(default=7, gt=0)
    until: Literal["freeze"] = "freeze"


class Limits(Declared):
    """How hard the two servers may be worked, and how long anything may wait."""

    lanes: int = Field(default=2, ge=1, le=64)
    chunk_rows: int = Field(default=100_000, ge=100, le=10_000_000)
    overlap_seconds: int = Field(default=60, ge=0)
    horizon_wait_seconds: int = Field(default=30, ge=0)
    freeze_wait_seconds: int = Field(default=300, gt=0)
    frozen_minutes: int = Field(default=240, gt=0)
    silent_minutes: int = Field(default=5, gt=0)
    answer_minutes: int = Field(default=60, gt=0)
    approval_hours: int = Field(default=72, gt=0)
    verdict_hours: int = Field(default=12, gt=0)


class TableSpec(Declared):
    """What the file says about one table of the target.

    ``key`` and ``sensitive`` name columns of the target; ``columns``, ``cursor``, ``where`` and
    ``older_than`` are expressions over the source, in PostgreSQL's dialect; ``owns`` is a predicate
    over the target. ``source`` is a table or a query; default: the table of the target's name.
    Columns of the same name map by themselves; a column under ``without`` does not.
    """

    target: TableName
    source: str | None = None
    key: tuple[str, ...] = ()
    cursor: Expression | None = None
    columns: dict[str, Expression] = Field(default_factory=dict)
    without: tuple[str, ...] = ()
    where: Expression | None = None
    owns: Expression | None = None
    sensitive: tuple[str, ...] = ()
    older_than: Expression | None = None

    @property
    def source_text(self) -> str:
        return self.source or self.target

    @property
    def is_query(self) -> bool:
        return re.match(r"\s*(select|with)\b", self.source_text, re.IGNORECASE) is not None

    @field_validator("key", "without", "sensitive")
    @classmethod
    def _no_repeats(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if repeated := sorted({name for name in value if value.count(name) > 1}):
            raise ValueError(f"names a column twice: {', '.join(repeated)}")
        return value


class Project(Declared):
    """One migration: the file in include/projects/<name>/project.yaml.

    ``timezone`` is how an expression that casts between timestamps with and without a zone reads
    them: every session of both sides runs in it. ``staging`` is the database in which the new system's
    configuration is made ahead. ``people`` are roles; wherever else somebody is named, it is by a role.
    ``names`` is how user ids are shown; ``owner`` is whose the DAGs are, as Airflow shows it.
    """

    project: Slug
    title: str | None = None
    timezone: Zone = "UTC"
    owner: Owner = "golive"
    source: Endpoint
    target: Endpoint
    staging: Endpoint | None = None
    older_data: OlderData = OlderData()
    limits: Limits = Limits()
    people: dict[Slug, Role] = Field(default_factory=dict)
    names: dict[str, Text] = Field(default_factory=dict)
    tables: tuple[TableSpec, ...] = Field(min_length=1)
    stages: tuple[Stage, ...] = Field(default=DEFAULT_STAGES, min_length=1)
    documents: tuple[Document, ...] = ()
    departments: tuple[Department, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    communications: tuple[Communication, ...] = ()
    third_parties: tuple[ThirdParty, ...] = ()
    risks: tuple[Risk, ...] = ()
    training: Training = Training()
    training_copy: TrainingCopy | None = None
    clean_up: Recheck = Recheck()
    configuration: tuple[Area, ...] = ()
    processes: tuple[Process, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    calendar: Calendar = Calendar()
    mapping: Mapping = Mapping()
    validation: Validation = Validation()
    comparisons: tuple[Comparison, ...] = ()
    review: Review | None = None
    criteria: tuple[Criterion, ...] = ()
    opening: tuple[Opening, ...] = Field(default=DEFAULT_OPENING, min_length=1)
    support: Support = Support()
    waves: tuple[Wave, ...] = ()

    @property
    def name(self) -> str:
        return self.project

    @field_validator("project")
    @classmethod
    def _not_reserved(cls, value: str) -> str:
        if value in RESERVED:
            raise ValueError(f"the name {value!r} is reserved")
        return value

    @field_validator("target")
    @classmethod
    def _not_the_source(cls, value: Endpoint, info: ValidationInfo) -> Endpoint:
        source = info.data.get("source")
        if isinstance(source, Endpoint) and source.connection == value.connection:
            raise ValueError("names the same connection as `source`: each side has one of its own")
        return value

    @field_validator("staging")
    @classmethod
    def _a_database_of_its_own(cls, value: Endpoint | None, info: ValidationInfo) -> Endpoint | None:
        for side in ("source", "target"):
            other = info.data.get(side)
            if value is not None and isinstance(other, Endpoint) and other.connection == value.connection:
                raise ValueError(f"names the same connection as `{side}`: configuration is made in one of its own")
        return value

    @field_validator("training_copy")
    @classmethod
    def _overwrites_nothing(cls, value: TrainingCopy | None, info: ValidationInfo) -> TrainingCopy | None:
        for side in ("source", "target", "staging"):
            other = info.data.get(side)
            if value is not None and isinstance(other, Endpoint) and other.connection == value.connection:
                raise ValueError(f"names the same connection as `{side}`: a training copy is a database of its own")
        return value

    @field_validator("tables")
    @classmethod
    def _disjoint(cls, value: tuple[TableSpec, ...]) -> tuple[TableSpec, ...]:
        seen: dict[str, TableSpec] = {}
        for spec in value:
            other = seen.get(spec.target)
            if other is not None and not (spec.owns and other.owns):
                raise ValueError(f"two entries write to {spec.target!r}: each needs `owns`, and the two disjoint")
            seen[spec.target] = spec
        return value

    def table(self, target: str) -> TableSpec:
        """The entry of a target table; raises KeyError."""
        return next(spec for spec in self.tables if spec.target == target)

    def stage(self, name: str) -> Stage | None:
        """The stage of this name; None if this project's roadmap has none."""
        return next((stage for stage in self.stages if stage.name == name), None)

    def before(self, name: str) -> tuple[str, ...]:
        """The stages that must be complete before one opens; of the first, none."""
        stage = self.stage(name)
        if stage is None:
            return ()
        if stage.after is not None:
            return stage.after
        place = self.stages.index(stage)
        return (self.stages[place - 1].name,) if place else ()

    def holders(self, role: str, day: date) -> tuple[str, ...]:
        """The user ids that may act in a role on a day; empty if nobody may."""
        held = self.people.get(role)
        return held.on(day) if held is not None else ()

    def reviewing(self, target: str) -> Department | None:
        """The department whose table of the target this is; None if it is nobody's."""
        plain = _plain(target)
        return next((each for each in self.departments if plain in map(_plain, each.tables)), None)

    def quota(self, target: str) -> Quota | None:
        """The quota of a table of the target; None where a tenth of its rows is reviewed."""
        quotas = self.review.quotas if self.review else ()
        return next((quota for quota in quotas if _plain(quota.table) == _plain(target)), None)

    def called(self, person: str) -> str:
        """How a person is shown."""
        return self.names.get(person, person)


def _plain(table: str) -> str:
    return table.removeprefix("public.")
