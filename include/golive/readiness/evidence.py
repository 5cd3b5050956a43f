"""What a run of a stage has found: what is signed, and what closes the stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from golive.ledger import Entry, Ledger
    from golive.project import Project

# Entries of a run that are no evidence of its stage: they are about the frame itself.
_FRAME = frozenset({"run", "stage", "approval", "alarm"})
# Reports of a pass: they say again what is evidence already, and are written while people sign.
_SAID_AGAIN = "pass/"


def evidence_of(ledger: Ledger, project: Project, stage: str, run: str) -> dict[str, Any]:
    """What this run found, each thing as it stands last, and the stage's checklist as the project file has it.

    Equal as long as nothing decisive changes. With each step stands the hash of the project file that it looked
    at. ``run`` is '<dag_id>/<run_id>'. A sign-off holds for the hash
    of exactly this: whoever signs ticks items of the checklist that stands in it, and a list that changed
    later needs a new word, and new ticks.
    """
    from golive.ledger import IDENTITY

    last: dict[tuple[Any, ...], Entry] = {}
    for entry in ledger.entries(project.name, run=run):
        if entry.kind not in _FRAME and not _is_said_again(entry):
            named = tuple(str(entry.payload.get(name)) for name in IDENTITY.get(entry.kind, ()))
            last[entry.kind, *named] = entry
    declared = project.stage(stage)
    return {
        "project": project.name,
        "stage": stage,
        "run": run,
        "found": [
            {"kind": e.kind, "payload": e.payload, "evidence_hash": e.evidence_hash}
            | ({"project_hash": e.project_hash} if e.kind == "step" else {})
            for _, e in sorted(last.items())
        ],
        "checklist": [item.model_dump() for item in (declared.checklist if declared else ())],
    }


def _is_said_again(entry: Entry) -> bool:
    return entry.kind == "report" and str(entry.payload.get("what")).startswith(_SAID_AGAIN)
