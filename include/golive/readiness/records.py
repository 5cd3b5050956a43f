"""What people put into the ledger by hand: attendance, meetings, risks, issues, and whatever else no query can see.

It comes as one form or as many lines of CSV. All of it is right, or none of it is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from golive.errors import ChecksFailed, NotPermitted
from golive.readiness import communications
from golive.readiness.asked import counted, holders
from golive.readiness.departments import question
from golive.readiness.findings import OPEN, is_looked_at
from golive.readiness.given import FORMS, fault, lines
from golive.readiness.risks import register
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.project import Project
    from golive.project.people import Meeting
    from golive.readiness.site import Site

SHOWN_FAULTS = 20
CORE_TEAM, SUPPORT = "core team", "support"
BY_PEOPLE = "people"


class _Refused(Exception):
    """What is wrong with one value, and what would be right."""

    def __init__(self, field: str, what: str, right: str) -> None:
        super().__init__(f"{field}: {what}. Right: {right}")


def enter(site: Site, by: str, given: Mapping[str, Any]) -> Outcome:
    """The entries out of what ``by`` filled in: ``what``, and its fields, or ``csv`` with a header of them.

    NotPermitted for somebody without a part in the project. ChecksFailed with every fault, by
    line and column, if anything is wrong: then nothing is to be written.
    """
    _permitted(site, by)
    what = str(given.get("what") or "")
    form = FORMS.get(what)
    if form is None:
        raise ChecksFailed(f"{what!r} cannot be entered. Right: {', '.join(FORMS)}", project=site.project.name)
    faults: list[str] = []
    records: list[Record] = []
    for where, line in lines(site.project.name, form, given):
        try:
            records.append(_KEPT[what](site, by, form.model_validate(line)))
        except ValidationError as error:
            faults += [f"{where}{fault(form, each)}" for each in error.errors(include_url=False)]
        except _Refused as error:
            faults.append(f"{where}{error}")
    if faults:
        more = f"\nand {len(faults) - SHOWN_FAULTS} more" if len(faults) > SHOWN_FAULTS else ""
        raise ChecksFailed(
            f"project {site.project.name}: nothing of this {what} was kept. Correct it and start a new run:\n"
            + "\n".join(f"- {fault}" for fault in faults[:SHOWN_FAULTS])
            + more,
            project=site.project.name,
        )
    return Outcome(f"{what}: {counted(len(records), 'entry', 'entries')} by {site.project.called(by)}", tuple(records))


def composition(project: Project, meeting: str) -> tuple[str, ...]:
    """The roles that have to be at a meeting, each by a holder or deputy.

    One of `meetings` in the project file: its roles. Else the core team's: every role under `people`
    that is not optional. A support meeting's: the roles of levels 2 and 3. Any other meeting needs nobody
    in particular.
    """
    declared = _standing(project, meeting)
    if declared is not None:
        return declared.roles
    if meeting.lower() == CORE_TEAM:
        return tuple(name for name, role in project.people.items() if not role.optional)
    if meeting.lower() == SUPPORT:
        return tuple(dict.fromkeys(level.role for level in project.support.levels if level.level > 1))
    return ()


def _standing(project: Project, meeting: str) -> Meeting | None:
    """The standing meeting that somebody means by its name or its title."""
    said = meeting.lower().replace(" ", "_")
    return next((each for each in project.meetings if said in (each.name, each.shown.lower().replace(" ", "_"))), None)


def _permitted(site: Site, by: str) -> None:
    project = site.project
    if by not in people(project, site.today):
        raise NotPermitted(
            f"project {project.name}: {by} has no part in this project. Name {by} under `people` or in a group under"
            " `training` in the project file, or let somebody else enter it",
            project=project.name,
        )


def people(project: Project, day: date) -> frozenset[str]:
    """Everybody with a part in the project on a day: who holds or deputises a role then, or is in a training group."""
    held = (role.on(day) for role in project.people.values())
    return frozenset(chain(*held, *project.training.groups.values()))


def _past(site: Site, on: date) -> str:
    if on > site.today:
        raise _Refused("on", f"{on} is to come", f"a day until {site.today}")
    return str(on)


def _known(site: Site, person: str, field: str, on: date) -> str:
    if person not in people(site.project, on):
        what = f"{person!r} has no part in this project on {on}"
        raise _Refused(field, what, "a user id of `people` or `training`")
    return person


def _role(site: Site, role: str) -> str:
    if role not in site.project.people:
        raise _Refused("owner", f"{role!r} is no role", f"one of {', '.join(site.project.people)}")
    return role


def _attendance(site: Site, by: str, given: Any) -> Record:
    courses = {course.name: course for course in site.project.training.courses}
    course = courses.get(given.course)
    if course is None:
        raise _Refused("course", f"{given.course!r} is no course", f"one of {', '.join(courses) or 'none is declared'}")
    _known(site, given.person, "person", given.on)
    group = next((g for g in course.groups if given.person in site.project.training.groups[g]), None)
    if group is None:
        raise _Refused(
            "person", f"{given.person} is in no group of this course", f"somebody of {', '.join(course.groups)}"
        )
    return _trained(site, by, given, group, course.name)


def _exercise(site: Site, by: str, given: Any) -> Record:
    exercises = {exercise.name: exercise for exercise in site.project.training.exercises}
    exercise = exercises.get(given.exercise)
    if exercise is None:
        right = f"one of {', '.join(exercises) or 'none is declared'}"
        raise _Refused("exercise", f"{given.exercise!r} is no exercise", right)
    _known(site, given.person, "person", given.on)
    if given.person not in site.project.training.groups[exercise.group]:
        raise _Refused("person", f"{given.person} is not in the exercise's group", f"somebody of {exercise.group}")
    return _trained(site, by, given, exercise.group, exercise.name)


def _trained(site: Site, by: str, given: Any, group: str, course: str) -> Record:
    return Record("training", {
        "person": given.person, "group": group, "course": course, "state": "attended", "on": _past(site, given.on),
        "material": site.project.training.build, "by": by,
    })  # fmt: skip


def _material(site: Site, by: str, given: Any) -> Record:
    return Record("material", {
        "name": given.name, "kind": given.kind, "build": given.build, "link": given.link, "delivered_on": "",
    })  # fmt: skip


def _delivery(site: Site, by: str, given: Any) -> Record:
    """A material that was shown to people, as it stands."""
    standing = {e.payload["name"]: e.payload for e in site.ledger.latest(site.project.name, "material", by=("name",))}
    payload = standing.get(given.name) or next(
        (
            {"name": one.name, "kind": one.kind, "build": one.build, "link": one.link}
            for one in site.project.training.materials if one.name == given.name
        ),
        None,
    )  # fmt: skip
    if payload is None:
        raise _Refused("name", f"{given.name!r} is no material", "the name of one that was declared or entered")
    return Record("material", payload | {"delivered_on": _past(site, given.on)})


def _meeting(site: Site, by: str, given: Any) -> Record:
    present = [_known(site, person, "present", given.on) for person in given.present.replace(",", " ").split()]
    on = _past(site, given.on)
    missing = [
        role for role in composition(site.project, given.meeting)
        if not set(site.project.holders(role, given.on)) & set(present)
    ]  # fmt: skip
    declared = _standing(site.project, given.meeting)
    return Record("meeting", {
        "what": declared.name if declared else given.meeting,
        "on": on, "present": present, "minutes": given.minutes, "missing": missing,
    })  # fmt: skip


def _communication(site: Site, by: str, given: Any) -> Record:
    planned = next((one for one in site.project.communications if given.subject in (one.name, one.what)), None)
    return Record("communication", {
        "what": planned.name if planned else given.subject,
        "to": given.to, "on": _past(site, given.on), "link": given.link,
    })  # fmt: skip


def _release(site: Site, by: str, given: Any) -> Record:
    """Whether the text of a planned message may go out, by who holds the role that owns it."""
    written = {one.name: one for one in site.project.communications if one.text is not None}
    one = written.get(given.subject)
    if one is None:
        right = f"one of {', '.join(written) or 'none: no message has a text'}"
        raise _Refused("subject", f"{given.subject!r} is no message with a text", right)
    if by not in site.project.holders(one.owner, site.today):
        right = f"{holders(site, one.owner)} enters it"
        raise _Refused("subject", f"{one.name} is not for {site.project.called(by)} to release", right)
    if one.name in communications.told(site):
        raise _Refused("subject", f"{one.to} were told {one.name} already", "one that was not sent yet")
    state = communications.RELEASED if given.release == "yes" else communications.HELD
    return Record("attestation", {
        "question": communications.question(one), "role": one.owner,
        "answers": {"state": state, "on": str(site.today)}, "comment": "",
    }, communications.worded(one))  # fmt: skip


def _obligation(site: Site, by: str, given: Any) -> Record:
    """What an obligation's owner says of it; nobody says it for them."""
    departments = {department.name: department for department in site.project.departments}
    department = departments.get(given.department)
    if department is None:
        right = f"one of {', '.join(departments) or 'none is declared'}"
        raise _Refused("department", f"{given.department!r} is no department", right)
    obligation = next(
        (
            one for number, one in enumerate(department.obligations, 1)
            if given.obligation in (one.what, str(number))
        ),
        None,
    )  # fmt: skip
    if obligation is None:
        right = f"its text, or its number from 1 to {len(department.obligations)}"
        raise _Refused("obligation", f"{given.obligation!r} is no obligation of {department.name}", right)
    if by not in site.project.holders(obligation.owner, site.today):
        right = f"{holders(site, obligation.owner)} enters it"
        raise _Refused("obligation", f"{obligation.what!r} is not for {site.project.called(by)} to answer for", right)
    return Record("attestation", {
        "question": question(department, obligation), "role": obligation.owner,
        "answers": {"state": given.state, "on": _past(site, given.on)}, "comment": "",
    })  # fmt: skip


