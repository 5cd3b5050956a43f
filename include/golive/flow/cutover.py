"""The tasks of <project>.final_migration up to the freeze: gate, dry run, freeze."""

from __future__ import annotations

from typing import Any

from airflow.sdk import get_current_context, task

from golive.errors import NotPermitted, PlanError

# Without a measurement of this project's own: rows a second of one lane, on a small machine.
LOAD_RATE = 20_000
SWEEP_RATE = 100_000

# What takes time, in order: the keys of a dry run's minutes.
STEPS = ("freeze", "last increments", "sweep", "checks and sample")


@task.short_circuit(ignore_downstream_trigger_rules=False)
def check_gate(project: str) -> bool:
    """May this run begin? Ends the run green at once if the new system is open already.

    If it fails, the message lists everything that is missing: correct it, then clear this task.
    Nothing was changed.
    """
    from golive.flow.world import world
    from golive.ledger import opened
    from golive.plan import check_live

    with world(project) as here:
        entry = opened(here.ledger, project)
        if entry is not None:
            return False
        unknown = set(get_current_context()["params"]) - {"dry_run", "sample_percent", "lanes"}
        if unknown:
            raise NotPermitted(f"unknown parameters: {', '.join(sorted(unknown))}. Start a new run without them")
        faults = check_live(here.project, here.source, here.target)
        if faults:
            text = "\n".join(str(fault) for fault in faults)
            raise PlanError(f"project {project} does not fit its databases:\n{text}", project=project)
        return True


@task.short_circuit(ignore_downstream_trigger_rules=False)
def show_dry_run(project: str) -> bool:
    """Count what the go-live would do, in order, and write it into the ledger; changes nothing.

    The run ends here if it was started as a dry run. What is shown here is what the approval agrees
    to, so it is written once in a run: to show it anew, start a new run.
    """
    from golive.flow.guard import end_if_opened
    from golive.flow.world import world
    from golive.ledger import digest

    with world(project) as here:
        end_if_opened(here)
        evidence = rehearsal(here)
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
        return not get_current_context()["params"]["dry_run"]


def rehearsal(here: Any) -> dict[str, Any]:
    """The ordered actions of a go-live with rows and expected minutes, and what the approval binds to."""
    from golive.flow.records import quarantine
    from golive.freeze import standing
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
        "checks on every table, and the sample compared cell by cell",
        "open the new system: from then on nothing is written into it",
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
        "plan": plan_hash(here.plan),
        **here.hashes,
    }


def plan_hash(plan: Any) -> str:
    """One hash over every table's fingerprint: what the mapping meant when it was shown."""
    from golive.ledger import digest

    return str(digest({table.name: table.fingerprint for table in plan.tables}))


@task
def freeze_source(project: str) -> dict[str, int]:
    """Make the old system read-only, once the ledger holds the approval of exactly what was shown.

    Safe to clear and to retry: it completes what is missing and keeps what stands. If a writer
    holds out, the message names it, everything is undone, and the old system goes on; talk to the
    writer's owner, then clear this task. Undo later: `golive unfreeze PROJECT`.
    """
    from golive.flow.guard import end_if_opened, refuse_if_broken
    from golive.flow.world import world
    from golive.freeze import freeze

    with world(project) as here:
        end_if_opened(here)
        shown, agreed = approved(here)
        if shown["plan"] != plan_hash(here.plan) or shown["project_hash"] != here.hashes["project_hash"]:
            raise NotPermitted(
                f"project {project}: the mapping is not the one that was approved (the file or a schema changed since)."
                " Start a new run, which shows it again",
                project=project,
            )
        if shown["code_hash"] != here.hashes["code_hash"]:
            raise NotPermitted(
                f"project {project}: Golive's code is not the one that was approved. Start a new run", project=project
            )
        record = freeze(here.source, project, limit_seconds=here.project.limits.freeze_wait_seconds, by=agreed.actor)
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


def approved(here: Any) -> tuple[dict[str, Any], Any]:
    """What was shown in this run, and the entry that agrees to it; NotPermitted without one."""
    from golive.ledger import approval

    shown = here.own("dry_run")
    agreed = shown and approval(here.ledger, here.project.name, here.run.name, shown.evidence_hash)
    if not agreed:
        raise NotPermitted(
            f"project {here.project.name}: the ledger holds no approval of what this run showed. A task that was marked"
            " as success is none. Answer the form of approve_go_live (clear that task to get it again), or start a new"
            " run",
            project=here.project.name,
        )
    evidence = here.ledger.evidence(shown.evidence_hash)
    assert isinstance(evidence, dict)
    return evidence, agreed


def _rates(here: Any) -> tuple[int, int]:
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
