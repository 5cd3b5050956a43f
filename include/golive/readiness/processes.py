"""Business processes that must be closed before the freeze: payroll, open orders, a fiscal period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from golive.readiness.asked import answered, ask_again, counted, holders, open_things
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.project import Project
    from golive.project.preparing import Process
    from golive.readiness.site import Site


def check_processes(site: Site) -> Outcome:
    """Every process is closed: its query finds nothing open. A query that cannot be asked is no zero."""
    return _look(site, "check_processes")


def settle_processes(site: Site) -> Outcome:
    """Every owner stated in this run that their processes are closed, and they still are.

    Stated is what stood on the form: nobody has stated anything about processes other than those that are declared
    now, or about one that was shown as open.
    """
    looked = _look(site, "settle_processes")
    records = list(looked.records)
    missing = list(looked.missing)
    closed = dict.fromkeys((process.name for process in site.project.processes), "closed")
    for role in owners(site.project):
        question, evidence = attesting(role), _stated(site.project, role, closed)
        answer = answered(site, question, evidence, role)
        if answer is None:
            missing.append(
                f"{holders(site, role)} did not state in this run that their business processes are closed."
                f" {ask_again(site, question, evidence, f'attest_as_{role}')}"
            )
            continue
        records.append(Record("attestation", {
            "question": question, "role": role, "answers": answer.payload["answers"],
            "comment": answer.payload["comment"], "by": answer.actor,
        }))  # fmt: skip
    return Outcome(looked.says, tuple(records), tuple(missing))


def owners(project: Project) -> tuple[str, ...]:
    """The roles that own a process, each once, in the project file's order."""
    return tuple(dict.fromkeys(process.owner for process in project.processes))


def attesting(role: str) -> str:
    """The ledger's word for the question to an owner of processes."""
    return f"closed/{role}"


def to_attest(site: Site, role: str) -> dict[str, Any]:
    """What an owner is asked about: their processes as this run last found them."""
    found: dict[str, Any] = {}
    for entry in site.ledger.entries(site.project.name, kind="process", run=site.run_name):
        found[entry.payload["process"]] = entry.payload["state"]
    return _stated(site.project, role, found)


def _stated(project: Project, role: str, found: Mapping[str, str]) -> dict[str, Any]:
    """A role's processes as they are declared, each as it was found."""
    owned = [process for process in project.processes if process.owner == role]
    return {
        "role": role,
        "processes": [
            {"process": each.name, "title": each.title, "query": each.query, "side": each.side,
             "state": found.get(each.name, "not looked at")}
            for each in owned
        ],
    }  # fmt: skip


def _look(site: Site, task: str) -> Outcome:
    processes = site.project.processes
    if not processes:
        return Outcome("No business process is declared.")
    records = tuple(_records(site))
    closed = sum(record.payload["state"] == "closed" for record in records)
    missing = [
        _missing(site, process, record.payload, task)
        for process, record in zip(processes, records, strict=True)
        if record.payload["state"] != "closed"
    ]
    says = f"{closed} of {counted(len(processes), 'business process', 'business processes')} closed."
    return Outcome(says, records, tuple(missing))


def _records(site: Site) -> Iterator[Record]:
    for process in site.project.processes:
        found = open_things(site, process.side, process.query)
        if found.count is None:
            state, says = "ERROR", f"it could not be asked: {found.error}"
        elif found.count:
            state, says = "open", f"{found.count} open in the {process.side}"
        else:
            state, says = "closed", f"nothing open in the {process.side}"
        yield Record("process", {
            "process": process.name, "open": found.count, "owner": process.owner, "state": state, "says": says,
        })  # fmt: skip


def _missing(site: Site, process: Process, payload: Any, task: str) -> str:
    who = holders(site, process.owner)
    if payload["state"] == "ERROR":
        return (
            f"The business process {process.title} is not known to be closed: {payload['says']}. {who}: correct its"
            f" query in the project file, then clear {task}"
        )
    return f"The business process {process.title} is not closed: {payload['says']}. {who}: close it, then clear {task}"
