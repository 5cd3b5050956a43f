"""The last tasks of <project>.final_migration: checks, sample, the judgement over all of it, opening, summary."""

from __future__ import annotations

import hashlib
from typing import Any

from airflow.sdk import get_current_context, task

from golive.errors import ChecksFailed
from golive.flow.defaults import lane_task


@task
def split_checks(project: str) -> list[int]:
    """Decide over how many lanes the checks are spread."""
    from golive.flow.crossing import lanes_of
    from golive.flow.older import lanes_for
    from golive.project import load

    here = load(project)
    return lanes_for(lanes_of(here), len(here.tables))


@lane_task
def check_tables(project: str, lane: int, lanes: list[int]) -> str:
    """Run every check on this lane's tables, and write all verdicts into the ledger before failing.

    Safe to clear: checks only read. If it fails, the report lists the checks that did not pass, with
    masked examples. A difference after the sweep means that somebody wrote into the target: find
    out who, then clear from open_sweep on.
    """
    from golive.flow.guard import WhileFrozen, end_if_opened
    from golive.flow.records import write_checks
    from golive.flow.world import world
    from golive.results import Verdict
    from golive.validation import run_checks

    with world(project) as here:
        get_current_context()["lane"] = f"lane {lane}"
        end_if_opened(here)
        guard = WhileFrozen(here)
        guard()
        largest = sorted(here.plan.tables, key=lambda table: (-table.rows, table.name))
        mine = frozenset(table.name for table in largest[lane - 1 :: len(lanes)])
        results = run_checks(here.plan, here.source, here.target, tables=mine)
        guard.watch()
        verdict = write_checks(here, results, lane, len(lanes))
        if verdict is not Verdict.PASS:
            failed = [result for result in results if not result.passed]
            raise ChecksFailed(
                f"project {project}: {len(failed)} of {len(results)} checks did not pass:\n"
                + "\n".join(f"{r.check} of {r.table}: {r.verdict.value}: {r.says}" for r in failed[:20]),
                project=project,
                table=failed[0].table,
            )
        return verdict.value


@task
def draw_sample(project: str) -> str:
    """Draw at least the asked percentage of every table's keys from both sides, and compare cell by cell.

    Safe to clear: the seed comes from the run's id, so the same rows are drawn again. The sample and
    its verdict are written into the ledger before a failure.
    """
    from golive.flow.guard import WhileFrozen, end_if_opened
    from golive.flow.world import world
    from golive.results import Verdict
    from golive.validation import draw_and_compare

    with world(project) as here:
        end_if_opened(here)
        guard = WhileFrozen(here)
        guard()
        seed = int(hashlib.sha256(here.run.name.encode()).hexdigest()[:8], 16)
        percent = int(get_current_context()["params"]["sample_percent"])
        sample = draw_and_compare(here.plan, here.source, here.target, seed=seed, percent=percent)
        guard.watch()
        here.write(
            "sample",
            {
                "seed": seed,
                "percent": percent,
                "rows": sum(table.source_drawn for table in sample.tables),
                "verdict": sample.verdict.value,
            },
            evidence=sample.as_dict(),
        )
        if sample.verdict is not Verdict.PASS:
            bad = [table for table in sample.tables if table.verdict is not Verdict.PASS]
            raise ChecksFailed(
                f"project {project}: the {percent}% sample did not pass for {', '.join(t.table for t in bad[:10])}. The"
                " report shows the rows. Find out who wrote into the target, then clear from open_sweep on",
                project=project,
                table=bad[0].table,
            )
        return sample.verdict.value


@task
def prove_arrival(project: str) -> str:
    """Judge the whole from the ledger: sweep, checks, sample, quarantine and freeze of this run.

    Safe to clear. If it fails, its message lists what is missing or did not pass; nothing is open.
    """
    from golive.flow.guard import end_if_opened
    from golive.flow.world import world

    with world(project) as here:
        end_if_opened(here)
        missing = verdict_of(here)
        if missing:
            raise ChecksFailed(
                f"project {project} may not open:\n" + "\n".join(f"- {line}" for line in missing), project=project
            )
        return "PASS"