def _risk(site: Site, by: str, given: Any) -> Record:
    """Anybody raises a risk; its owner or the lead changes it, and its owner or a sponsor accepts it."""
    before = register(site).get(given.id) or _last(site, "risk", given.id)
    if before is None and given.state != OPEN:
        raise _Refused("state", f"the risk {given.id} is not known yet", f"{OPEN}: it is decided once it is raised")
    if before is not None:
        owner = str(before["owner"])
        _may(site, by, f"the risk {given.id}", (owner, "sponsor" if given.state == "accepted" else "lead"))
    return Record("risk", {
        "id": given.id, "what": given.says, "likelihood": given.likelihood, "impact": given.impact,
        "owner": _role(site, given.owner), "mitigation": given.mitigation, "review": str(given.review),
        "state": given.state, "raised_by": BY_PEOPLE,
    })  # fmt: skip


def _issue(site: Site, by: str, given: Any) -> Record:
    """Anybody raises an issue, and its owner or the lead changes it; one that a look opened is that look's alone."""
    before = _last(site, "issue", given.id)
    if is_looked_at(given.id) or (before is not None and before["from"] != BY_PEOPLE):
        what = f"{given.id} is opened and closed by what looks at it, and by nobody's word"
        raise _Refused("id", what, "another id; or put right what it says, and let it be looked at again")
    if before is None and given.state != OPEN:
        raise _Refused("state", f"the issue {given.id} is not known yet", f"{OPEN}: it is closed once it is put right")
    if before is not None:
        _may(site, by, f"the issue {given.id}", (str(before["owner"]), "lead"))
    return Record("issue", {
        "id": given.id, "title": given.title, "severity": given.severity, "owner": _role(site, given.owner),
        "state": given.state, "says": given.says, "from": BY_PEOPLE,
    })  # fmt: skip


