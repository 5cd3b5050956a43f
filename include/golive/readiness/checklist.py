"""A stage's checklist: each item is ticked by itself, by somebody who signs the stage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from golive.ledger import Ledger
    from golive.project import Project
    from golive.project.roadmap import Item


def field(item: Item) -> str:
    """The name of an item's box on a form, and of its tick in the answer."""
    return f"item_{item.id}"


def unticked(
    ledger: Ledger, project: Project, stage: str, run: str, roles: Sequence[str], evidence_hash: str
) -> Iterator[str]:
    """A sentence for each mandatory item that none of these roles ticked; ``run`` is '<dag_id>/<run_id>'.

    Only words that stand count: given in this run, on ``evidence_hash``, the hash of exactly what it has found and of
    the checklist. While one of them is lacking nobody knows what will be ticked: that is the one thing said then.
    """
    from golive.ledger import approval

    declared = project.stage(stage)
    items = [item for item in declared.checklist if item.mandatory] if declared is not None else []
    if not items:
        return
    words = {role: approval(ledger, project.name, run, evidence_hash, f"sign_off/{role}") for role in roles}
    answers = [word.payload["answers"] for word in words.values() if word is not None]
    silent = [role for role, word in words.items() if word is None]
    if silent:
        yield f"whether the checklist is ticked is open until the word of {' and '.join(silent)} stands"
        return
    forms = " or ".join(f"sign_as_{role}" for role in roles)
    for item in items:
        if not any(answer.get(field(item)) is True for answer in answers):
            yield f"nobody ticked {item.what!r} ({item.id}). Once it is done, clear {forms}, which asks again"
