"""The days of the move: who agrees to them, the place on the schedule, and the agreement.

The tasks are the stage implement's, which books the first day, and those of the DAG reschedule, which
moves it once that stage is complete.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from airflow.sdk import Param, get_current_context
from airflow.sdk.exceptions import AirflowSkipException

from golive.errors import NotPermitted
from golive.flow.people import Question, Shown, link
from golive.flow.stages.frame import carry_out, end_if_complete, look
from golive.project import Project
from golive.readiness import agreement, calendar, moving
from golive.readiness.calendar import RESCHEDULE
from golive.readiness.rules import FIRM, in_words

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.ledger import Entry
    from golive.readiness.calendar import Broken
    from golive.readiness.site import Outcome


def run_params() -> dict[str, Param]:
    """What a run may be started with."""
    return {
        "reason": Param(
            None,
            type=["null", "string"],
            maxLength=500,
            title="Why the day moves",
            description="Needed if another day is booked already; it is kept in the schedule's history.",
        )
    }


def move_params() -> dict[str, Param]:
    """What a run that moves the day may be started with."""
    return {
        **run_params(),
        "not_before": Param(
            None,
            type=["null", "string"],
            format="date",
            title="The first day that would do",
            description="For a project that has no day in its file: the first fitting day from then on is proposed.",
        ),
    }


def agreeing(project: Project) -> tuple[str, ...]:
    """The roles that have to agree to the day, each on a form of its own."""
    return calendar.agreeing(project)


def agreeing_to_move(project: Project) -> tuple[str, ...]:
    """The roles that have to agree to another day: those that agreed to the day, and those that signed it."""
    return moving.agreeing(project)


@look
def check_move(project: str) -> str:
    """Looks whether there is a day to move, and why; without a day in the project file, proposes another.

    If it fails, the stage implement is not complete, nothing changes, no day fits, or the run has no
    `reason`: its message says which. Correct the project file and clear this task, or start a new run with
    what it asks for. Ends as skipped once the new system is open. Safe to clear: nothing is booked yet.
    """
    return carry_out(
        project, lambda here: _in_time(here, lambda site: moving.check_move(site, _reason(), _not_before()))
    )


@look
def check_calendar(project: str) -> str:
    """Looks at the days of the project file: weekday, sprint, blackouts, people at hand, teams, a free place.

    If it fails, a day is not set or over, or the schedule is full on it: correct `calendar` in the
    project file and clear this task. Any other rule that is not kept goes to the sponsor, on the form
    that follows. Safe to clear: it changes nothing.
    """
    return carry_out(project, lambda here: _in_time(here, calendar.check_calendar))


@look
def book_slot(project: str, also: list[str] | None = None) -> str:
    """Takes the day's place on the schedule of all projects; a day booked earlier becomes free.

    If it fails, nothing was booked: a rule is neither kept nor set aside, somebody has not agreed, the
    day is full, or it moves without the run's `reason`. Its message says which, and what to do. Safe to
    clear: the place that the project holds on this day is kept.
    """
    return carry_out(project, lambda here: _in_time(here, lambda site: calendar.book_day(site, _reason(), also or ())))


@look
def render_agreement(project: str) -> str:
    """Writes the Success Agreement from the project file and the ledger; a new version only if it changed.

    If it fails, the ledger or the schedule could not be read; or, where the day moves, it was not booked, or its
    terms are not those that everybody agreed to: its message says which. Safe to clear: the same facts are the same
    version. Whoever signs the stage signs this text.
    """
    return carry_out(project, lambda here: _in_time(here, _renders(here)))


def _renders(here: World) -> Callable[[World], Outcome]:
    """The stage has its text signed; where the day moves, only what was agreed to comes into force."""
    return moving.render_agreement if here.stage == RESCHEDULE else agreement.render_agreement


def waive_calendar() -> Question:
    """Set aside exactly the rules that are broken now? Nobody is asked if none is."""
    return Question(
        "waive_calendar", calendar.WAIVED_BY, "set these rules of the calendar aside?", _WAIVE_DOC, _broken,
        agreed=_set_aside,
    )  # fmt: skip


def agree_to_day(role: str) -> Question:
    """Does the role agree to the days?"""
    return Question(calendar.agreement_of(role), role, "do you agree to this day?", _AGREE_DOC, _days)


def _in_time(here: World, seek: Callable[[World], Outcome]) -> Outcome:
    """Look, as long as the day can be booked or moved at all."""
    _end_if_over(here)
    return seek(here)


def _end_if_over(here: World) -> None:
    """End as skipped once there is nothing left to book; refuse to move a day that the stage has not settled yet."""
    from golive.readiness.stages import complete

    end_if_complete(here)
    if here.stage != RESCHEDULE:
        return
    over = moving.settled(here)
    if over is not None:
        raise AirflowSkipException(
            f"the go-live is over since {over.at:%Y-%m-%d %H:%M} UTC (ledger entry {over.seq}): no day is left to move"
        )
    if complete(here.ledger, here.project.name, moving.BOOKING) is None:
        raise NotPermitted(
            f"project {here.project.name}: the stage {moving.BOOKING} is not complete, and books the day itself. Change"
            f" the days in the project file and start {here.project.name}.{moving.BOOKING}, with `reason` if a day is"
            " booked already",
            project=here.project.name,
        )


def _reason() -> str:
    """Why the day moves, as the run was started with it; on one line."""
    return " ".join(str(get_current_context()["params"].get("reason") or "").split())


def _not_before() -> date | None:
    given = get_current_context()["params"].get("not_before")
    return date.fromisoformat(given) if given else None


def _waivable(here: World) -> list[Broken]:
    return [each for each in calendar.unmet(here) if each.rule not in FIRM]


def _broken(here: World) -> Shown | None:
    _end_if_over(here)
    rules = _waivable(here)
    if not rules:
        return None
    evidence = {
        "project": here.project.name,
        "broken": [{"rule": each.rule, "says": each.says} for each in rules],
    }
    lines = "\n".join(f"- **{each.rule.replace('_', ' ')}**: {each.says}" for each in rules)
    body = (
        f"The days of **{here.project.title or here.project.name}** break these rules of its calendar:\n\n{lines}\n\n"
        "Approve sets exactly this aside, in your name and for the reason that you give; if the days change, so does"
        " the question. Reject ends this run: the days are to be changed in the project file.\n\n"
        f"[Everything that was found]({link(here)})"
    )
    return Shown(evidence, body)


def _set_aside(here: World, answer: Entry) -> None:
    for rule in _waivable(here):
        here.write("waiver", calendar.waiver(here, rule, answer.payload["comment"]), actor=answer.actor)


def _days(here: World) -> Shown:
    from golive.readiness.slots import booked

    _end_if_over(here)
    evidence = calendar.days_of(here)
    lines = [f"- {calendar.days(here)}"]
    lines += [f"- The team {wave.team} ({wave.lead}) starts on {in_words(wave.day)}" for wave in here.project.waves]
    lines += [
        f"- Set aside by {here.project.called(each['by'])}: {each['says']} The reason: {each['reason']}"
        for each in evidence["set_aside"]
    ]
    before = booked(here.ledger, here.project.name)
    if before not in (None, calendar.calendar_of(here).go_live):
        why = _reason()
        lines.append(f"- So far {before} was booked: it is given up for this day{f', because: {why}' if why else ''}")
    # Whoever agrees to another day has a new version of the agreement written: no other terms go into it unseen.
    terms = agreement.unkept(here) if here.stage == RESCHEDULE else []
    lines += [f"- The Success Agreement is then written anew, with this too: {each}" for each in terms]
    body = (
        f"These are the days of **{here.project.title or here.project.name}**:\n\n" + "\n".join(lines) + "\n\n"
        "From the cut-over on the old system is read-only. Approve says that your people are ready for these days and"
        " at hand on them; the day is booked once everybody has agreed. Reject ends this run; nothing changes.\n\n"
        f"[Everything that was found]({link(here)})"
    )
    return Shown(evidence, body)


_WAIVE_DOC = """Asks the sponsor to set aside the rules of the calendar that are not kept; asks nobody if all are.

If it fails, the answer was no, came too late or from somebody else, or had no reason: its message says
which. Change the days in the project file and start a new run. Marking it as success sets nothing aside:
the booking reads the ledger."""
_AGREE_DOC = """Asks a role whether it agrees to the days. It waits for a person: Required Actions shows the form.

If it fails, the answer was no, came too late or from somebody else, had no reason, or the days changed:
its message says which. Nothing is booked. Marking it as success agrees to nothing: the booking reads the
ledger. Start a new run to be asked again."""
