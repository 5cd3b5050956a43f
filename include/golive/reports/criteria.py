"""The conditions of going live as a table: rule, state, evidence, who answers for each, and until when it holds.

Only what the project file names stands in it: a condition that was taken out holds nothing up, and one
that nobody has looked at yet must not be missing among those that pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from golive.ledger import Entry, Kind, Ledger
from golive.project import Project
from golive.project.going_live import Criterion
from golive.readiness.criteria import declared
from golive.reports import plain
from golive.reports.cells import Cell, Table, who
from golive.reports.plain import Tone, Word
from golive.reports.words import many, moment, number, shown
from golive.results import Verdict

# The task with which a run begins to look at them.
_GATE = "check_gate"
_HEAD = ("Criterion", "Rule", "State", "Evidence", "Approver", "Until")
# What did not pass stands first; a state that nobody knows is not among those that did.
_ORDER = {Tone.WAIT: 1, Tone.SOFT: 2, Tone.GOOD: 3}


def of_run(ledger: Ledger, project: Project, run: str) -> Table | None:
    """As they stood when the run, named '<dag_id>/<run_id>', last wrote; None for one that did not look at them."""
    entries = ledger.entries(project.name, run=run)
    if not any(entry.kind == Kind.CRITERION or _is_gate(entry) for entry in entries):
        return None
    last = entries[-1]
    known = [entry for entry in ledger.entries(project.name, kind=Kind.CRITERION) if entry.seq <= last.seq]
    return _table(project, known, last.at.date())


def as_they_stand(ledger: Ledger, project: Project, today: date) -> Table | None:
    """As they stand on a day in the project's time zone; None while none was looked at."""
    known = ledger.entries(project.name, kind=Kind.CRITERION)
    return _table(project, known, today) if known else None


def _is_gate(entry: Entry) -> bool:
    return entry.kind == Kind.STEP and entry.payload.get("task") == _GATE


def _table(project: Project, entries: Iterable[Entry], today: date) -> Table | None:
    # What was measured is no signature, and a signature no measurement: the file may have changed its mind.
    last = {(str(entry.payload["id"]), bool(entry.payload["measured"])): entry for entry in entries}
    found = [(each, last.get((each.id, each.approver is None))) for each in declared(project)]
    if not found:
        return None
    judged = [(each, entry, _state(each, entry, today)) for each, entry in found]
    judged.sort(key=lambda one: _ORDER.get(one[2].tone, 0))
    rows = tuple(
        (
            Cell(shown(each.title)),
            Cell(_rule(each)),
            Cell(state.text, state.tone, mark=True),
            Cell(_evidence(entry)),
            Cell(_approver(each, entry, project)),
            Cell(shown(entry.payload.get("expires") or "") if entry else ""),
        )
        for each, entry, state in judged
    )
    passed = sum(state.tone is Tone.GOOD for _, _, state in judged)
    return Table("criterion", "Criteria of going live", _HEAD, rows, f"{passed:,} of {len(rows):,} passed")


def _state(criterion: Criterion, entry: Entry | None, today: date) -> Word:
    """What the ledger says last; a signature whose days are over has not passed, whatever stands there."""
    if entry is None:
        return Word("not looked at yet", Tone.SOFT)
    said = str(entry.payload["state"])
    expires = str(entry.payload.get("expires") or "")
    if said == Verdict.PASS and expires and expires < today.isoformat():
        return Word("expired", Tone.BAD)
    if said == Verdict.VACUOUS and criterion.approver is not None:
        return Word("not signed yet", Tone.WAIT)
    return plain.state(said)


def _rule(criterion: Criterion) -> str:
    """What has to be so, in words."""
    if criterion.approver is not None:
        until = ", until it can be measured" if criterion.signed_for_now else ""
        return f"the word of a role, which holds for {many(criterion.days, 'day')}{until}"
    bears = f"at most {number(criterion.at_most)} open" if criterion.at_most else "nothing open"
    if criterion.measure is not None:
        return f"measured: {plain.name(criterion.measure)}, {bears}"
    return f"a query over the {'old' if criterion.side == 'source' else 'new'} system: {bears}"


def _evidence(entry: Entry | None) -> str:
    """What was found or said, and where the ledger has it."""
    if entry is None:
        return ""
    evidence = f", evidence {entry.evidence_hash[:12]}" if entry.evidence_hash else ""
    return f"{shown(entry.payload.get('says') or '')} ({moment(entry.at)}, entry {entry.seq}{evidence})".strip()


def _approver(criterion: Criterion, entry: Entry | None, project: Project) -> str:
    """Who signed, or who has to; nobody for what is measured."""
    if criterion.approver is None:
        return ""
    if entry is not None and entry.payload["state"] == Verdict.PASS:
        return f"{shown(project.called(entry.actor))}, as {plain.name(criterion.approver)}"
    return who(criterion.approver, project)
