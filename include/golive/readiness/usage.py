"""How people will work in the new system: a question to an area, which its owner attests at mid-cycle.

Whether the new system supports what a department does, no query can tell. Beside the question stands what one
can: how much the old system's tables of that area are in use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golive.project.sides import bare
from golive.readiness.asked import answered, ask_again, counted, holders
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.project import Project
    from golive.project.proving import Usage
    from golive.readiness.site import Site

YES, NO = "yes", "no"


def owners(project: Project) -> tuple[str, ...]:
    """The roles that own a question, each once, in the project file's order."""
    return tuple(dict.fromkeys(usage.owner for usage in project.validation.usage))


def of_owner(project: Project, role: str) -> tuple[Usage, ...]:
    """The questions of a role."""
    return tuple(usage for usage in project.validation.usage if usage.owner == role)


def attesting(role: str) -> str:
    """The ledger's word for the form on which a role answers its questions."""
    return f"usage/{role}"


def to_attest(site: Site, role: str) -> dict[str, Any]:
    """What the form of a role asks: each question with what the last profile saw of its tables, '' without one."""
    return {
        "stage": site.stage,
        "usage": [
            {"area": usage.area, "asks": usage.asks, "seen": _seen(site, usage)}
            for usage in of_owner(site.project, role)
        ],
    }


def settle_usage(site: Site) -> Outcome:
    """Every owner said in this run that the new system supports what is done in their areas.

    What was answered is kept, yes or no. Missing is each area whose owner was not asked, or said no.
    """
    asked = site.project.validation.usage
    if not asked:
        return Outcome("No question about the use of the new system is declared.")
    records: list[Record] = []
    missing: list[str] = []
    for usage in asked:
        question, evidence = attesting(usage.owner), to_attest(site, usage.owner)
        answer = answered(site, question, evidence, usage.owner)
        said = None if answer is None else answer.payload["answers"].get(usage.area)
        if answer is None or said not in (YES, NO):
            again = ask_again(site, question, evidence, f"attest_usage_as_{usage.owner}")
            missing.append(
                f"{holders(site, usage.owner)} did not say in this run whether the new system supports {usage.area}."
                f" {again} them"
            )
            continue
        records.append(Record("attestation", {
            "question": f"usage/{usage.area}", "role": usage.owner, "answers": {"supports": said, "asks": usage.asks},
            "comment": answer.payload["comment"], "by": answer.actor,
        }))  # fmt: skip
        if said == NO:
            missing.append(
                f"{site.project.called(answer.actor)} says that the new system does not support {usage.area}:"
                f" {answer.payload['comment']}. {holders(site, 'lead')}: settle it with them, then start a new run,"
                " which asks again"
            )
    yes = sum(record.payload["answers"]["supports"] == YES for record in records)
    return Outcome(
        f"Use of the new system: {yes} of {counted(len(asked), 'area')} attested.", tuple(records), tuple(missing)
    )


def _seen(site: Site, usage: Usage) -> str:
    """How much the old system used the tables of an area, in words, by its own counters since they were last reset."""
    entry = site.ledger.last(site.project.name, "profile")
    if entry is None or entry.evidence_hash is None or not usage.tables:
        return ""
    profile = site.ledger.evidence(entry.evidence_hash)
    assert isinstance(profile, dict)
    stored = {bare(table["name"]): table for table in profile["tables"]}
    said = "; ".join(f"{name}: {_used(stored.get(bare(name)))}" for name in usage.tables)
    return f"{said} (profile of {entry.at:%Y-%m-%d})"


def _used(table: dict[str, Any] | None) -> str:
    if table is None:
        return "the profile knows no such table"
    last = f", last read {table['last_read']} UTC" if table["last_read"] else ""
    return f"{table['reads']} reads, {table['writes']} writes{last}"
