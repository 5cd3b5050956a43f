"""What a run of a stage has found: what is signed, and what closes the stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from golive.ledger import Entry, Ledger
    from golive.project import Project

# Entries of a run that are no evidence of its stage: they are about the frame itself.
_FRAME = frozenset({"stage", "approval", "alarm"})


def evidence_of(ledger: Ledger, project: Project, stage: str, run: str) -> dict[str, Any]:
    """What this run found, each thing as it stands last, and the stage's checklist as the project file has it.

    Equal as long as nothing decisive changes. ``run`` is '<dag_id>/<run_id>'. A sign-off holds for the hash
    of exactly this: whoever signs answers for each item of the checklist that stands in it, and a list
    that changed later needs a new word.
    """
    from golive.ledger import IDENTITY

    last: dict[tuple[Any, ...], Entry] = {}
    for entry in ledger.entries(project.name, run=run):
        if entry.kind not in _FRAME:
            named = tuple(str(entry.payload.get(name)) for name in IDENTITY.get(entry.kind, ()))
            last[entry.kind, *named] = entry
    declared = project.stage(stage)
    return {
        "project": project.name,
        "stage": stage,
        "run": run,
        "found": [
            {"kind": e.kind, "payload": e.payload, "evidence_hash": e.evidence_hash} for _, e in sorted(last.items())
        ],
        "checklist": [{"id": item.id, "what": item.what} for item in (declared.checklist if declared else ())],
    }
