"""The gate of the final migration: everything that is missing at once, and what the go/no-go is bound to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from golive.readiness import criteria
from golive.readiness.asked import counted
from golive.readiness.criteria import Judged
from golive.readiness.measured import GOING_LIVE
from golive.readiness.reviewed import wrong_rows
from golive.readiness.site import Outcome

if TYPE_CHECKING:
    from golive.project import Project
    from golive.readiness.site import Site

# Who says go where the stage names nobody: somebody has to.
GO_LIVE = "go_live"
_WITHOUT = "Gate: the project file names no criteria"


def signers(project: Project) -> tuple[str, ...]:
    """The roles whose go/no-go the final migration needs: those that sign its stage."""
    stage = project.stage(GOING_LIVE)
    return (stage.signers if stage is not None else ()) or (GO_LIVE,)


def check(site: Site) -> Outcome:
    """All that may be found out before people are asked: day, databases, agreement, people, wrong rows, measures.

    A signature that is not there yet is not missing: its form comes next.
    """
    judged = criteria.evaluate(site)
    waiting = [each for each in judged if each.signed and not each.passed]
    missing = [*_untimely(site), *_unfit(site), *_unfrozen(site), *_unkept(site), *_nobody(site), *_barred(site)]
    missing += wrong_rows(site)
    missing += [each.missing for each in judged if not each.signed and not each.passed]
    passed = sum(each.passed for each in judged)
    says = f"Gate: {passed} of {counted(len(judged), 'criterion', 'criteria')} pass" if judged else _WITHOUT
    if waiting:
        says += f", {len(waiting)} wait for a signature"
    records = tuple(found for found in map(criteria.record, judged) if found is not None)
    return Outcome(f"{says}.", records, tuple(missing))


def deciding(site: Site, judged: Sequence[Judged]) -> dict[str, Any]:
    """What the go/no-go is bound to: the basis of every signature, and each criterion with who signed it."""
    return {
        **criteria.basis(site),
        "criteria": {
            each.criterion.id: {
                "title": each.criterion.title,
                "state": each.state.value,
                "approver": each.criterion.approver or "",
                "by": each.by,
                "for_now": each.criterion.signed_for_now,
            }
            for each in judged
        },
    }


def refusals(site: Site, then: Mapping[str, Any]) -> list[str]:
    """Why what was agreed to on ``then`` does not hold now, a sentence each; empty if it does."""
    judged = criteria.evaluate(site)
    now = deciding(site, judged)
    said = [*_untimely(site), *_unfrozen(site), *_unkept(site), *wrong_rows(site), *criteria.changes(then, now)]
    said += [each.missing for each in judged if not each.passed]
    failed = {each.criterion.id for each in judged if not each.passed}
    for name in sorted({*then["criteria"], *now["criteria"]} - failed):
        if then["criteria"].get(name) != now["criteria"].get(name):
            said.append(f"changed since: the criterion {name}, or who signed it")
    return said


def _unfit(site: Site) -> Iterator[str]:
    from golive.plan import check_live

    for fault in check_live(site.project, site.source, site.target):
        yield f"project {site.project.name} does not fit its databases: {fault}"


def _untimely(site: Site) -> Iterator[str]:
    from golive.readiness.booked_days import refused

    why = refused(site)
    if why:
        yield why


def _unkept(site: Site) -> Iterator[str]:
    """What was signed in the Success Agreement, and is not so any more: nobody changes it alone."""
    from golive.readiness.agreement import in_force, unkept

    signed = in_force(site.ledger, site.project.name)
    if signed is None:
        return
    for what in unkept(site):
        yield (
            f"version {signed.payload['version']} of the Success Agreement was signed otherwise: {what}. Put it back,"
            f" or start {site.project.name}.reschedule with a reason, which asks everybody anew"
        )


def _unfrozen(site: Site) -> Iterator[str]:
    from golive.readiness.mapping import unfrozen

    why = unfrozen(site)
    if why:
        yield why


def _nobody(site: Site) -> Iterator[str]:
    roles = [*signers(site.project), *(c.approver for c in criteria.declared(site.project) if c.approver)]
    roles += [step.decided_by for step in site.project.opening[1:]]
    for role in dict.fromkeys(roles):
        if not site.project.holders(role, site.today):
            yield f"nobody holds the role {role} today: name somebody under `people` in the project file"


def _barred(site: Site) -> Iterator[str]:
    allowed = tuple(dict.fromkeys(role for step in site.project.opening for role in step.allow))
    with site.target.session(read_only=True) as connection:
        yield from site.target.access.barred(connection, allowed)
