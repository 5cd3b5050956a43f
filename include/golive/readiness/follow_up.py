"""What should have been done by now and was not: meetings, communications, obligations, documents to be read.

Only the project file and the ledger are read. Nothing is followed up before the first stage opened, and
nothing once every stage is over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from golive.readiness import communications
from golive.readiness.asked import counted, holders
from golive.readiness.departments import met, question
from golive.readiness.documents import unread
from golive.readiness.stages import complete

if TYPE_CHECKING:
    from golive.ledger import Ledger
    from golive.project import Project
    from golive.project.people import Communication, Meeting
    from golive.readiness.site import Papers

# So long before a message is due its owner hears that its text was not released.
_RELEASED_BEFORE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Overdue:
    """One thing that is late; ``says`` is a sentence with whose it is, ``do`` what they do, ``since`` when it was due.

    ``name`` is the same for the same thing and day. A meeting gets another with each of its periods that
    passes, and whatever is counted back from the go-live when that moves.
    """

    name: str
    title: str
    says: str
    do: str
    since: date


@dataclass(frozen=True, slots=True)
class Today:
    """A project on a day, for what is asked of its papers alone."""

    project: Project
    ledger: Ledger
    today: date


def overdue(project: Project, ledger: Ledger, today: date) -> tuple[Overdue, ...]:
    """Everything that is late on a day of the project's time zone, in the order of the project file.

    What is due on a day is late from the next one on. A communication or obligation without a day, or
    counted back from a go-live that is neither in the file nor booked, is never late. A document is read
    late from the day after its stage opened until that is over. A text that the system is to send, and
    that nobody released, stands here from the day before it is due.
    """
    opened = under_way(project, ledger)
    if not opened:
        return ()
    papers = Today(project, ledger, today)
    return (
        *_meetings(papers, opened),
        *_communications(papers),
        *_obligations(papers),
        *_documents(papers, opened),
    )


def under_way(project: Project, ledger: Ledger) -> dict[str, date]:
    """The day on which each stage first opened; empty before the first one did, and once all are over."""
    if all(complete(ledger, project.name, stage.name) for stage in project.stages):
        return {}
    days: dict[str, date] = {}
    for entry in ledger.entries(project.name, kind="stage"):
        if entry.payload["state"] == "opened" and entry.stage is not None:
            days.setdefault(entry.stage, entry.at.astimezone(ZoneInfo(project.timezone)).date())
    return days


def rhythm(papers: Papers, opened: dict[str, date]) -> Iterator[tuple[Meeting, date, date | None]]:
    """Each standing meeting that has begun, the day from which its days count, and when it was last held."""
    project = papers.project
    held: dict[str, date] = {}
    for entry in papers.ledger.entries(project.name, kind="meeting"):
        on, what = date.fromisoformat(entry.payload["on"]), entry.payload["what"]
        held[what] = max(on, held.get(what, on))
    for meeting in project.meetings:
        begun = opened.get(meeting.stage) if meeting.stage else min(opened.values())
        if begun is None:
            continue
        last = held.get(meeting.name)
        yield meeting, max(begun, last or begun), last


def _meetings(papers: Papers, opened: dict[str, date]) -> Iterator[Overdue]:
    for meeting, since, last in rhythm(papers, opened):
        period = timedelta(days=meeting.every_days)
        missed = (papers.today - since - timedelta(days=1)) // period
        if missed < 1:
            continue
        who = ", ".join(holders(papers, role) for role in meeting.roles)
        yield Overdue(
            f"meeting/{meeting.name}/{since + missed * period}",
            f"the meeting {meeting.shown} was not held",
            f"{meeting.shown} is to be held every {counted(meeting.every_days, 'day')}, with {who}. It was"
            f" {f'last held on {last}' if last else 'never held'}, and was due on {since + period}.",
            f"hold it, and enter who was there with `{papers.project.name}.record`: what is entered for {meeting.name}"
            " counts",
            since + period,
        )


def _communications(papers: Papers) -> Iterator[Overdue]:
    project, told = papers.project, communications.told(papers)
    for one in project.communications:
        due = communications.due_day(papers, one)
        if one.name in told or due is None:
            continue
        if one.text is not None and communications.released(papers, one) is None:
            if due - _RELEASED_BEFORE <= papers.today:
                yield _not_released(papers, one, due)
            continue
        if due >= papers.today:
            continue
        yield Overdue(
            f"communication/{one.name}/{due}",
            f"{one.to} were not told: {one.what}",
            f"{holders(papers, one.owner)} was to tell {one.to} by {due}: {one.what}. Nothing was entered.",
            f"tell them, and enter it with `{project.name}.record` as the communication {one.name}",
            due,
        )


def _not_released(papers: Papers, one: Communication, due: date) -> Overdue:
    return Overdue(
        f"release/{one.name}/{due}/{communications.short_hash(one)}",
        f"a text for {one.to} was not released",
        f"It is to be sent to {one.to} on {due}: {one.what}. {holders(papers, one.owner)} did not release it as it"
        f" stands: {one.text}",
        f"release it with `{papers.project.name}.record` as the message release {one.name}: it is sent on its day, or"
        " at once if that is over. Or change its text or its day in the project file",
        due,
    )


def _obligations(papers: Papers) -> Iterator[Overdue]:
    project, done = papers.project, met(papers.ledger, papers.project)
    for department in project.departments:
        for number, one in enumerate(department.obligations, 1):
            if question(department, one) in done or one.due is None or one.due >= papers.today:
                continue
            name = department.title or department.name
            yield Overdue(
                f"obligation/{department.name}/{one.what}/{one.due}",
                f"an obligation of {name} is past its day",
                f"{name}: {one.what!r} was due on {one.due}, and {holders(papers, one.owner)} did not say that it is"
                " met.",
                f"meet it, and enter that with `{project.name}.record` as obligation {number} of {department.name}; or"
                " set another day under `obligations` in the project file",
                one.due,
            )


def _documents(papers: Papers, opened: dict[str, date]) -> Iterator[Overdue]:
    project = papers.project
    for document in project.documents:
        since = opened.get(document.stage)
        if since is None or since >= papers.today or complete(papers.ledger, project.name, document.stage):
            continue
        people = unread(papers, document)
        if people:
            yield Overdue(
                f"document/{document.name}/{document.version}/{since}",
                f"{document.name} was not read",
                f"{', '.join(people)} did not read {document.name}, version {document.version}: its stage is open since"
                f" {since}.",
                f"read it ({document.link}), and enter that with `{project.name}.record`",
                since,
            )
