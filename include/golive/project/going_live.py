"""The night and what follows: calendar, criteria, steps of opening, support."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, field_validator, model_validator

from golive.project.declared import Declared, Owner, Query, Slug, Text
from golive.project.preparing import Side

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
MEASURES = (
    "stages",       # every stage before is complete
    "training",     # everybody passed every course
    "clean_up",     # no rule is above its limit
    "checks",       # the last validation pass
    "passes",       # the last pre-final pass was good enough, and nothing since says otherwise
    "quarantine",   # rows that cannot be migrated
    "areas",        # every area that was started is confirmed
    "processes",    # every business process is closed
    "third_parties",  # every connection seen is declared
    "endpoints",    # what third parties switch to answers
    "escalation",   # each level of support said that a trial of the alarms reached it
    "risks",        # no high risk is open without an owner who accepted it
    "issues",       # open critical issues
    "scenarios",    # as many tested scenarios as there have to be
    "privacy",      # no column that looks personal is undeclared
    "reviewed",     # people found every row right that they have to look at
    "slot",         # the booked day is the one of the calendar
)  # fmt: skip


class Sprints(Declared):
    """The rhythm of the people who will be there: the first day of one sprint, and their length."""

    first: date
    days: int = Field(default=14, gt=0)


class Blackout(Declared):
    """Days, both included, on which nothing goes live."""

    since: date
    until: date
    why: Text

    @model_validator(mode="after")
    def _in_order(self) -> Blackout:
        if self.until < self.since:
            raise ValueError("must end (`until`) on or after the day it begins (`since`)")
        return self


class Calendar(Declared):
    """When it happens. ``go_live`` is the day on which users are let in, ``freeze`` the day of the cut-over before it.

    Without a day the first one that keeps every rule is proposed to the people who agree to it; the
    cut-over is then ``dark_days`` before.
    The rules can be waived by a person, by name and with a reason; each is checked for itself.
    """

    go_live: date | None = None
    freeze: date | None = None
    dark_days: int = Field(default=3, ge=0, le=60)
    weekdays: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday")
    sprints: Sprints | None = None
    blackouts: tuple[Blackout, ...] = ()
    # Roles that have to agree to the day before it is booked; default: the head of every department.
    agreed_by: tuple[Slug, ...] | None = None
    # Roles that must be held by somebody on both days.
    at_hand: tuple[Slug, ...] = ("data_engineer", "operations")

    @model_validator(mode="after")
    def _in_order(self) -> Calendar:
        if self.go_live and self.freeze and self.go_live < self.freeze:
            raise ValueError("`go_live` must be on or after `freeze`: people are let in after the cut-over")
        if self.freeze and not self.go_live:
            raise ValueError("`freeze` needs `go_live`: set both, or neither to have a day proposed")
        return self


class Mapping(Declared):
    """The frozen mapping. ``thawed_by``: two roles, whose holders, two different people, sign to thaw it."""

    thawed_by: tuple[Slug, Slug] = ("sponsor", "operations")

    @field_validator("thawed_by")
    @classmethod
    def _two(cls, value: tuple[Slug, Slug]) -> tuple[Slug, Slug]:
        if value[0] == value[1]:
            raise ValueError("names one role twice: two roles sign")
        return value


class Criterion(Declared):
    """One condition of going live: something measured, or the word of a role.

    A measured one names what is measured, and ``at_most`` how many open things it bears. One of its own
    has a ``query``, each row of which is one thing open, and ``of``, a query each row of which is one thing
    that was looked at: where ``of`` gives none, nothing was. A signed one names its ``approver``, and holds
    for ``days`` days. What a later release will measure is signed until then: ``signed_for_now`` marks it.
    """

    id: Slug
    title: Text
    measure: str | None = None
    at_most: int = Field(default=0, ge=0)
    query: Query | None = None
    of: Query | None = None
    side: Side = "target"
    approver: Slug | None = None
    days: int = Field(default=14, gt=0)
    signed_for_now: bool = False

    @model_validator(mode="after")
    def _measured_or_signed(self) -> Criterion:
        said = [name for name in ("measure", "query", "approver") if getattr(self, name) is not None]
        if len(said) != 1:
            raise ValueError(
                "must have exactly one of `measure`, `query` (each row it gives is one thing open) and `approver`"
            )
        if (self.query is None) != (self.of is None):
            raise ValueError(
                "must have `query` and `of` together: `of` gives a row for each thing that `query` looks at; `select 1`"
                " where the query itself is all that is looked at"
            )
        if self.measure is not None and self.measure not in MEASURES:
            raise ValueError(f"`measure` must be one of {', '.join(MEASURES)}, not {self.measure!r}")
        return self


class Opening(Declared):
    """A step of letting people in; the first is the project team's.

    ``decided_by`` is the role that decides; ``allow`` are roles of the target's server that may connect
    to its database from then on.
    """

    step: Text
    decided_by: Slug = "go_live"
    allow: tuple[Text, ...] = ()


class Level(Declared):
    """A level of support: who, when, how long until the next one is called, and where its messages go.

    ``alerts`` is an Airflow connection as `golive_alerts` is one; without it messages go there.
    ``answer_minutes`` is the time within which a ticket of this level is answered first, as agreed, and
    ``answer_percent`` the share of tickets for which that has to hold; without it none was agreed.
    """

    level: int = Field(ge=1, le=3)
    role: Slug
    hours: Text
    escalate_minutes: int = Field(gt=0)
    alerts: str | None = None
    answer_minutes: int | None = Field(default=None, gt=0)
    answer_percent: int = Field(default=90, ge=1, le=100)


class Figure(Declared):
    """How quick the new system has to be: the time of a query over the target, at most so many milliseconds.

    ``source_query`` asks the old system for the same thing: its time stands beside the new one's, and
    decides nothing.
    """

    name: Slug
    says: Text
    query: Query
    source_query: Query | None = None
    at_most_ms: int = Field(gt=0)


class SustainmentOutcome(Declared):
    """What must go on after the move, who owns it, and the DAG of this project whose work since then shows it."""

    name: Slug
    says: Text
    owner: Slug
    dag: str | None = None


class HyperCare(Declared):
    """How long everybody stays close, in sprints, and when they may leave: tickets a day, days an issue is open."""

    sprints: int = Field(default=2, gt=0)
    sprint_days: int = Field(default=14, gt=0)
    tickets_a_day: int = Field(default=5, ge=0)
    issue_days: int = Field(default=7, ge=0)


class HandOver(Declared):
    """Whose the DAGs are once support ends, as ``owner`` of the file has to say by then."""

    to: Owner


class Support(Declared):
    """After the opening. ``credentials`` are the logins of the migration, gone when it is handed over; None: not said.

    ``trial_days`` is for how many days a trial of the alarms holds.
    """

    levels: tuple[Level, ...] = ()
    hyper_care: HyperCare = HyperCare()
    figures: tuple[Figure, ...] = ()
    outcomes: tuple[SustainmentOutcome, ...] = ()
    credentials: tuple[Text, ...] | None = None
    hand_over: HandOver | None = None
    trial_days: int = Field(default=30, gt=0)


class Wave(Declared):
    """A team that starts on a day of its own.

    ``first_use`` is a query over the target that gives one time: when the team first worked with the new
    system, or nothing while it did not. Without use ``first_use_days`` after its day the team is late.
    """

    team: Slug
    lead: Slug
    day: date
    first_use: Query | None = None
    first_use_days: int = Field(default=7, ge=0)


DEFAULT_OPENING = (
    Opening(step="project team"),
    Opening(step="pilots"),
    Opening(step="everybody"),
)
