"""The last tasks of <project>.final_migration: checks, sample, the judgement over all of it, opening, summary."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context, task

from golive.errors import ChecksFailed
from golive.flow.defaults import lane_task
from golive.flow.stages.frame import end_if_complete, look
from golive.readiness.validated import TABLES

if TYPE_CHECKING:
    from golive.flow.world import World


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
    from golive.readiness.mapping import judged_by
    from golive.results import Verdict
    from golive.validation import run_checks

    with world(project) as here:
        get_current_context()["lane"] = f"lane {lane}"
        end_if_opened(here)
        guard = WhileFrozen(here)
        guard()
        # By name alone: each lane splits by itself, and a size may change between two of them.
        mine = frozenset(sorted(table.name for table in here.plan.tables)[lane - 1 :: len(lanes)])
        results = run_checks(here.plan, here.source, here.target, tables=mine)
        guard.watch()
        verdict = write_checks(here, results, TABLES, lane, len(lanes), judged_by(here, TABLES))
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
    its verdict are written into the ledger before a failure, and with them how many rows that people
    found right have changed since.
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
        reviewed = _reviewed(here)
        guard.watch()
        here.write(
            "sample",
            {
                "seed": seed,
                "percent": percent,
                "rows": sum(table.source_drawn for table in sample.tables),
                "verdict": sample.verdict.value,
                **reviewed,
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


@look
def open_new_system(project: str) -> str:
    """Open the new system: the first step of opening stands in the ledger, and nothing writes rows any more.

    Everything is judged once more, alone: no lane can work meanwhile. The step's roles may connect from
    then on. Safe to clear: the first opening stands, and its roles are granted again. If it fails before
    that, nothing is open.
    """
    from golive.flow.cutover import approved, names
    from golive.flow.guard import refuse_unopened
    from golive.flow.stages.final_migration import let_in, open_first
    from golive.flow.world import world
    from golive.ledger import opened

    with world(project) as here:
        end_if_complete(here)
        refuse_unopened(here)
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
                entry = open_first(here, names(agreed))
        return let_in(here, entry)


@task(trigger_rule="none_failed")
def write_summary(project: str) -> str:
    """Write the numbers of the go-live into the ledger once; a later run shows what stands there.

    The report of the run (tab Golive) shows the same.
    """
    from golive.flow.guard import rehearses
    from golive.flow.summary import summarise
    from golive.flow.world import world
    from golive.ledger import opened, summary

    with world(project) as here:
        entry = opened(here.ledger, project)
        if entry is None:
            if rehearses():
                return "dry run: nothing was changed"
            return "nothing is open: the ledger holds no opening. Clear open_new_system, if it was marked or skipped"
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


def verdict_of(here: World) -> list[str]:
    """What keeps this run's migration from opening, in words; empty if nothing does."""
    from golive.flow.cutover import approved
    from golive.flow.guard import refuse_if_broken, standing_freeze
    from golive.flow.records import quarantine, unseen
    from golive.readiness.config_night import uncopied
    from golive.readiness.criteria import basis, changes
    from golive.readiness.mapping import unfrozen
    from golive.readiness.review import keeping_shut

    why = unfrozen(here)
    missing = [why] if why else []
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
    since = max(sweep.seq if sweep is not None else entry.seq, _aged(here))
    if sample is None or sample.seq <= since:
        missing.append(f"no sample since the sweep{_within(here)}: clear draw_sample")
    elif sample.payload["verdict"] != "PASS":
        missing.append(f"the sample says {sample.payload['verdict']}")
    if sample is not None:
        missing += keeping_shut(here, sample)
    missing += _checks(here, since)
    missing += _asked(here, since)
    missing += uncopied(here)
    evidence, _ = approved(here)
    missing += [
        f"{line}. Start a new run, which asks everything anew" for line in changes(evidence["deciding"], basis(here))
    ]
    shown = _shown(here, evidence)
    new = unseen(shown, quarantine(here))
    if new:
        missing.append(
            "rows in quarantine that nobody agreed to leave behind: "
            + ", ".join(f"{len(keys)} of {table}" for table, keys in new.items())
            + ". Clear accept_quarantine"
        )
    return missing


def _aged(here: World) -> int:
    """The last entry of this run that is too old to open on: somebody may have written into the target since."""
    oldest = datetime.now(UTC) - timedelta(hours=here.project.limits.verdict_hours)
    entries = here.ledger.entries(here.project.name, run=here.run.name)
    return max((entry.seq for entry in entries if entry.at < oldest), default=0)


def _within(here: World) -> str:
    return f" within the last {here.project.limits.verdict_hours} hours"


def _reviewed(here: World) -> dict[str, dict[str, int]]:
    """By table, how many rows that people found right have changed since; nothing where no review is declared."""
    from golive.readiness.review import changed_since

    return {} if here.project.review is None else {"changed_after_review": changed_since(here)}


def _checks(here: World, since: int) -> list[str]:
    """What the last results of every lane of checks after the sweep say together, if they do not pass."""
    from golive.ledger import Kind, part_of, silent, verdicts
    from golive.readiness.validated import said
    from golive.results import Verdict
    from golive.validation import summary

    entries = here.ledger.entries(here.project.name, kind=Kind.CHECKS, run=here.run.name, after=since)
    last = [entry for entry in verdicts(entries) if part_of(entry) == TABLES]
    if not last:
        return [f"no checks since the sweep{_within(here)}: clear check_tables"]
    missing = [f"lane {lane} of the checks has no verdict" for _, lane in silent(last)]
    # Not by each lane's own word: only all results together tell whether every table was looked at.
    whole = summary(here.plan, [result for entry in last for result in said(here, entry)])
    if whole.verdict is not Verdict.PASS:
        lacking = f" ({', '.join(whole.not_run[:5])})" if whole.not_run else ""
        missing.append(f"the checks say {whole.verdict.value}: {whole.says}{lacking}. Clear check_tables")
    return missing


def _asked(here: World, since: int) -> list[str]:
    """What suites and comparisons say after the sweep that keeps the new system shut, or have not said."""
    from golive.readiness.findings import waivers
    from golive.readiness.validated import owed, results_of, shutting
    from golive.results import Group

    results = [result for result in results_of(here, since) if result.group is not Group.CHECK]
    missing = [f"{name} has no verdict since the sweep{_within(here)}: clear its task" for name in owed(here, results)]
    return missing + [
        f"{each.name} says {each.verdict.value}: {each.says}" for each in shutting(results, waivers(here, results))
    ]


def _shown(here: World, evidence: dict[str, Any]) -> dict[str, Any]:
    """Every row in quarantine that an approval of this run has seen."""
    from golive.flow.approval import agreed_losses

    shown: dict[str, Any] = {table: {"keys": list(held["keys"])} for table, held in evidence["quarantine"].items()}
    for table, held in agreed_losses(here).items():
        shown.setdefault(table, {"keys": []})["keys"] += held["keys"]
    return shown
