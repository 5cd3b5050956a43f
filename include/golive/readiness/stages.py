"""Where a project stands on its roadmap, read from the ledger: which stages are complete, and what others wait for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from golive.ledger import Entry, Ledger
    from golive.project import Project


class State(StrEnum):
    """How a stage stands. What Airflow's colours say does not enter into it."""

    COMPLETE = "complete"
    WAIVED = "waived"
    WAITING = "waiting"  # for people's answers
    RUNNING = "running"
    STOPPED = "stopped"  # something is missing, or was refused
    DUE = "due"  # all before it is complete, and nobody began
    CLOSED = "not yet"  # stages before it are not complete


@dataclass(frozen=True, slots=True)
class Standing:
    """One stage: ``says`` is one sentence on what it waits for, on whom, and since when."""

    stage: str
    shown: str
    state: State
    says: str
    since: datetime | None = None
    run: str | None = None

    @property
    def over(self) -> bool:
        return self.state in (State.COMPLETE, State.WAIVED)


def complete(ledger: Ledger, project: str, stage: str) -> Entry | None:
    """The entry that closed or waived a stage, or None: read it again at the moment of acting."""
    last = _last(ledger, project, stage)
    return last if last is not None and last.payload.get("state") in ("closed", "waived") else None


def reopened(ledger: Ledger, project: str, stage: str) -> bool:
    """Whether a stage that was complete is due again, and nobody has begun it: a person does, when it is time."""
    last = _last(ledger, project, stage)
    return last is not None and last.payload.get("state") == "reopened"


def begun(ledger: Ledger, project: str, stage: str) -> Entry | None:
    """The entry that opened a stage which is neither over nor due again, or None."""
    last = _last(ledger, project, stage)
    return last if last is not None and last.payload.get("state") == "opened" else None


def unmet(ledger: Ledger, project: Project, stage: str) -> list[str]:
    """The stages that must be complete before this one, and are not."""
    return [name for name in project.before(stage) if complete(ledger, project.name, name) is None]


def standing(ledger: Ledger, project: Project) -> list[Standing]:
    """Every stage of the project's roadmap, in its order."""
    alarms = ledger.entries(project.name, kind="alarm")
    return [_standing(ledger, project, stage.name, alarms) for stage in project.stages]


def sentence(ledger: Ledger, project: Project, stage: str) -> str:
    """What a stage waits for, on whom, and since when."""
    return _standing(ledger, project, stage, ledger.entries(project.name, kind="alarm")).says


def _standing(ledger: Ledger, project: Project, name: str, alarms: list[Entry]) -> Standing:
    stage = project.stage(name)
    assert stage is not None
    last = _last(ledger, project.name, name)
    if last is None:
        state, says, since = _not_begun(ledger, project, name, alarms)
        return Standing(name, stage.shown, state, says, since)
    if last.payload["state"] == "closed":
        says = f"Complete since {_moment(last.at)}.{_drifted(ledger, project, name)}"
        state, since = State.COMPLETE, last.at
    elif last.payload["state"] == "waived":
        who = project.called(last.actor)
        state, says, since = State.WAIVED, f"Waived by {who} on {last.at:%Y-%m-%d}: {last.payload['reason']}", last.at
    elif last.payload["state"] == "reopened":
        says = f"Due again since {_moment(last.at)}: {last.payload['reason']}. Start {project.name}.{name} in Airflow"
        state, says, since = State.DUE, f"{says} once the change is made.", last.at
    else:
        state, says, since = _going(ledger, project, last, alarms)
    return Standing(name, stage.shown, state, says, since, last.run)


Said = tuple[State, str, datetime | None]


def _drifted(ledger: Ledger, project: Project, name: str) -> str:
    """What of the Success Agreement no longer holds, behind the sentence of the stage that signed it; else nothing."""
    from golive.readiness.agreement import drift_told, in_force, is_over
    from golive.readiness.moving import BOOKING

    version = in_force(ledger, project.name) if name == BOOKING else None
    told = drift_told(ledger, version) if version is not None else None
    return "" if told is None or is_over(told) else f" {told.payload['what']}"


