"""The tasks of <project>.final_migration up to the freeze: gate, dry run, freeze."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import task

from golive.errors import NotPermitted
from golive.flow.stages.frame import carry_out, look

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.ledger import Entry
    from golive.readiness import Outcome
    from golive.readiness.criteria import Judged

log = logging.getLogger(__name__)

# Without a measurement of this project's own: rows a second of one lane, on a small machine.
LOAD_RATE = 20_000
SWEEP_RATE = 100_000

# What takes time, in order: the keys of a dry run's minutes.
STEPS = ("freeze", "last increments", "sweep", "checks and sample")


@look
def check_gate(project: str) -> str:
    """May this run begin? Databases, people and every measured criterion are looked at, all at once.

    If it fails, the message lists everything that is missing, whose it is and what to do: correct it,
    then clear this task. Nothing was changed. A dry run is told what is missing, and goes on. Safe to clear.
    """
    return carry_out(project, _gate)


def _gate(here: World) -> Outcome:
    from golive.flow.alerts import addresses
    from golive.flow.connections import ALERTS
    from golive.flow.guard import end_if_opened, rehearses
    from golive.flow.judging import refuse_all_admins
    from golive.readiness import gate

    end_if_opened(here)
    refuse_all_admins(here)
    outcome = gate.check(here)
    if not addresses(ALERTS):
        alone = (
            f"nobody would hear of what goes wrong: connection {ALERTS} is not there, or holds no address. Add it in"
            ' Airflow, with {"urls": [...]} as its extra, and try it with the apprise command'
        )
        outcome = replace(outcome, missing=(*outcome.missing, alone))
    if not rehearses() or not outcome.missing:
        return outcome
    for line in outcome.missing:
        log.warning("%s", line)
    return replace(
        outcome, says=f"{outcome.says} It would not let a go-live pass: {len(outcome.missing)} missing.", missing=()
    )


@task.short_circuit(ignore_downstream_trigger_rules=False)
def show_dry_run(project: str) -> bool:
    """Count what the go-live would do, in order, and write it into the ledger; changes nothing.

    The run ends here if it was started as a dry run. What is shown here is what the approval agrees
    to, so it is written once in a run: to show it anew, start a new run. If it fails, a criterion does
    not hold: its message names the form to clear.
    """
    from golive.flow.guard import end_if_opened, refuse_unopened, rehearses
    from golive.flow.world import world
    from golive.ledger import digest
    from golive.readiness.criteria import evaluate

    with world(project) as here:
        end_if_opened(here)
        rehearsed = rehearses()
        if not rehearsed:
            refuse_unopened(here)
        judged = evaluate(here)
        missing = [each.missing for each in judged if not each.passed]
        if missing and not rehearsed:
            raise NotPermitted(
                f"project {project} may not go live:\n" + "\n".join(f"- {line}" for line in missing), project=project
            )
        evidence = rehearsal(here, judged)
        entry = here.write(
            "dry_run",
            {
                "rows": evidence["rows"],
                "total": evidence["total"],
                "minutes": evidence["minutes"],
                "quarantined": evidence["quarantined"],
                "hash": digest(evidence),
            },
            evidence=evidence,
            once=f"{here.run.name}/dry_run",
        )
        assert entry.evidence_hash is not None
        return not rehearsed


def rehearsal(here: World, judged: Sequence[Judged]) -> dict[str, Any]:
    """The ordered actions of a go-live with rows and expected minutes, and what the approval binds to."""
    from golive.flow.records import quarantine
    from golive.freeze import standing
    from golive.readiness.gate import deciding
    from golive.transfer import Mode, foresee

    tables = foresee(here.plan, here.source, here.target, mode=Mode.CATCH_UP)
    held = quarantine(here)
    lanes = max(1, here.project.limits.lanes)
    rows, total = sum(t.rows for t in tables), sum(t.total for t in tables)
    load, sweep = _rates(here)
    compared = _minutes(total, sweep * lanes)
    minutes = dict(zip(STEPS, (1, _minutes(rows, load * lanes), compared, compared), strict=True))
    state = standing(here.source)
    to_freeze = sorted({*state.covered, *state.uncovered})
    actions = [
        f"freeze {here.source.name}: {len(to_freeze)} tables refuse every write, proven by rejected probes",
        f"last increments: about {rows:,} rows in {sum(t.rows > 0 for t in tables)} of {len(tables)} tables",
        f"sweep: all {total:,} rows of the source compared with the target and repaired",
        "sequences beyond the highest values, constraints validated, statistics gathered",
        *_configuration(here),
        "checks on every table, suites and comparisons on what arrived, and the sample compared cell by cell",
        _opening(here),
    ]
    return {
        "project": here.project.name,
        "actions": actions,
        "rows": rows,
        "total": total,
        "minutes": minutes,
        "tables": [{"table": t.table, "rows": t.rows, "total": t.total, "says": t.says} for t in tables],
        "quarantine": held,
        "quarantined": sum(each["rows"] for each in held.values()),
        "to_freeze": to_freeze,
        "deciding": deciding(here, judged),
    }


def _configuration(here: World) -> list[str]:
    """Which areas are copied as they stand confirmed now, and which are left to people."""
    from golive.readiness.areas import CONFIRMED, in_order, standing_areas

    if here.project.staging is None:
        return []
    standing = standing_areas(here)
    states = {area.area: standing.get(area.area, {}).get("state") for area in in_order(here.project)}
    copied = [name for name, state in states.items() if state == CONFIRMED]
    left = [name for name, state in states.items() if state != CONFIRMED]
    by_hand = f"; by hand: {', '.join(left)}" if left else ""
    return [
        f"configuration out of {here.project.staging.connection}: {', '.join(copied) or 'none is confirmed'}{by_hand}"
    ]


def _opening(here: World) -> str:
    first, *later = (step.step for step in here.project.opening)
    then = f"; then {', '.join(later)}, each by a decision of its own" if later else ""
    return f"open the new system for {first}: from then on nothing is written into it{then}"


@task
def freeze_source(project: str) -> dict[str, int]:
    """Make the old system read-only, once the ledger holds everybody's approval of exactly what was shown.

    What decides is worked out again, now: one criterion that no longer holds, one changed mismatch count,
    one changed line of the mapping makes the approvals void, and the message names it.

    Safe to clear and to retry: it completes what is missing and keeps what stands. If a writer
    holds out, the message names it, everything is undone, and the old system goes on; talk to the
    writer's owner, then clear this task. Undo later: `golive unfreeze PROJECT`.
    """
    from golive.flow.guard import end_if_opened, refuse_if_broken, refuse_unopened
    from golive.flow.world import world
    from golive.freeze import freeze
    from golive.ledger import frozen
    from golive.readiness.criteria import basis, changes
    from golive.readiness.gate import refusals

    with world(project) as here:
        end_if_opened(here)
        refuse_unopened(here)
        shown, agreed = approved(here)
        stands = frozen(here.ledger, project)
        if stands is not None and stands.run == here.run.name:
            # The gate was passed: its conditions were of the moment, what was agreed to is not.
            changed = changes(shown["deciding"], basis(here))
        else:
            changed = refusals(here, shown["deciding"])
        if changed:
            raise NotPermitted(
                f"project {project}: what was agreed to does not hold any more:\n"
                + "\n".join(f"- {line}" for line in changed)
                + "\nNothing was changed. Start a new run, which shows and asks everything anew",
                project=project,
            )
        record = freeze(here.source, project, limit_seconds=here.project.limits.freeze_wait_seconds, by=names(agreed))
        refuse_if_broken(here, record)
        here.write(
            "freeze",
            {
                "since": record.since,
                "at": record.mark.at,
                "position": record.mark.position,
                "tables": len(record.tables),
                "seconds": record.seconds,
            },
            evidence=record.as_dict(),
            once=f"freeze/{record.mark.at}",
        )
        return {"tables": len(record.tables), "seconds": record.seconds}


def approved(here: World) -> tuple[dict[str, Any], list[Entry]]:
    """What was shown in this run, and the entries that agree to it, one of each role; NotPermitted without them all.

    What was shown before a freeze was undone counts for nothing, nor does the word of somebody who does not
    hold the role today. Until this run has frozen, an approval holds for ``approval_hours``.
    """
    from golive.flow.approval import form_of, question_of
    from golive.ledger import approval
    from golive.readiness.gate import signers

    shown = here.own("dry_run")
    refuse_undone(here)
    agreed, lacking, why = [], [], []
    for role in signers(here.project):
        entry = shown and approval(
            here.ledger, here.project.name, here.run.name, str(shown.evidence_hash), question_of(role)
        )
        void = _void(here, role, entry) if entry else None
        if entry and void is None:
            agreed.append(entry)
        else:
            lacking.append(role)
            why += [void] if void else []
    if shown is None or shown.evidence_hash is None or lacking:
        forms = " and ".join(form_of(role) for role in lacking)
        raise NotPermitted(
            f"project {here.project.name}: the ledger holds no approval of what this run showed, by"
            f" {' and '.join(lacking)}{''.join(f'; {each}' for each in why)}. A task that was marked as success is"
            f" none. Answer the form of {forms} (clear that task to get it again), or start a new run",
            project=here.project.name,
        )
    evidence = here.ledger.evidence(shown.evidence_hash)
    assert isinstance(evidence, dict)
    return evidence, agreed


def refuse_undone(here: World) -> None:
    """NotPermitted where the freeze was undone after this run showed what it would do: people worked on since."""
    shown, undone = here.own("dry_run"), here.ledger.last(here.project.name, "unfreeze")
    if shown is not None and undone is not None and undone.seq > shown.seq:
        raise NotPermitted(
            f"project {here.project.name}: the old system was opened again at {undone.at:%Y-%m-%d %H:%M} UTC (ledger"
            f" entry {undone.seq}), after this run had shown what it would do: no approval of that counts any more."
            " Start a new run, which shows and asks everything anew",
            project=here.project.name,
        )


def _void(here: World, role: str, entry: Entry) -> str | None:
    """Why an approval does not count, in words; None if it does."""
    person = here.project.called(entry.actor)
    if entry.actor not in here.project.holders(role, here.today):
        return f"{person} approved on {entry.at:%Y-%m-%d}, but does not hold the role {role} today"
    hours = here.project.limits.approval_hours
    if here.own("freeze") is None and datetime.now(UTC) - entry.at > timedelta(hours=hours):
        return f"{person} approved at {entry.at:%Y-%m-%d %H:%M} UTC, which held for {hours} hours"
    return None


def names(agreed: Sequence[Entry]) -> str:
    """Who agreed, each once."""
    return ", ".join(dict.fromkeys(entry.actor for entry in agreed))


def _rates(here: World) -> tuple[int, int]:
    """Rows a second of a lane, measured in this project's last runs; else a careful guess."""
    measured = {"increment": LOAD_RATE, "sweep": SWEEP_RATE}
    for kind in measured:
        entries = [
            e for e in here.ledger.entries(here.project.name, kind=kind) if int(e.payload.get("seconds", 0)) > 10
        ]
        if entries:
            last = entries[-1].payload
            measured[kind] = max(1, int(last["read"]) // int(last["seconds"]) // max(1, int(last.get("lanes", 1))))
    return measured["increment"], measured["sweep"]


def _minutes(rows: int, rate: int) -> int:
    return -(-rows // (rate * 60)) if rows else 0