def _last(site: Site, kind: str, name: str) -> dict[str, Any] | None:
    """The risk or issue of this id as the ledger holds it."""
    latest = site.ledger.latest(site.project.name, kind, by=("id",))
    return next((dict(entry.payload) for entry in latest if entry.payload["id"] == name), None)


def _may(site: Site, by: str, what: str, roles: tuple[str, ...]) -> None:
    """Refused unless somebody holds one of these roles today; '' is the role of nobody."""
    named = [role for role in dict.fromkeys(roles) if role]
    if not any(by in site.project.holders(role, site.today) for role in named):
        right = f"{' or '.join(holders(site, role) for role in named)} enters it"
        raise _Refused("state", f"{what} is not for {site.project.called(by)} to change", right)


def _document(site: Site, by: str, given: Any) -> Record:
    documents = {document.name: document for document in site.project.documents}
    document = documents.get(given.name)
    if document is None:
        raise _Refused("name", f"{given.name!r} is no document", f"one of {', '.join(documents) or 'none is declared'}")
    return Record("document", {
        "name": document.name, "link": document.link, "version": document.version, "stage": document.stage,
        "read_by": by,
    })  # fmt: skip


def _tickets(site: Site, by: str, given: Any) -> Record:
    return Record("ticket", {
        "on": _past(site, given.on), "level": given.level, "opened": given.opened, "closed": given.closed,
        "open": given.open, "answered": [int(minutes) for minutes in given.answered.replace(",", " ").split()],
    })  # fmt: skip


_KEPT: dict[str, Callable[[Site, str, Any], Record]] = {
    "attendance": _attendance,
    "exercise": _exercise,
    "material": _material,
    "delivery": _delivery,
    "meeting": _meeting,
    "communication": _communication,
    "message release": _release,
    "obligation": _obligation,
    "risk": _risk,
    "issue": _issue,
    "document read": _document,
    "tickets": _tickets,
}
