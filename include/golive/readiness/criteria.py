"""The conditions of going live: each is measured, asked by a query, or the word of a role, and only a PASS opens.

A signature is a criterion's own entry: it names who signed and until when it holds, and its evidence is
what decided then (``basis``). It stands while it has not expired and all of that is as it was. One that
was found void stays void: the role is asked again. It ends with its signer's part in the role.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from golive.errors import Terminal
from golive.project.going_live import Criterion
from golive.readiness.asked import Open, holders, open_things
from golive.readiness.measured import GOING_LIVE, Measured
from golive.readiness.measures import MEASURES
from golive.readiness.proved import mismatches
from golive.readiness.site import Record
from golive.results import Verdict

if TYPE_CHECKING:
    from golive.ledger import Entry
    from golive.project import Project
    from golive.readiness.site import Site

# What holds in every project whose roadmap has what it speaks of, unless the file has it in its own words.
_STAGES = Criterion(id="stages", title="Every stage before is complete", measure="stages")
_SLOT = Criterion(id="slot", title="The day is booked", measure="slot")

# Of the name of a department's criterion, so that a number behind it still makes a name.
_LONGEST = 59


@dataclass(frozen=True, slots=True)
class Judged:
    """One criterion as it stands. ``by`` signed it, and ``expires`` is the last day on which that holds."""

    criterion: Criterion
    state: Verdict
    says: str
    do: str
    by: str = ""
    expires: str = ""

    @property
    def passed(self) -> bool:
        return self.state is Verdict.PASS

    @property
    def signed(self) -> bool:
        """Whether it is the word of a role, not a measurement."""
        return self.criterion.approver is not None

    def __str__(self) -> str:
        return f"{self.criterion.title} ({self.criterion.id}): {self.state.value}, {self.says}"

    @property
    def missing(self) -> str:
        """What is missing, and what to do: of one that did not pass."""
        return f"{self}. {self.do}"


def declared(project: Project) -> tuple[Criterion, ...]:
    """The criteria of the file, that the stages before are complete, that the day is booked, and every head's word.

    Each of those two only where the roadmap has stages before the final migration, and where it has the
    stage that books the day; and not where the file has a criterion that measures just that. A department's
    head is asked unless the go/no-go itself is theirs to sign: another criterion is another question.
    """
    found = list(project.criteria)
    always = [_STAGES] if project.before(GOING_LIVE) else []
    always += [_SLOT] if project.stage("implement") is not None else []
    for one in always:
        if one.measure not in {each.measure for each in project.criteria}:
            found.append(one.model_copy(update={"id": _free(one.id, {each.id for each in found})}))
    return (*found, *_heads(project, {each.id for each in found}))


def evaluate(site: Site) -> tuple[Judged, ...]:
    """Every criterion as it stands now, in the file's order; measured anew, signatures as the ledger holds them."""
    return tuple(judge(site, criterion) for criterion in declared(site.project))


def judge(site: Site, criterion: Criterion) -> Judged:
    """One criterion as it stands now. What cannot be found out is ERROR; a lost connection is raised."""
    try:
        if criterion.approver is not None:
            return _signature(site, criterion)
        measured = _measured(site, criterion)
    except Terminal as error:
        do = f"{holders(site, 'lead')}: correct that, then clear check_gate"
        return Judged(criterion, Verdict.ERROR, f"could not be found out: {error.message}", do)
    if not measured.looked_at:
        do = f"{measured.do}, or take the criterion out of the project file"
        return Judged(criterion, Verdict.VACUOUS, str(measured), do)
    if measured.open > criterion.at_most:
        limit = f", at most {criterion.at_most}" if criterion.at_most else ""
        return Judged(criterion, Verdict.FAIL, f"{measured}{limit}", measured.do)
    return Judged(criterion, Verdict.PASS, str(measured), "")


def record(judged: Judged) -> Record | None:
    """The entry of what was found out; None for a signature that stands, which is an entry of its own."""
    if judged.signed and judged.passed:
        return None
    return Record("criterion", _payload(judged.criterion, judged.state, judged.says, ""))


def signature(site: Site, criterion: Criterion, comment: str, shown: Mapping[str, Any]) -> Record:
    """The entry of a signature that was given today on what ``to_sign`` showed.

    Today is the first of the criterion's days; it ends on the last of them, or with the role, if that is sooner.
    """
    last = site.today + timedelta(days=criterion.days - 1)
    role = site.project.people.get(criterion.approver or "")
    if role is not None and role.until is not None:
        last = min(last, role.until)
    return Record("criterion", _payload(criterion, Verdict.PASS, comment, str(last)), shown)


def to_sign(site: Site, criterion: Criterion) -> dict[str, Any]:
    """What a role agrees to with its signature: the criterion, and everything that decides."""
    return {"criterion": criterion.model_dump(mode="json"), **basis(site)}


