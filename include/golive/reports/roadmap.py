"""Where projects stand on their roadmaps: what failed, what waits for whom, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from golive.ledger import Kind, Ledger, frozen, opened
from golive.project import Project
from golive.readiness.follow_up import Overdue, overdue
from golive.readiness.stages import Standing, State, standing
from golive.reports import criteria, plain, tables
from golive.reports.advice import advice, as_airflow_has_it, in_short, lacking, to_start
from golive.reports.cells import Table, who
from golive.reports.documents import Document, documents
from golive.reports.kept import Kept, kept
from golive.reports.plain import Word
from golive.reports.told import called
from golive.reports.words import lines, moment, shown

# What Airflow says of a run, by its name; None for a run that it does not have.
AskAirflow = Callable[[str], str | None]
GOING = frozenset({"queued", "running"})

# The views of a project's page below its criteria, worst news first.
_VIEWS = ("issue", "risk", "third_party", "area", "training")


@dataclass(frozen=True, slots=True)
class Line:
    """One stage of a roadmap. ``run`` is '<dag_id>/<run_id>' of the run that it goes on or ended in, or empty.

    ``missing`` is what it stopped for, ``to_start`` true if it is due and only a person starts it.
    """

    stage: str
    name: str
    state: State
    word: Word
    says: str
    do: str
    since: datetime | None
    due: date | None
    run: str
    missing: tuple[str, ...] = ()
    to_start: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A form that nobody has answered."""

    stage: str
    run: str
    question: str
    people: str
    role: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that people were told of."""

    entry: int
    at: datetime
    title: str
    what: str
    do: str


@dataclass(frozen=True, slots=True)
class Roadmap:
    """One project. ``night`` says whether the old system is frozen and for whom the new one is open, or is empty."""

    project: str
    title: str
    lines: tuple[Line, ...]
    forms: tuple[Form, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    night: str = ""
    frozen: bool = False

    @property
    def stopped(self) -> tuple[Line, ...]:
        """The stages that a person has to put right."""
        return tuple(line for line in self.lines if line.state is State.STOPPED)

    @property
    def to_start(self) -> tuple[Line, ...]:
        """The stages that are due, and that only a person starts."""
        return tuple(line for line in self.lines if line.to_start)

    @property
    def over(self) -> int:
        """How many stages are complete or waived."""
        return sum(line.state in (State.COMPLETE, State.WAIVED) for line in self.lines)

    @property
    def now(self) -> Line | None:
        """The stage at which the project is: the first that is not over."""
        return next((line for line in self.lines if line.state not in (State.COMPLETE, State.WAIVED)), None)


@dataclass(frozen=True, slots=True)
class Signed:
    """Somebody's last word on a question of a run."""

    at: datetime
    who: str
    role: str
    question: str
    stage: str
    word: Word
    comment: str
    run: str
    entry: int


@dataclass(frozen=True, slots=True)
class ProjectReport:
    """One project with all that the ledger's views tell of it; ``documents`` are its newest texts.

    ``late`` is what should have been done by now, ``passes`` the newest report of each validation pass.
    """

    roadmap: Roadmap
    late: tuple[Overdue, ...]
    signed: tuple[Signed, ...]
    tables: tuple[Table, ...]
    documents: tuple[Document, ...]
    passes: tuple[Kept, ...] = ()


def roadmap(ledger: Ledger, project: Project, *, airflow: AskAirflow, alarms_after: datetime) -> Roadmap:
    """The project's stages, in order, as the ledger has them; only reads.

    Airflow is asked of the runs that go on, so that one which ended is not shown as waiting. Alarms are
    those since ``alarms_after``. Raises what the ledger raises.
    """
    found = []
    for each in standing(ledger, project):
        if each.run is not None and each.state in (State.WAITING, State.RUNNING):
            each = as_airflow_has_it(each, airflow(each.run))
        found.append(_line(ledger, project, each))
    night = _night(ledger, project)
    return Roadmap(
        project.name,
        shown(project.title or project.name),
        tuple(found),
        _forms(ledger, project, airflow),
        _alarms(ledger, project, alarms_after),
        night,
        bool(night) and opened(ledger, project.name) is None,
    )


