"""What people agree to on the night: the go-live itself, and rows that would be left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golive.errors import NotPermitted
from golive.flow.people import Question, Shown, asked, link

if TYPE_CHECKING:
    from golive.flow.world import World

GO_LIVE = "go_live"
QUARANTINE = "quarantine"


def go_live(role: str = GO_LIVE) -> Question:
    """Go live now? About the dry run of this run, to one role; each role that signs the stage has a form of its own."""
    return Question(question_of(role), role, "go live now?", _GO_LIVE_DOC, _dry_run)


def open_without() -> Question:
    """Open without these rows? About rows in quarantine that were not on the first form; asked only if there are any."""
    return Question(QUARANTINE, GO_LIVE, "open without these rows?", _QUARANTINE_DOC, _new_losses)


def question_of(role: str) -> str:
    """The name of a role's go/no-go in the ledger."""
    return GO_LIVE if role == GO_LIVE else f"{GO_LIVE}/{role}"


def agreed_losses(here: World) -> dict[str, Any]:
    """The quarantine that was shown on the second form and agreed to; empty if there was none."""
    from golive.ledger import approval

    question = asked(here, QUARANTINE)
    if question is None or question.evidence_hash is None:
        return {}
    agreed = approval(here.ledger, here.project.name, here.run.name, question.payload["evidence_hash"], QUARANTINE)
    evidence = here.ledger.evidence(question.evidence_hash)
    assert isinstance(evidence, dict)
    return dict(evidence["quarantine"]) if agreed else {}


def _dry_run(here: World) -> Shown:
    from golive.flow.guard import end_if_opened

    end_if_opened(here)
    shown = here.own("dry_run")
    if shown is None or shown.evidence_hash is None:
        raise NotPermitted(
            f"project {here.project.name}: the ledger holds no dry run of this run. Clear show_dry_run first",
            project=here.project.name,
        )
    evidence = here.ledger.evidence(shown.evidence_hash)
    assert isinstance(evidence, dict)
    return Shown(evidence, _go_live_body(here, evidence), shown.evidence_hash)


def _new_losses(here: World) -> Shown | None:
    from golive.flow.cutover import approved
    from golive.flow.guard import end_if_opened
    from golive.flow.records import quarantine, unseen

    end_if_opened(here)
    evidence, _ = approved(here)
    now = quarantine(here)
    new = unseen(evidence["quarantine"], now)
    if not new:
        return None
    losses = {"quarantine": now, "new": new}
    return Shown(losses, _quarantine_body(here, losses))


def _go_live_body(here: World, evidence: dict[str, Any]) -> str:
    from golive.flow.cutover import STEPS

    minutes = evidence["minutes"]
    steps = "\n".join(f"{n}. {action}" for n, action in enumerate(evidence["actions"], 1))
    times = ", ".join(f"{step} {minutes[step]} min" for step in STEPS)
    return (
        f"You agree to the cut-over of **{here.project.title or here.project.name}**. If you approve, the old system"
        f" is made read-only at once, and this happens, in this order:\n\n{steps}\n\n"
        f"Expected: about **{sum(minutes.values())} minutes** ({times}).\n\n"
        f"**Left behind so far: {evidence['quarantined']} rows** in {len(evidence['quarantine'])} tables."
        f"{_waiting(evidence['quarantine'])}{_reasons(evidence['quarantine'])}\n\n"
        f"[All tables and rows]({link(here)})"
    )


def _quarantine_body(here: World, evidence: dict[str, Any]) -> str:
    new = sum(evidence["new"].values())
    total = sum(held["rows"] for held in evidence["quarantine"].values())
    return (
        f"The old system is frozen and everything else has crossed. **{new} rows could not be migrated that were not"
        f" shown to you before** ({total} in all).{_reasons(evidence['quarantine'])}\n\n"
        "Approve: the new system opens without them; they stay listed in the quarantine. Reject: nothing opens; correct"
        " them and start a new run, or go back.\n\n"
        f"[The rows, by table and reason]({link(here)})"
    )


def _waiting(quarantine: dict[str, Any]) -> str:
    waiting = sum(held.get("waiting", 0) for held in quarantine.values())
    if not waiting:
        return ""
    return (
        f" Of these, {waiting} only wait for another row, which may be one that moves at the go-live; whatever is still"
        " left then and is not listed here, you are asked about once more before anything opens."
    )


def _reasons(quarantine: dict[str, Any]) -> str:
    from golive.reports.words import shown, why

    if not quarantine:
        return ""
    lines = ["\n\n| table | rows | why |", "|---|---|---|"]
    for table, held in sorted(quarantine.items()):
        sums: dict[str, int] = {}
        for reason in held["reasons"]:
            words = why(reason["reason"], reason["state"])
            sums[words] = sums.get(words, 0) + reason["rows"]
        said = "; ".join(f"{rows} × {words}" for words, rows in sorted(sums.items(), key=lambda each: -each[1]))
        lines.append(f"| {shown(table).removeprefix('public.')} | {held['rows']} | {said} |".replace("\n", " "))
    return "\n".join(lines)


_GO_LIVE_DOC = """Asks whether to go live now. It waits for a person: Required Actions shows the form.

If it fails, the answer was no, came too late or from somebody else, had no reason, or the evidence
changed: its message says which. Nothing was changed. Marking it as success agrees to nothing: the next
task reads the ledger. Start a new run to be asked again."""
_QUARANTINE_DOC = """Asks about rows that could not be migrated and that nobody was shown before; asks nobody
if there are none.

If it fails, the answer was no: nothing is open, the source stays frozen. Correct the rows and start a
new run, or go back with `golive unfreeze PROJECT`."""
