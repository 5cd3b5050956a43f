"""A meeting's agenda: what is open on its day, the gravest first, each with whose it is.

It is made out of the project file and the ledger, which hold no rows of either system; of an issue stands
here what it is called, never the examples that were found.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from golive.readiness import communications
from golive.readiness.asked import counted, holders
from golive.readiness.follow_up import overdue, rhythm
from golive.readiness.risks import high, register
from golive.readiness.rules import in_words
from golive.readiness.stages import State, standing

if TYPE_CHECKING:
    from golive.project.people import Meeting
    from golive.readiness.site import Papers

_GRAVEST = ("critical", "major", "minor", "opportunity")


def next_day(papers: Papers, meeting: Meeting, since: date) -> date:
    """The next day, from today on, by which a meeting is to be held; its days count from ``since``."""
    period = timedelta(days=meeting.every_days)
    return since + max(1, -((since - papers.today) // period)) * period


def coming(papers: Papers, opened: dict[str, date]) -> Iterator[tuple[Meeting, date]]:
    """The meetings that are to be held today or tomorrow, each with its day; ``opened`` as ``under_way`` gives it."""
    for meeting, since, _ in rhythm(papers, opened):
        day = next_day(papers, meeting, since)
        if day - papers.today <= timedelta(days=1):
            yield meeting, day


def agenda(papers: Papers, meeting: Meeting, day: date) -> str:
    """The agenda of a meeting on a day, as Markdown: what has a heading is open, and what is not open has none.

    Stages that people wait for, issues by severity and age, open risks that are high or due for another
    look, what is late on that day, and what has to be done until the meeting after it.
    """
    who = ", ".join(holders(papers, role) for role in meeting.roles)
    parts = {
        "Stages": list(_stages(papers)),
        "Issues": list(_issues(papers, day)),
        "Risks": list(_risks(papers, day)),
        "Late": [
            f"{each.says} To do: {each.do}."
            for each in overdue(papers.project, papers.ledger, day)
            if not each.name.startswith(f"meeting/{meeting.name}/")
        ],
        f"Until {day + timedelta(days=meeting.every_days)}": list(_ahead(papers, meeting, day)),
    }
    lines = [f"# Agenda: {meeting.shown}, {in_words(day)}", "", f"With {who}."]
    for title, found in parts.items():
        if found:
            lines += ["", f"## {title}", "", *(f"- {_on_one_line(each)}" for each in found)]
    if not any(parts.values()):
        lines += ["", "Nothing is open."]
    closing = f"Enter who was there, and what was decided, with `{papers.project.name}.record`."
    return "\n".join([*lines, "", closing, ""])


def _stages(papers: Papers) -> Iterator[str]:
    for each in standing(papers.ledger, papers.project):
        if not each.over and each.state is not State.CLOSED:
            yield f"**{each.shown}**: {each.says}"


def _issues(papers: Papers, day: date) -> Iterator[str]:
    """The open ones, the gravest first, and of those the oldest; one that came back is as old as its coming back."""
    zone = ZoneInfo(papers.project.timezone)
    since: dict[str, date] = {}
    last: dict[str, dict[str, Any]] = {}
    for entry in papers.ledger.entries(papers.project.name, kind="issue"):
        name = str(entry.payload["id"])
        if entry.payload["state"] == "open":
            since.setdefault(name, entry.at.astimezone(zone).date())
            last[name] = entry.payload
        else:
            since.pop(name, None)
    for name in sorted(since, key=lambda name: (_GRAVEST.index(last[name]["severity"]), since[name], name)):
        issue, age = last[name], (day - since[name]).days
        yield (
            f"{issue['severity']}, open for {counted(age, 'day')}: {issue['title']}"
            f" (`{name}`, {holders(papers, issue['owner'])})"
        )


def _risks(papers: Papers, day: date) -> Iterator[str]:
    for risk in register(papers).values():
        review = str(risk["review"])
        due = bool(review) and date.fromisoformat(review) <= day
        if risk["state"] != "open" or not (due or high(risk)):
            continue
        owner = holders(papers, risk["owner"]) if risk["owner"] else "nobody owns it"
        why = f"to be looked at again since {review}" if due else "high"
        done = risk["mitigation"]
        yield f"{why}: {risk['what']} ({owner}){f': {done}' if done else ''}"


def _ahead(papers: Papers, meeting: Meeting, day: date) -> Iterator[str]:
    """What has its day from this meeting until the next one."""
    project = papers.project
    until = day + timedelta(days=meeting.every_days)
    told = communications.told(papers)
    found: list[tuple[date, str]] = [
        (stage.due, f"the stage {stage.shown} is to be complete") for stage in project.stages if stage.due
    ]
    found += [
        (one.due, f"{department.title or department.name}: {one.what} ({holders(papers, one.owner)})")
        for department in project.departments
        for one in department.obligations
        if one.due
    ]
    for message in project.communications:
        due = communications.due_day(papers, message)
        if due is not None and message.name not in told:
            found.append((due, f"{message.to} are told: {message.what} ({holders(papers, message.owner)})"))
    for course in project.training.courses:
        for session in course.sessions:
            held = session.day or communications.counted_back(papers, session.days_before or 0)
            if held is not None:
                found.append((held, f"{course.title}, {session.at} ({', '.join(course.groups)})"))
    for on, what in sorted(found):
        if day <= on < until:
            yield f"{in_words(on)}: {what}"


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
