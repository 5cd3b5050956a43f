"""What people agree to: criteria of going live, the go-live itself, rows left behind, steps of opening."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from golive.errors import NotPermitted
from golive.flow.people import Question, Shown, asked, link

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.ledger import Entry
    from golive.project import Project
    from golive.project.going_live import Criterion, Opening

GO_LIVE = "go_live"
QUARANTINE = "quarantine"


def go_live(role: str = GO_LIVE) -> Question:
    """Go live now? About the dry run of this run, to one role; each role that signs the stage has a form of its own."""
    return Question(question_of(role), role, "go live now?", _GO_LIVE_DOC, _dry_run)


def form_of(role: str) -> str:
    """The task that asks a role for its go/no-go."""
    return "approve_go_live" if role == GO_LIVE else f"approve_go_live_as_{role}"


def criterion(one: Criterion) -> Question:
    """Is this so? About a criterion that a role signs; asked only while no signature of it stands."""

    def shown(here: World) -> Shown | None:
        return _criterion(here, one)

    def agreed(here: World, answer: Entry) -> None:
        from golive.readiness.criteria import signature

        evidence = here.ledger.evidence(answer.payload["evidence_hash"])
        assert isinstance(evidence, dict)
        record = signature(here, one, str(answer.payload["comment"]), evidence)
        here.write(record.kind, record.payload, evidence=record.evidence, actor=answer.actor)

    return Question(
        f"criterion/{one.id}", one.approver or "", f"is this so: {one.title}?", _CRITERION_DOC, shown, agreed=agreed
    )


def open_step(project: Project, place: int) -> Question:
    """Let these people in? About the step of opening at a place in the file; the first is the go-live itself."""

    def shown(here: World) -> Shown | None:
        return _step(here, place)

    step = project.opening[place]
    return Question(f"opening/{step.step}", step.decided_by, f"let in: {step.step}?", _STEP_DOC, shown, lasting=True)


def step_evidence(here: World, place: int) -> tuple[dict[str, Any], Entry]:
    """What the decision on a step of opening is about, and the entry of the step before; NotPermitted without that."""
    from golive.ledger import opened

    step, before = step_at(here, place), step_at(here, place - 1)
    # The first step is whatever opened the system, even if the file calls it otherwise by now.
    previous = opened(here.ledger, here.project.name) if place == 1 else here.own("opening", step=before.step)
    if previous is None:
        raise NotPermitted(
            f"project {here.project.name}: {step.step} cannot be let in before {before.step}, and that step does not"
            " stand in the ledger. A task that was marked as success opens nothing: clear the one of that step",
            project=here.project.name,
        )
    evidence = {
        "project": here.project.name,
        "run": here.run.name,
        "step": step.step,
        "allow": list(step.allow),
        "after": {"step": before.step, "entry": previous.seq, "hash": previous.hash},
    }
    return evidence, previous


def step_at(here: World, place: int) -> Opening:
    """The step of opening at a place; NotPermitted if the project file has fewer by now."""
    steps = here.project.opening
    if place < len(steps):
        return steps[place]
    raise NotPermitted(
        f"project {here.project.name}: the project file has {len(steps)} steps under `opening`, and this task is about"
        f" the step {place + 1}: steps were taken out since this run began. Put them back, and clear this task",
        project=here.project.name,
    )


def open_without() -> Question:
    """Open without these rows? About rows in quarantine that were not on the first form, if there are any."""
    return Question(QUARANTINE, GO_LIVE, "open without these rows?", _QUARANTINE_DOC, _new_losses, renewed=True)


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
    from golive.flow.cutover import refuse_undone
    from golive.flow.guard import end_if_opened, refuse_unopened

    end_if_opened(here)
    refuse_unopened(here)
    refuse_undone(here)
    shown = here.own("dry_run")
    if shown is None or shown.evidence_hash is None:
        raise NotPermitted(
            f"project {here.project.name}: the ledger holds no dry run of this run. Clear show_dry_run first",
            project=here.project.name,
        )
    evidence = here.ledger.evidence(shown.evidence_hash)
    assert isinstance(evidence, dict)
    return Shown(evidence, _go_live_body(here, evidence), shown.evidence_hash)


def _criterion(here: World, one: Criterion) -> Shown | None:
    from golive.flow.guard import end_if_opened, rehearses
    from golive.readiness.criteria import judge, to_sign

    end_if_opened(here)
    if rehearses() or judge(here, one).passed:
        return None
    evidence = to_sign(here, one)
    mismatches = sum(evidence["mismatches"].values())
    body = (
        f"You state by your name, for **{here.project.title or here.project.name}**: **{one.title}**."
        + (" This will be measured by a later release; until then it is your word." if one.signed_for_now else "")
        + f"\n\nIt rests on {len(evidence['mapping'])} mapped tables as they are now, and on {mismatches} rows that"
        " differed in the last validation pass.\n\n"
        f"Approve: your signature holds for {one.days} days, and is void as soon as mapping, project file, suites, code"
        " or mismatches change. Reject: this go-live stops here; nothing was changed.\n\n"
        f"[What was found so far]({link(here)})"
    )
    return Shown(evidence, body)


def _step(here: World, place: int) -> Shown | None:
    from golive.flow.guard import rehearses
    from golive.flow.stages.frame import end_if_complete
    from golive.readiness.booked_days import beside_today

    end_if_complete(here)
    if rehearses():
        raise AirflowSkipException("a dry run opens nothing")
    evidence, before = step_evidence(here, place)
    step = step_at(here, place)
    if here.own("opening", step=step.step) is not None:
        return None
    grants = f" Roles that may connect then: {', '.join(step.allow)}." if step.allow else ""
    body = (
        f"The new system of **{here.project.title or here.project.name}** is open for **{before.payload['step']}**"
        f" since {before.at:%Y-%m-%d %H:%M} UTC. You decide whether **{step.step}** may begin now.{grants}"
        f" {beside_today(here)}\n\n"
        f"Your word counts if you hold the role {step.decided_by}; anybody else's fails this task. "
        "Approve: they are let in, and that stands in the ledger with your name. Reject: nobody more is let in; those"
        " who are in go on. The form can be had again by clearing this task.\n\n"
        f"[What arrived, and what stayed behind]({link(here)})"
    )
    return Shown(evidence, body)


def _new_losses(here: World) -> Shown | None:
    from golive.flow.cutover import approved
    from golive.flow.guard import end_if_opened
    from golive.flow.records import quarantine, unseen

    end_if_opened(here)
    evidence, _ = approved(here)
    now = quarantine(here)
    new = unseen(evidence["quarantine"], now)
    # Asked anew, the question is about all of them: asking takes an earlier answer back.
    if not unseen(agreed_losses(here), {table: now[table] | {"keys": keys} for table, keys in new.items()}):
        return None
    losses = {"quarantine": now, "new": {table: len(keys) for table, keys in new.items()}}
    return Shown(losses, _quarantine_body(here, losses))


def _go_live_body(here: World, evidence: dict[str, Any]) -> str:
    from golive.flow.cutover import STEPS
    from golive.readiness.booked_days import beside_today

    minutes = evidence["minutes"]
    steps = "\n".join(f"{n}. {action}" for n, action in enumerate(evidence["actions"], 1))
    times = ", ".join(f"{step} {minutes[step]} min" for step in STEPS)
    return (
        f"You agree to the cut-over of **{here.project.title or here.project.name}**. {beside_today(here)} If you"
        f" approve, the old system is made read-only at once, and this happens, in this order:\n\n{steps}\n\n"
        f"Expected: about **{sum(minutes.values())} minutes** ({times}).\n\n"
        f"**Left behind so far: {evidence['quarantined']} rows** in {len(evidence['quarantine'])} tables."
        f"{_waiting(evidence['quarantine'])}{_reasons(evidence['quarantine'])}\n\n"
        f"{_criteria(here, evidence['deciding']['criteria'])}"
        "Reject ends this run, and nothing is changed. Any change of mapping, project file, code, criteria or"
        " mismatches before the freeze makes your word void.\n\n"
        f"[All tables and rows]({link(here)})"
    )


def _quarantine_body(here: World, evidence: dict[str, Any]) -> str:
    new = sum(evidence["new"].values())
    total = sum(held["rows"] for held in evidence["quarantine"].values())
    return (
        f"The old system is frozen and everything else has crossed. **{new} rows could not be migrated that were not"
        f" shown to you before** ({total} in all).{_reasons(evidence['quarantine'])}\n\n"
        "If this run asks once more, Airflow shows the numbers of the first time: those of now stand in the report.\n\n"
        "Approve: the new system opens without them; they stay listed in the quarantine. Reject: nothing opens; correct"
        " them and start a new run, or go back.\n\n"
        f"[The rows, by table and reason]({link(here)})"
    )


def _criteria(here: World, criteria: dict[str, Any]) -> str:
    from golive.reports.words import shown

    if not criteria:
        return ""
    lines = []
    for one in criteria.values():
        how = f"signed by {here.project.called(one['by'])}" if one["by"] else "measured"
        lines.append(f"- {shown(one['title'])}: {one['state']}, {how}{', for now' if one['for_now'] else ''}")
    return "**Criteria:**\n\n" + "\n".join(lines) + "\n\n"


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
_CRITERION_DOC = """Asks a role to sign a criterion of going live. It waits for a person: Required Actions shows the
form. Nobody is asked while a signature stands, nor in a dry run.

If it fails, the answer was no, came too late or from somebody else, had no reason, or the evidence changed:
its message says which. Marking it as success signs nothing: the next task reads the ledger."""
_STEP_DOC = """Asks whether the next people may be let into the new system. It waits for a person, for as long as it
takes: Required Actions shows the form.

If it fails, the answer was no, came from somebody else or had no reason; those who are in go on. Clear this
task to be asked again: a new run finds the system open, and asks nothing. Marking it as success lets
nobody in: the next task reads the ledger."""
_QUARANTINE_DOC = """Asks about rows that could not be migrated and that nobody was shown before; asks nobody
if there are none.

If it fails, the answer was no: nothing is open, the source stays frozen. Correct the rows and start a
new run, or go back with `golive unfreeze PROJECT`."""
