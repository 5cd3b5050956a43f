"""The form on which a person agrees, and the ledger entry that makes the answer count.

Airflow's form can be bypassed (a task marked as success runs what follows) and its text stays old
after a clear. So the form only asks: what counts is the entry written from the answer's own event,
and the tasks that act read that entry again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Param

from golive.errors import NotPermitted
from golive.project import Project

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.ledger import Entry

GO_LIVE = "go_live"
QUARANTINE = "quarantine"

# Who answers where everybody is an administrator without a name.
NOBODY = frozenset({"", "anonymous"})


class AskPeople(ApprovalOperator):
    """Ask the project's people one question about evidence in the ledger, and write down their answer.

    Approved, rejected, refused (the wrong person, nobody known, no answer in time): each is an
    entry. All but approved fail the task, and with it the run. ``question`` is GO_LIVE, about the
    dry run, or QUARANTINE, about rows that would be left behind and were not shown before; if there
    are none, nobody is asked.
    """

    def __init__(self, *, project: Project, question: str, **kwargs: Any) -> None:
        self.project = project.name
        self.question = question
        people = project.people.get(GO_LIVE, ())
        comment = Param("", type="string", title="Comment", description="Kept in the ledger.")
        kwargs |= {
            "subject": f"{project.title or project.name}: {_SUBJECTS[question]}",
            "body": "The evidence is being read from the ledger.",
            # The form's own field alone: the run's parameters were handed in too, and are no question.
            "params": {"comment": comment},
            "assigned_users": [{"id": person, "name": person} for person in people] or None,
            "response_timeout": timedelta(hours=project.limits.approval_hours),
            # A second try would put up a second form.
            "retries": 0,
            "doc_md": _DOCS[question],
        }
        super().__init__(**kwargs)

    def execute(self, context: Any) -> Any:
        """Put the evidence on the form, note in the ledger what was asked, and wait."""
        from golive.flow.guard import end_if_opened
        from golive.flow.world import world

        with world(self.project) as here:
            end_if_opened(here)
            found = _evidence(here, self.question)
            if found is None:
                self.log.info("Nothing to agree to: no row is in quarantine that was not shown before.")
                return None
            evidence_hash, evidence = found
            before = _asked(here, self.question)
            if before is not None and before.payload["evidence_hash"] != evidence_hash:
                raise NotPermitted(
                    f"project {self.project}: what this form asks has changed since it was first shown, and Airflow"
                    " keeps the old text. Start a new run of final_migration, which asks anew",
                    project=self.project,
                )
            self.body = _BODIES[self.question](here, evidence, evidence_hash)
            here.write(
                "approval",
                {
                    "question": self.question,
                    "verdict": "asked",
                    "evidence_hash": evidence_hash,
                    "people": list(here.project.people.get(GO_LIVE, ())),
                },
                evidence=evidence if self.question == QUARANTINE else None,
            )
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Write the answer, then let the run go on or fail it."""
        from golive.flow.world import world

        person = str((event.get("responded_by_user") or {}).get("id") or "")
        chosen = event.get("chosen_options") or []
        with world(self.project) as here:
            asked = _asked(here, self.question)
            evidence_hash = asked.payload["evidence_hash"] if asked else ""
            refused = _refusal(here, self.question, event, person, evidence_hash)
            verdict = "refused" if refused else "approved" if chosen == [self.APPROVE] else "rejected"
            comment = str((event.get("params_input") or {}).get("comment") or "")
            entry = here.write(
                "approval",
                {
                    "question": self.question,
                    "verdict": verdict,
                    "evidence_hash": evidence_hash,
                    "comment": comment,
                    "answered_at": str(event.get("responded_at") or ""),
                    "reason": refused or "",
                },
                actor=person or "nobody",
            )
            if refused:
                raise NotPermitted(f"project {self.project}: {refused}", project=self.project)
            if verdict == "rejected":
                raise NotPermitted(
                    f"project {self.project}: {person} said no{f': {comment}' if comment else ''}"
                    f" (ledger entry {entry.seq}). Nothing was changed since the question. Start a"
                    " new run when it may be asked again",
                    project=self.project,
                )
        self.log.info("Agreed by %s, ledger entry %s.", person, entry.seq)
        return {"by": person, "entry": entry.seq}


