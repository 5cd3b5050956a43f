"""What whoever reads does next about a stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from golive.ledger import Entry, Ledger
from golive.project import Project
from golive.readiness.stages import Standing, State
from golive.reports.headline import ENDED
from golive.reports.words import lines, moment, number, shown

_LOOK = "Open the run in Airflow: a failed task's message says what to correct. Clear that task, and the run goes on."


def lacking(ledger: Ledger, project: Project, each: Standing) -> tuple[str, ...]:
    """Every missing thing because of which a stage stopped; empty if it did not, or for another reason."""
    if each.state is not State.STOPPED or each.run is None:
        return ()
    entries = ledger.entries(project.name, run=each.run)
    if _refusals(entries):
        return ()
    return tuple(shown(line) for step in _lacking(entries) for line in step.payload["missing"])


def in_short(each: Standing, missing: Sequence[str]) -> str:
    """The stage's sentence where what is missing is listed beside it."""
    if not missing or each.since is None:
        return shown(each.says)
    are = "thing is" if len(missing) == 1 else "things are"
    return f"Stopped since {moment(each.since)}: {number(len(missing))} {are} missing."


def to_start(project: Project, each: Standing) -> bool:
    """Whether a stage is due and only a person starts it: the first, one declared so, one paused, one done before."""
    stage = project.stage(each.stage)
    by_hand = stage is not None and (stage.starts_by_hand or not project.before(each.stage))
    # Since when it is due is known only of one that somebody was told of, or that is to be done again.
    return each.state is State.DUE and (each.since is not None or by_hand)


def as_airflow_has_it(each: Standing, airflow: str | None) -> Standing:
    """The same, or stopped where the ledger says that it goes on and Airflow that its run has ended."""
    if airflow not in ENDED or each.state not in (State.WAITING, State.RUNNING):
        return each
    before = each.says[:1].lower() + each.says[1:]
    how = "failed" if airflow == "failed" else "ended without completing the stage"
    return replace(each, state=State.STOPPED, says=f"Stopped: the run {how} in Airflow. Before that, it {before}")


def advice(ledger: Ledger, project: Project, each: Standing) -> str:
    """One or two sentences: who does what, and what happens then."""
    dag = f"{project.name}.{each.stage}"
    if each.over:
        return "Nothing."
    if each.state is State.CLOSED:
        return "Nothing yet: its turn has not come."
    if each.state is State.RUNNING:
        return "Nothing: it goes on by itself."
    if each.state is State.WAITING:
        return "Whoever is named answers the form in Airflow, under Required Actions; the run goes on at once."
    if each.state is State.DUE:
        return _due(ledger, project, each, dag)
    return _stopped(ledger, project, each, dag)


def _due(ledger: Ledger, project: Project, each: Standing, dag: str) -> str:
    if each.since is not None and each.run is None:  # somebody was told that it is paused
        return f"Unpause `{dag}` in Airflow; `{project.name}.next` starts it within minutes."
    if to_start(project, each):
        return f"Start `{dag}` in Airflow when it shall begin: no event starts it."
    return f"Nothing: `{project.name}.next` starts it within minutes. If it does not, unpause both."


def _stopped(ledger: Ledger, project: Project, each: Standing, dag: str) -> str:
    entries = ledger.entries(project.name, run=each.run) if each.run else []
    refusals = _refusals(entries)
    if refusals and refusals[-1].payload["verdict"] == "refused":
        return lines(refusals[-1].payload.get("reason") or _LOOK)
    if refusals:
        return f"Correct what was named; nothing moves on by itself. Then start a new run of `{dag}`, which asks again."
    steps = _lacking(entries)
    if steps:
        tasks = " and ".join(f"`{shown(entry.payload.get('task'))}`" for entry in steps)
        return (
            f"Do what each missing thing asks for, then clear {tasks} in Airflow: it looks again, and the run goes on."
        )
    about = (f"alarm/marked/{each.stage}/", f"alarm/{each.run}/")
    told = [alarm for alarm in ledger.entries(project.name, kind="alarm") if (alarm.once or "").startswith(about)]
    return lines(told[-1].payload.get("do") or _LOOK) if told else _LOOK


def _refusals(entries: list[Entry]) -> list[Entry]:
    """The answers that were no, or did not count, and that nobody took back."""
    answers = _newest(entries, "approval", "question")
    return [entry for entry in answers if entry.payload.get("verdict") in ("rejected", "refused")]


def _lacking(entries: list[Entry]) -> list[Entry]:
    return [entry for entry in _newest(entries, "step", "task") if entry.payload.get("missing")]


def _newest(entries: list[Entry], kind: str, name: str) -> list[Entry]:
    """The last entry of a kind for each value of a payload's key, in the order of those."""
    last = {str(entry.payload.get(name)): entry for entry in entries if entry.kind == kind}
    return sorted(last.values(), key=lambda entry: entry.seq)
