"""The impact map: what the move asks of every department, and who answers for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from golive.readiness.asked import counted, holders
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.ledger import Ledger
    from golive.project import Project
    from golive.project.people import Department, Obligation
    from golive.readiness.site import Site

MET = "met"


@dataclass(frozen=True, slots=True)
class Line:
    """One obligation of one department; ``due`` is '' without a day.

    ``state`` is 'met' with the day, 'open', 'nobody' or 'past due'.
    """

    department: str
    obligation: str
    owner: str
    people: str
    due: str
    state: str


def check_departments(site: Site) -> Outcome:
    """Every department has a head and obligations; each is met, or has an owner who is there and a day to come.

    An organisation that declares no department is told so, and nothing is missing: whom the move
    touches is for its people to say.
    """
    from golive.ledger import digest

    departments = site.project.departments
    if not departments:
        return Outcome("No departments are declared: nobody but the project team is asked for anything.")
    is_met = met(site.ledger, site.project)
    lines = [
        _line(site, department, obligation, is_met)
        for department in departments
        for obligation in department.obligations
    ]
    missing = tuple(gap for department in departments for gap in _gaps(site, department, is_met))
    done = sum(line.state.startswith(MET) for line in lines)
    in_time = sum(line.state == "open" for line in lines)
    says = (
        f"{counted(len(departments), 'department')}, {counted(len(lines), 'obligation')}: {done} met, {in_time} open"
        " with an owner and in time."
    )
    evidence = {"text": _map(site, lines)}
    payload = {"what": "impact map", "hash": digest(evidence)}
    return Outcome(says, (Record("report", payload, evidence),), missing)


def question(department: Department, obligation: Obligation) -> str:
    """The ledger's word for the question whether an obligation was met; one in other words is another obligation."""
    return f"obligation/{department.name}/{obligation.what}"


def met(ledger: Ledger, project: Project) -> dict[str, str]:
    """The day on which each obligation that is met was, by its question; its owner's last word counts."""
    entries = ledger.latest(project.name, "attestation", by=("question",))
    return {
        entry.payload["question"]: entry.payload["answers"]["on"]
        for entry in entries
        if entry.payload["question"].startswith("obligation/") and entry.payload["answers"]["state"] == "closed"
    }


def _map(site: Site, lines: list[Line]) -> str:
    """The impact map as a table in Markdown."""
    names = [field.name for field in fields(Line)]
    cells = ([str(getattr(line, name)).replace("|", "\\|") for name in names] for line in lines)
    rows = [f"| {' | '.join(row)} |" for row in cells]
    head = [f"# Impact map on {site.today}", "", f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    return "\n".join([*head, *rows, ""])


def _line(site: Site, department: Department, obligation: Obligation, done: Mapping[str, str]) -> Line:
    people = site.project.holders(obligation.owner, site.today)
    on = done.get(question(department, obligation))
    late = obligation.due is not None and obligation.due < site.today
    return Line(
        department=department.title or department.name,
        obligation=obligation.what,
        owner=obligation.owner,
        people=", ".join(map(site.project.called, people)),
        due=str(obligation.due or ""),
        state=f"{MET} on {on}" if on else "nobody" if not people else "past due" if late else "open",
    )


def _gaps(site: Site, department: Department, done: Mapping[str, str]) -> Iterator[str]:
    name = department.title or department.name
    if not site.project.holders(department.head, site.today):
        yield f"{name} has no head: nobody holds the role {department.head} today. Name somebody under `people`"
    if not department.obligations:
        yield (
            f"{holders(site, department.head)} declared nothing that {name} has to do for the move. Write it under"
            f" `obligations` of the department {department.name}, or take the department out"
        )
    for obligation in department.obligations:
        line = _line(site, department, obligation, done)
        if line.state == "nobody":
            yield (
                f"{name}: nobody answers for {obligation.what!r}, because nobody holds the role {obligation.owner}"
                " today. Name somebody under `people`, or give it another owner"
            )
        elif line.state == "past due":
            yield (
                f"{name}: {obligation.what!r} was due on {line.due}. {holders(site, obligation.owner)}: enter it"
                f" with {site.project.name}.record if it is met, or set a new day under `obligations`"
            )