def project_report(ledger: Ledger, project: Project, made: Roadmap, *, today: date) -> ProjectReport:
    """All of one project; ``made`` is its roadmap, ``today`` the day in its time zone.

    Rows of views are for people to read, and decide nothing.
    """
    found = [criteria.as_they_stand(ledger, project, today)]
    found += [tables.table(kind, ledger.view(kind, project.name), project) for kind in _VIEWS]
    texts = [*ledger.entries(project.name, kind=Kind.AGREEMENT), *ledger.entries(project.name, kind=Kind.REPORT)]
    return ProjectReport(
        made,
        tuple(_late(ledger, project, today)),
        tuple(_signed(ledger.view("sign_off", project.name), project)),
        tuple(filter(None, found)),
        tuple(documents(ledger, texts)),
        kept(texts),
    )


def _line(ledger: Ledger, project: Project, each: Standing) -> Line:
    stage = project.stage(each.stage)
    missing = lacking(ledger, project, each)
    return Line(
        stage=each.stage,
        name=shown(each.shown),
        state=each.state,
        word=plain.stage_state(each.state),
        says=in_short(each, missing),
        do=advice(ledger, project, each),
        since=each.since,
        due=stage.due if stage else None,
        run=each.run or "",
        missing=missing,
        to_start=to_start(project, each),
    )


def _night(ledger: Ledger, project: Project) -> str:
    """The freeze or the opening that stands, and what comes next."""
    first = opened(ledger, project.name)
    if first is not None:
        steps = ledger.entries(project.name, kind=Kind.OPENING)
        done = {str(entry.payload.get("step")): entry.at for entry in steps}
        open_to = ", ".join(f"{shown(step)} since {moment(at)}" for step, at in done.items())
        rest = [shown(step.step) for step in project.opening if step.step not in done]
        more = f" Not yet: {', '.join(rest)}." if rest else ""
        return f"The new system is open: {open_to}.{more}"
    freeze = frozen(ledger, project.name)
    if freeze is None:
        return ""
    by = shown(project.called(str(freeze.payload.get("by") or freeze.actor)))
    return (
        f"The old system is frozen since {moment(freeze.at)} ({by}): it takes no writes. The new one is not open yet."
    )


def _forms(ledger: Ledger, project: Project, airflow: AskAirflow) -> tuple[Form, ...]:
    """The questions without an answer, of runs that go on."""
    stages = {stage.name: shown(stage.shown) for stage in project.stages}
    return tuple(
        Form(
            stages.get(row["stage"]) or plain.name(row["stage"] or ""),
            shown(row["run"]),
            plain.question(row["question"]),
            called(row["people"], project), who(row["role"], project) if row["role"] else "", row["at"],
        )
        for row in ledger.view("sign_off", project.name, verdict="asked")
        if row["run"] and airflow(row["run"]) in GOING
    )  # fmt: skip


def _alarms(ledger: Ledger, project: Project, after: datetime) -> tuple[Alarm, ...]:
    """The newest first."""
    return tuple(
        Alarm(
            entry.seq, entry.at, shown(entry.payload.get("title") or "Alarm"), lines(entry.payload.get("what") or ""),
            lines(entry.payload.get("do") or ""),
        )
        for entry in reversed(ledger.entries(project.name, kind=Kind.ALARM))
        if entry.at >= after
    )  # fmt: skip


def _late(ledger: Ledger, project: Project, today: date) -> Iterable[Overdue]:
    for each in overdue(project, ledger, today):
        yield replace(each, title=shown(each.title), says=shown(each.says), do=shown(each.do))


def _signed(rows: Iterable[dict[str, Any]], project: Project) -> Iterable[Signed]:
    """Every answer, the newest first."""
    for row in sorted(rows, key=lambda row: -int(row["seq"])):
        if row["verdict"] == "asked":
            continue
        comment = " ".join(filter(None, (shown(row["reason"] or ""), shown(row["comment"] or ""))))
        yield Signed(
            row["at"], called([row["actor"]], project), plain.name(row["role"] or ""), plain.question(row["question"]),
            plain.name(row["stage"] or ""), plain.state(row["verdict"]), comment, shown(row["run"] or ""), row["seq"],
        )  # fmt: skip
