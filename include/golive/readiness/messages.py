"""What the system tells people by itself, each once: agendas, released communications, invitations to sessions.

Only the project file and the ledger are read. Nothing goes out before the first stage opened, and nothing
once every stage is over. Who sends it writes the message's entry, with the channels that took it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from golive.readiness import agenda, communications
from golive.readiness.asked import holders
from golive.readiness.follow_up import Today, under_way
from golive.readiness.rules import in_words
from golive.readiness.training import DONE, due, leader

if TYPE_CHECKING:
    from golive.ledger import Ledger
    from golive.project import Project
    from golive.project.preparing import Course, Session
    from golive.readiness.site import Papers


@dataclass(frozen=True, slots=True)
class Message:
    """One message. ``name`` is the same for the same message: under it, every address takes it once.

    ``alerts`` is the connection with the addresses, None for the usual one. ``kind`` and ``payload`` are
    those of its entry, ``evidence`` what is kept beside it. ``shown`` is true for one that stands in the
    ledger even where no address takes it, because people find it on the project's page too.
    """

    name: str
    to: str
    title: str
    text: str
    alerts: str | None
    kind: str
    payload: Mapping[str, Any]
    evidence: Mapping[str, Any]
    shown: bool = False


def due_now(project: Project, ledger: Ledger, today: date) -> tuple[Message, ...]:
    """Every message whose time has come on a day of the project's time zone, sent before or not.

    An agenda a day before its meeting; a communication with a text on its day or later, once that text is
    released and as long as people were not told otherwise; an invitation ``invite_days`` before its session
    until that day, to those who have not done the course yet.
    """
    opened = under_way(project, ledger)
    if not opened:
        return ()
    papers = Today(project, ledger, today)
    return (*_agendas(papers, opened), *_communications(papers), *_invitations(papers))


def _agendas(papers: Papers, opened: dict[str, date]) -> Iterator[Message]:
    for meeting, day in agenda.coming(papers, opened):
        text = agenda.agenda(papers, meeting, day)
        yield Message(
            name=f"agenda/{meeting.name}/{day}",
            to=", ".join(holders(papers, role) for role in meeting.roles),
            title=f"agenda of {meeting.shown} on {in_words(day)}",
            text=text,
            alerts=meeting.alerts,
            kind="report",
            payload={"what": f"agenda of {meeting.shown}", "on": str(day)},
            evidence={"text": text},
            shown=True,
        )


def _communications(papers: Papers) -> Iterator[Message]:
    told = communications.told(papers)
    for one in papers.project.communications:
        day = communications.due_day(papers, one)
        if one.text is None or one.name in told or day is None or day > papers.today:
            continue
        word = communications.released(papers, one)
        if word is None:
            continue
        yield Message(
            name=f"communication/{one.name}/{communications.short_hash(one)}",
            to=one.to,
            title=one.what,
            text=one.text,
            alerts=one.alerts,
            kind="communication",
            payload={
                "what": one.name, "to": one.to, "on": str(papers.today), "link": "", "released_by": word.actor,
            },
            evidence=communications.worded(one),
        )  # fmt: skip


def _invitations(papers: Papers) -> Iterator[Message]:
    training = papers.project.training
    done = {
        (entry.payload["person"], entry.payload["course"])
        for entry in papers.ledger.latest(papers.project.name, "training", by=("person", "course"))
        if entry.payload["state"] in DONE
    }
    for course in training.courses:
        for session in course.sessions:
            day = session.day or communications.counted_back(papers, session.days_before or 0)
            if day is None or not day - timedelta(days=training.invite_days) <= papers.today <= day:
                continue
            lacking = {
                group: people
                for group in course.groups
                if (people := [each for each in training.groups[group] if (each, course.name) not in done])
            }
            if lacking:
                yield _invitation(papers, course, session, day, lacking)


def _invitation(
    papers: Papers, course: Course, session: Session, day: date, lacking: Mapping[str, list[str]]
) -> Message:
    from golive.ledger import digest

    project, go_live = papers.project, communications.counted_back(papers, 0)
    links = {material.name: material.link for material in project.training.materials}
    by = due(course, go_live)
    lines = [f"You are invited to {course.title}, on {in_words(day)}, {session.at}.", ""]
    lines += [
        f"- {group} ({holders(papers, leader(project, group))}): {', '.join(map(project.called, people))}"
        for group, people in lacking.items()
    ]
    lines += [f"- To read before: {name}, {links[name]}" for name in course.materials]
    lines += ["", f"It has to be done by {by}." if by else "It has to be done before the go-live."]
    text = "\n".join([*lines, f"Who was there is entered with {project.name}.record."])
    # Another time or place on the same day is another session, to which people are invited anew.
    name = f"invitation/{course.name}/{day}/{digest({'at': session.at})[:12]}"
    groups = ", ".join(lacking)
    return Message(
        name=name,
        to=groups,
        title=f"invitation: {course.title} on {in_words(day)}",
        text=text,
        alerts=project.training.alerts,
        kind="communication",
        payload={"what": f"invitation to {course.title} on {day}", "to": groups, "on": str(papers.today), "link": ""},
        evidence={"text": text},
    )