@task
def open_new_system(project: str) -> str:
    """Open the new system: the first step of opening stands in the ledger, and nothing writes rows any more.

    Everything is judged once more, alone: no lane can work meanwhile. Safe to clear: the first
    opening stands. If it fails, nothing is open.
    """
    from golive.flow.cutover import approved
    from golive.flow.world import world
    from golive.ledger import opened

    with world(project) as here:
        entry = opened(here.ledger, project)
        if entry is None:
            with here.target.session() as connection, here.target.state.locked(connection, project, wait=True):
                _, agreed = approved(here)
                missing = verdict_of(here)
                if missing:
                    raise ChecksFailed(
                        f"project {project} may not open:\n" + "\n".join(f"- {line}" for line in missing),
                        project=project,
                    )
                entry = here.write(
                    "opening", {"step": "project team", "approved_by": agreed.actor}, once="opening/project team"
                )
        return f"open since {entry.at:%Y-%m-%d %H:%M:%S} UTC"


@task(trigger_rule="none_failed")
def write_summary(project: str) -> str:
    """Write the numbers of the go-live into the ledger once; a later run shows what stands there.

    The report of the run (tab Golive) shows the same.
    """
    from golive.flow.summary import summarise
    from golive.flow.world import world
    from golive.ledger import opened, summary

    with world(project) as here:
        entry = opened(here.ledger, project)
        if entry is None:
            return "dry run: nothing was changed"
        said = f"open since {entry.at:%Y-%m-%d %H:%M:%S} UTC, by {entry.run}"
        assert entry.run is not None
        stored = summary(here.ledger, project, entry.run)
        if stored is not None:
            return f"{said}: {stored.payload}"
        if entry.run != here.run.name:
            return f"{said}: its summary is not written yet, clear its write_summary"
        evidence = summarise(here)
        stored = here.write("summary", evidence["totals"], evidence=evidence, once=f"{here.run.name}/summary")
        return f"{said}: {stored.payload}"


def verdict_of(here: Any) -> list[str]:
    """What keeps this run's migration from opening, in words; empty if nothing does."""
    from golive.flow.guard import refuse_if_broken, standing_freeze
    from golive.flow.records import quarantine, unseen

    missing: list[str] = []
    entry, freeze = standing_freeze(here)
    refuse_if_broken(here, freeze)
    sweep, sample = here.own("sweep"), here.own("sample")
    if sweep is None or sweep.seq < entry.seq:
        missing.append("no sweep of everything since the freeze: clear open_sweep")
    elif sweep.payload["undeleted"] or sweep.payload["unfinished"]:
        missing.append(
            f"the sweep left {sweep.payload['undeleted']} rows that could not be deleted and"
            f" {sweep.payload['unfinished']} unfinished tables: the report names them"
        )
    since = sweep.seq if sweep is not None else entry.seq
    if sample is None or sample.seq < since:
        missing.append("no sample since the sweep: clear draw_sample")
    elif sample.payload["verdict"] != "PASS":
        missing.append(f"the sample says {sample.payload['verdict']}")
    missing += _checks(here, since)
    shown = _shown(here)
    new = unseen(shown, quarantine(here))
    if new:
        missing.append(
            "rows in quarantine that nobody agreed to leave behind: "
            + ", ".join(f"{count} of {table}" for table, count in new.items())
            + ". Clear accept_quarantine"
        )
    return missing


def _checks(here: Any, since: int) -> list[str]:
    """The last verdict of every lane of checks after the sweep."""
    from golive.ledger import Kind

    last: dict[int, Any] = {}
    for entry in here.ledger.entries(here.project.name, kind=Kind.CHECKS, run=here.run.name, after=since):
        last[entry.payload["lane"]] = entry
    if not last:
        return ["no checks since the sweep: clear check_tables"]
    lanes = max(entry.payload["lanes"] for entry in last.values())
    said = [f"lane {lane} of the checks has no verdict" for lane in range(1, lanes + 1) if lane not in last]
    return said + [
        f"lane {lane} of the checks says {entry.payload['verdict']}"
        for lane, entry in sorted(last.items())
        if entry.payload["verdict"] != "PASS"
    ]


def _shown(here: Any) -> dict[str, Any]:
    """Every row in quarantine that an approval of this run has seen."""
    from golive.flow.approval import agreed_losses
    from golive.flow.cutover import approved

    evidence, _ = approved(here)
    shown: dict[str, Any] = {table: {"keys": list(held["keys"])} for table, held in evidence["quarantine"].items()}
    for table, held in agreed_losses(here).items():
        shown.setdefault(table, {"keys": []})["keys"] += held["keys"]
    return shown