def basis(site: Site) -> dict[str, Any]:
    """What decides, except the criteria themselves: mapping, project file, suites, code, mismatches last counted."""
    from golive.ledger import code_hash, digest
    from golive.readiness.mapping import suite_lines

    return {
        "project": site.project.name,
        "mapping": {table.name: table.fingerprint for table in site.plan.tables},
        "file": {key: digest({key: value}) for key, value in site.project.model_dump(mode="json").items()},
        "suites": {place: digest({place: text}) for place, text in suite_lines(site.project.name).items()},
        "code": code_hash(),
        "mismatches": mismatches(site),
    }


def changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What decides that is not as it was, a line each."""
    return [f"changed since: {what}" for what in _changed(then, now)]


def _heads(project: Project, taken: set[str]) -> tuple[Criterion, ...]:
    """A criterion for each department whose head does not sign the go/no-go; ``taken`` are the ids of all others."""
    final = project.stage(GOING_LIVE)
    if final is None:
        return ()
    heads = []
    for each in project.departments:
        if each.head not in final.signers:
            title = f"{each.title or each.name.replace('_', ' ').capitalize()} agrees to the go-live"
            heads.append(Criterion(id=_free(f"department_{each.name}", taken), title=title, approver=each.head))
            taken.add(heads[-1].id)
    return tuple(heads)


def _free(name: str, taken: Set[str]) -> str:
    """This name, or one like it: what has the name already must not stand in for the head's word."""
    name = name[:_LONGEST]
    return next(free for free in chain((name,), (f"{name}_{n}" for n in count(2))) if free not in taken)


def _changed(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs, in words; a part that was not kept then is another one."""

    def differing(part: str) -> list[str]:
        return _differing(then.get(part, {}), now[part])

    said = [f"the mapping of {name}" for name in differing("mapping")]
    said += [f"`{key}` in the project file" for key in differing("file")]
    said += [f"the suite {line}" for line in differing("suites")]
    if then.get("code") != now["code"]:
        said.append("Golive's own code")
    for table in differing("mismatches"):
        had, have = (each.get("mismatches", {}).get(table, "not counted") for each in (then, now))
        said.append(f"the mismatches of {table}: {had} then, {have} now")
    return said


def _measured(site: Site, criterion: Criterion) -> Measured:
    if criterion.measure is not None:
        return MEASURES[criterion.measure](site)
    assert criterion.query is not None and criterion.of is not None
    found = _count(open_things(site, criterion.side, criterion.query), "query")
    of = _count(open_things(site, criterion.side, criterion.of), "`of`")
    do = f"correct what its query finds in the {criterion.side}" if of or found else (
        f"see that its `of` finds something in the {criterion.side}"
    )  # fmt: skip
    return Measured(found, max(found, of), (), f"{holders(site, 'lead')}: {do}")


def _count(found: Open, which: str) -> int:
    if found.count is None:
        raise Terminal(f"its {which} failed: {found.error}")
    return found.count


def _signature(site: Site, criterion: Criterion) -> Judged:
    role = criterion.approver or ""
    do = f"{holders(site, role)}: answer the form sign_{criterion.id} of {site.project.name}.{GOING_LIVE}"
    entry = _last(site, criterion)
    if entry is None or entry.payload["state"] != Verdict.PASS or entry.evidence_hash is None:
        return Judged(criterion, Verdict.VACUOUS, f"waits for the word of {holders(site, role)}", do)
    person, expires = site.project.called(entry.actor), str(entry.payload["expires"])
    said = f"signed by {person} on {entry.at:%Y-%m-%d}"
    if entry.actor not in site.project.holders(role, site.today):
        return Judged(criterion, Verdict.FAIL, f"{said}, who does not hold the role {role} today", do)
    if date.fromisoformat(expires) < site.today:
        return Judged(criterion, Verdict.FAIL, f"{said}, which held until {expires}", do)
    then = site.ledger.evidence(entry.evidence_hash)
    assert isinstance(then, dict)
    now = to_sign(site, criterion)
    if then != now:
        changed = ", ".join(_changed(then, now)) or "the criterion itself"
        return Judged(criterion, Verdict.FAIL, f"{said}, and void: {changed} changed since", do)
    return Judged(criterion, Verdict.PASS, f"{said}, until {expires}", "", entry.actor, expires)


def _last(site: Site, criterion: Criterion) -> Entry | None:
    entries = site.ledger.latest(site.project.name, "criterion", by=("id",))
    return next((entry for entry in entries if entry.payload["id"] == criterion.id), None)


def _payload(criterion: Criterion, state: Verdict, says: str, expires: str) -> dict[str, Any]:
    return {
        "id": criterion.id,
        "title": criterion.title,
        "state": state.value,
        "says": says,
        "approver": criterion.approver or "",
        "expires": expires,
        "measured": criterion.approver is None,
    }


def _differing(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in {*then, *now} if then.get(name) != now.get(name))