def agreed_losses(here: World) -> dict[str, Any]:
    """The quarantine that was shown on the second form and agreed to; empty if there was none."""
    from golive.ledger import approval

    asked = _asked(here, QUARANTINE)
    if asked is None or asked.evidence_hash is None:
        return {}
    agreed = approval(here.ledger, here.project.name, here.run.name, asked.payload["evidence_hash"], QUARANTINE)
    evidence = here.ledger.evidence(asked.evidence_hash)
    assert isinstance(evidence, dict)
    return dict(evidence["quarantine"]) if agreed else {}


def _asked(here: World, question: str) -> Entry | None:
    return here.own("approval", question=question, verdict="asked")


def _evidence(here: World, question: str) -> tuple[str, dict[str, Any]] | None:
    from golive.flow.cutover import approved
    from golive.flow.records import quarantine, unseen
    from golive.ledger import digest

    if question == GO_LIVE:
        shown = here.own("dry_run")
        if shown is None or shown.evidence_hash is None:
            raise NotPermitted(
                f"project {here.project.name}: the ledger holds no dry run of this run. Clear show_dry_run first",
                project=here.project.name,
            )
        evidence = here.ledger.evidence(shown.evidence_hash)
        assert isinstance(evidence, dict)
        return shown.evidence_hash, evidence
    evidence, _ = approved(here)
    now = quarantine(here)
    new = unseen(evidence["quarantine"], now)
    if not new:
        return None
    losses = {"quarantine": now, "new": new}
    return digest(losses), losses


def _refusal(here: World, question: str, event: dict[str, Any], person: str, evidence_hash: str) -> str | None:
    """Why an answer does not count, in words; None if it does."""
    people = here.project.people.get(GO_LIVE, ())
    if "error" in event:
        return f"nobody answered within {here.project.limits.approval_hours} hours. Start a new run"
    if person.lower() in NOBODY:
        return (
            "the answer has no name, because everybody is an administrator here (simple_auth_manager_all_admins). A"
            " go-live needs sign-ins of people: switch that off, then start a new run"
        )
    if people and person not in people:
        return f"{person} answered, but {', '.join(people)} must. Start a new run"
    current = _evidence(here, question)
    if current is None or current[0] != evidence_hash:
        return "the evidence changed after the form was shown. Start a new run, which shows it anew"
    return None


def _go_live_body(here: World, evidence: dict[str, Any], evidence_hash: str) -> str:
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
        f"[All tables and rows]({_link(here)})\n\nEvidence `{evidence_hash}`"
    )


def _quarantine_body(here: World, evidence: dict[str, Any], evidence_hash: str) -> str:
    new = sum(evidence["new"].values())
    total = sum(held["rows"] for held in evidence["quarantine"].values())
    return (
        f"The old system is frozen and everything else has crossed. **{new} rows could not be migrated that were not"
        f" shown to you before** ({total} in all).{_reasons(evidence['quarantine'])}\n\n"
        "Approve: the new system opens without them; they stay listed in the quarantine. Reject: nothing opens; correct"
        " them and start a new run, or go back.\n\n"
        f"[The rows, by table and reason]({_link(here)})\n\nEvidence `{evidence_hash}`"
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


def _link(here: World) -> str:
    from urllib.parse import quote

    return f"/golive/run/{quote(here.run.dag_id)}/{quote(here.run.run_id, safe='')}"


_DOCS = {
    GO_LIVE: """Asks whether to go live now. It waits for a person: Required Actions shows the form.

If it fails, the answer was no, came too late or from somebody else, or the evidence changed: its
message says which. Nothing was changed. Marking it as success agrees to nothing: the next task reads
the ledger. Start a new run to be asked again.""",
    QUARANTINE: """Asks about rows that could not be migrated and that nobody was shown before; asks nobody
if there are none.

If it fails, the answer was no: nothing is open, the source stays frozen. Correct the rows and start a
new run, or go back with `golive unfreeze PROJECT`.""",
}
_SUBJECTS = {GO_LIVE: "go live now?", QUARANTINE: "open without these rows?"}
_BODIES = {GO_LIVE: _go_live_body, QUARANTINE: _quarantine_body}