def _not_begun(ledger: Ledger, project: Project, name: str, alarms: list[Entry]) -> Said:
    stage = project.stage(name)
    assert stage is not None
    before = unmet(ledger, project, name)
    if before:
        return State.CLOSED, f"Waits for {_stages(project, before)}.", None
    moves = ledger.entries(project.name, kind="stage")
    paused = _told(alarms, (f"alarm/paused/{name}/",), moves[-1].seq if moves else 0)
    if paused is not None:
        return State.DUE, paused.payload["what"], paused.at
    if stage.starts_by_hand or not project.before(name):
        return State.DUE, f"Due: start {project.name}.{name} in Airflow.", None
    return State.DUE, f"Due: {project.name}.next starts it within minutes.", None


def _going(ledger: Ledger, project: Project, opened: Entry, alarms: list[Entry]) -> Said:
    """A stage that was opened and neither closed nor waived: the worst that its run says."""
    assert opened.run is not None
    entries = ledger.entries(project.name, run=opened.run, after=opened.seq)
    told = _told(
        alarms,
        (f"alarm/marked/{opened.stage}/", f"alarm/{opened.run}/"),
        entries[-1].seq if entries else opened.seq,
    )
    answers = _newest(entries, "approval", "question")
    steps = _newest(entries, "step", "task")
    said_no = [each for each in answers if each.payload["verdict"] in ("rejected", "refused")]
    lacking = [each for each in steps if each.payload.get("missing")]
    waiting = [each for each in answers if each.payload["verdict"] == "asked"]
    if said_no:
        return _said_no(project, said_no[-1])
    if lacking:
        return _lacking(lacking)
    if told is not None:
        # The first line says what failed, the second, if there is one, the first thing that is missing.
        what = " ".join(line.removeprefix("- ") for line in str(told.payload["what"]).splitlines()[:2])
        return State.STOPPED, f"Stopped since {_moment(told.at)}: {what}", told.at
    if waiting:
        return _waiting(project, waiting)
    return State.RUNNING, f"Running since {_moment(opened.at)}.", opened.at


def _said_no(project: Project, last: Entry) -> Said:
    why = last.payload.get("reason") or last.payload.get("comment") or ""
    verb = "said no" if last.payload["verdict"] == "rejected" else "answered, but it does not count"
    says = f"Stopped since {_moment(last.at)}: {project.called(last.actor)} {verb}{f': {why}' if why else ''}."
    return State.STOPPED, says, last.at


def _lacking(steps: list[Entry]) -> Said:
    last = steps[-1]
    says = f"Stopped since {_moment(last.at)} at {last.payload['task']}: {last.payload['missing'][0]}"
    more = sum(len(each.payload["missing"]) for each in steps) - 1
    return State.STOPPED, f"{says} And {more} more: see the run's report." if more else says, last.at


def _waiting(project: Project, asked: list[Entry]) -> Said:
    says = "; ".join(
        f"{' or '.join(map(project.called, each.payload.get('people') or ())) or 'somebody'} ({_role(each)})"
        f" since {_moment(each.at)}"
        for each in asked
    )
    what = "the answer of" if len(asked) == 1 else f"{len(asked)} answers:"
    return State.WAITING, f"Waits for {what} {says}.", asked[0].at


def _newest(entries: list[Entry], kind: str, name: str) -> list[Entry]:
    """The last entry of a kind for each value of a payload's key, in the order of those."""
    last = {str(entry.payload.get(name)): entry for entry in entries if entry.kind == kind}
    return sorted(last.values(), key=lambda entry: entry.seq)


def _told(alarms: list[Entry], about: tuple[str, ...], after: int) -> Entry | None:
    """The last alarm about one of these since an entry."""
    found = [alarm for alarm in alarms if alarm.seq > after and (alarm.once or "").startswith(about)]
    return found[-1] if found else None


def _last(ledger: Ledger, project: str, stage: str) -> Entry | None:
    found = [entry for entry in ledger.entries(project, kind="stage") if entry.stage == stage]
    return found[-1] if found else None


def _role(entry: Entry) -> str:
    return str(entry.payload.get("role") or entry.payload.get("question") or "").replace("_", " ")


def _stages(project: Project, names: list[str]) -> str:
    return " and ".join(stage.shown for stage in project.stages if stage.name in names)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
