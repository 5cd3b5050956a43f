"""What `make demo` does: a sample organisation walks the whole roadmap on this machine, and the proof of it.

The walk uses what users would use: the DAGs through Airflow's REST API, with sign-ins of their own for
the engineer who starts runs and for everybody who answers a form in their role.
"""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from golive.config_copy import compare, lay_out
from golive.databases import connect
from golive.demo import organisation
from golive.demo.findings import findings
from golive.demo.people import Answered, answering, bystander, engineer
from golive.demo.reviewing import review
from golive.demo.screen import Screen
from golive.demo.start import Demo, without_passwords
from golive.errors import Terminal
from golive.flow.rest import Rest
from golive.ledger import Kind
from golive.readiness.stages import Standing, State, standing

PASSES = ("data_validation_initial", "data_validation_mid_cycle", "data_validation_pre_final")
STANDING = ("older_data", "next", "record", "recheck", "review", "try_escalation")
_LOOK_SECONDS = 1.0
_STAGE_SECONDS = 900.0


def walk(demo: Demo, screen: Screen) -> dict[str, Any]:
    """Walk the roadmap; returns the summary, which is also written to ``summary.json`` in the demo's home.

    Raises Terminal if anything was not proven; nothing here believes a green run alone.
    """
    project, passwords = demo.project, demo.airflow.passwords
    who = engineer(project)
    with (
        Rest(demo.airflow.url, who, passwords[who]) as rest,
        answering(project, demo.airflow.url, passwords, screen.note) as answers,
    ):
        going = Going(demo, rest, screen)
        going.unpause()
        changes = going.prepare()
        screen.step(f"{project.title}: the night. Freeze, last increments, sweep, checks, sample, opening")
        night = going.start("final_migration")
        with screen.watching(lambda: _progress(demo)):
            going.until("final_migration")
        going.hand_over()
    screen.step("proof")
    summary = _proven(demo, f"{project.name}.final_migration/{night}", changes, answers)
    (demo.options.home / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    return summary


@dataclass
class Going:
    """The walk under way: what the engineer starts, and what the ledger says of it."""

    demo: Demo
    rest: Rest
    screen: Screen

    def unpause(self) -> None:
        """Let every DAG of the project run but those that wait for their time: the passes, and support.

        A new one is paused.
        """
        project = self.demo.project
        for name in (*(stage.name for stage in project.stages), *STANDING):
            self.rest.wait_for_dag(f"{project.name}.{name}")
            if name not in ("support", *PASSES):
                self.rest.unpause(f"{project.name}.{name}")
        self.rest.wait_for_dag("golive.watchdog")
        self.rest.unpause("golive.watchdog")

    def prepare(self) -> int:
        """Everything before the night: the stages, older data meanwhile, the old system in use; gives rows changed."""
        changes = 0
        self.screen.step("the roadmap begins, and older data crosses while the old system is in use")
        self.start(self.demo.project.stages[0].name)
        trial = self._try_alarms()
        changes += self._cross(1)
        for what in _attendance(self.demo):
            self.finish("record", self.start("record", what))
        self.finish("try_escalation", trial)
        self.look("data_validation_initial", clean="initial")
        changes += self._cross(2)
        self.look("data_validation_mid_cycle", clean="mid_cycle")
        self.look("data_validation_pre_final")
        before = self.demo.project.before("final_migration")
        for name in before:
            self.until(name)
        self.finish("recheck", self.start("recheck"))
        self.finish("review", self.start("review"))
        found = review(self.demo.project, self.demo.airflow.url, self.demo.airflow.passwords)
        self.screen.note(f"the departments looked at their rows, and found {found:,} right")
        changes += self._work(3)
        self.screen.note(f"the old system's users changed {changes:,} rows meanwhile")
        return changes

    def look(self, name: str, clean: str = "") -> None:
        """A pass, once what stands before it is complete; ``clean`` says what people put right after it."""
        demo = self.demo
        for each in demo.project.before(name):
            self.until(each)
        self.rest.unpause(f"{demo.project.name}.{name}")
        self.start(name)
        self.until(name)
        with demo.ledger as ledger:
            self.screen.note(findings(ledger, demo.project.name)[-1].says)
        if clean:
            rows = organisation.clean(demo.organisation, demo.source_url, seed=demo.options.seed, after=clean)
            self.screen.note(f"people corrected {rows:,} rows of the old system")

    def start(self, name: str, conf: dict[str, Any] | None = None) -> str:
        """Start a DAG of the project by hand, and give the run's id."""
        return self.rest.trigger(f"{self.demo.project.name}.{name}", conf)

    def finish(self, name: str, run: str) -> None:
        """Until a run has ended well."""
        dag = f"{self.demo.project.name}.{name}"
        state = self.rest.wait(dag, run, timeout=3600)
        if state != "success":
            failed = [task for task in self.rest.task_instances(dag, run) if task["state"] == "failed"]
            names = ", ".join(task["task_id"] for task in failed) or "no task"
            raise Terminal(f"{dag} ended as {state}; failed: {names}. Its log in Airflow says why")

    def until(self, name: str) -> None:
        """Until a stage is complete, saying each that becomes so; Terminal when one has stopped."""
        end = time.monotonic() + _STAGE_SECONDS
        while True:
            stages = {each.stage: each for each in self._standing()}
            if stages[name].over:
                return
            stopped = [each for each in stages.values() if each.state is State.STOPPED]
            if stopped:
                raise Terminal(f"{stopped[0].shown}: {stopped[0].says}")
            if time.monotonic() > end:
                raise Terminal(f"{stages[name].shown} did not end: {stages[name].says}")
            time.sleep(_LOOK_SECONDS)

    def hand_over(self) -> None:
        """Support, which begins once a first day of tickets is entered, until every stage is complete."""
        self.screen.step("the new system is open; support until it is handed over")
        self.finish("record", self.start("record", _tickets(self.demo)))
        self.rest.unpause(f"{self.demo.project.name}.support")
        self.start("support")
        for stage in self.demo.project.stages:
            self.until(stage.name)

    def _try_alarms(self) -> str:
        """Have the way to each level of support tried, started by somebody on none; gives the run's id."""
        demo = self.demo
        who = bystander(demo.project)
        with Rest(demo.airflow.url, who, demo.airflow.passwords[who]) as rest:
            return rest.trigger(f"{demo.project.name}.try_escalation")

    def _standing(self) -> list[Standing]:
        with self.demo.ledger as ledger:
            found = standing(ledger, self.demo.project)
        for each in found:
            if each.over:
                self.screen.once(f"{each.shown}: complete")
        return found

    def _cross(self, turn: int) -> int:
        """Older data crosses while the old system is in use; gives rows changed."""
        run = self.start("older_data")
        changed = self._work(turn)
        self.finish("older_data", run)
        return changed

    def _work(self, turn: int) -> int:
        """A round of what the old system's users do."""
        demo = self.demo
        return organisation.live_changes(demo.organisation, demo.source_url, seed=demo.options.seed, round=turn).total


def _tickets(demo: Demo) -> dict[str, Any]:
    """What the engineer records after the opening: no ticket yet."""
    return {"what": "tickets", "on": _today(demo), "level": 1, "opened": 0, "closed": 0, "open": 0}


def _attendance(demo: Demo) -> Iterator[dict[str, Any]]:
    """What the engineer records: everybody was at every course of their groups, and did the exercises."""
    training, today = demo.project.training, _today(demo)
    attended = [
        (person, course.name, today)
        for course in training.courses
        for group in course.groups
        for person in training.groups[group]
    ]
    done = [
        (person, exercise.name, today) for exercise in training.exercises for person in training.groups[exercise.group]
    ]
    for what, column, rows in (("attendance", "course", attended), ("exercise", "exercise", done)):
        if rows:
            text = io.StringIO()
            csv.writer(text).writerows([("person", column, "on"), *rows])
            yield {"what": what, "csv": text.getvalue()}


def _today(demo: Demo) -> str:
    return f"{datetime.now(ZoneInfo(demo.project.timezone)):%Y-%m-%d}"


def _proven(demo: Demo, name: str, changes: int, answers: list[Answered]) -> dict[str, Any]:
    """The summary out of the ledger, once the chain holds, the quarantine is exactly what was planted, and
    configuration is what was set up ahead.

    It is kept in a file, so no URL in it has its password.
    """
    project = demo.project
    with demo.ledger as ledger:
        entries = ledger.verify()
        entry = ledger.last(project.name, Kind.SUMMARY, run=name)
        if entry is None or entry.evidence_hash is None:
            raise Terminal(f"the ledger holds no summary of {name}: the run did not open the new system")
        summary = ledger.evidence(entry.evidence_hash)
        stages = standing(ledger, project)
        passes = findings(ledger, project.name)
        head = ledger.head()
    assert isinstance(summary, dict)
    critical = [each.critical for each in passes]
    if [each.stage for each in passes] != list(PASSES) or sorted(set(critical), reverse=True) != critical:
        raise Terminal(f"the findings did not fall from pass to pass: {', '.join(each.says for each in passes)}")
    if not passes[-1].regressed:
        raise Terminal("the last pass did not catch what was put right once and came back")
    planted = organisation.unmigratable(demo.organisation, demo.source_url, demo.target_url)
    expected = {(f"public.{table}", key) for table, keys in planted.items() for key in keys}
    found = _quarantined(demo)
    if found != expected:
        raise Terminal(
            f"the quarantine is not what was planted: {len(expected - found)} rows are not in it,"
            f" {len(found - expected)} should not be"
        )
    return {
        "project": project.name,
        "size": demo.options.size,
        "counted": demo.organisation.counted,
        "seed": demo.options.seed,
        "verdict": "proven",
        "changed_meanwhile": changes,
        **summary["totals"],
        "planted": len(expected),
        "areas": _configured(demo),
        "passes": [{"name": each.name, **asdict(each)} for each in passes],
        "stages": [{"stage": each.stage, "state": each.state.value, "says": each.says} for each in stages],
        "answers": len(answers),
        "people": len({answer.person for answer in answers}),
        "ledger_entries": entries,
        "ledger_head": str(head),
        "run": name,
        "per_table": summary["tables"],
        "urls": without_passwords(demo.urls),
        "airflow": demo.airflow.url,
    }


def _configured(demo: Demo) -> int:
    """How many areas of configuration are in production as they were set up ahead; Terminal for one that is not."""
    project = demo.project
    if project.staging is None:
        return 0
    staging, target = (
        connect(demo.urls[side.connection], name=side.connection, timezone=project.timezone)
        for side in (project.staging, project.target)
    )
    found = compare(lay_out(project, staging, target), staging, target)
    differing = [name for name, area in found.items() if area.changes]
    if differing:
        raise Terminal(f"the configuration that was set up ahead is not in production: {', '.join(differing)}")
    return len(found)


def _quarantined(demo: Demo) -> set[tuple[str, tuple[str, ...]]]:
    with psycopg.connect(demo.target_url) as connection:
        return {
            (table.split("#")[0], tuple(organisation.NULL if part is None else part for part in key))
            for table, key in connection.execute(
                "select table_name, key from golive.quarantine where project = %s", [demo.project.name]
            )
        }


def _progress(demo: Demo) -> tuple[int, str]:
    """Rows that crossed or were compared so far in the open increments, and what the lanes do now."""
    with psycopg.connect(demo.target_url) as connection:
        made = connection.execute("select to_regclass('golive.heartbeat')").fetchone()
        if not (made and made[0]):
            return 0, "waiting for a lane"
        rows = connection.execute("select coalesce(sum(read), 0)::bigint from golive.checkpoint").fetchone()
        doing = connection.execute(
            "select coalesce(table_name || ': ', '') || split_part(doing, ' ', 1) from golive.heartbeat"
            " where ended_at is null order by lane"
        ).fetchall()
    return int(rows[0]) if rows else 0, "; ".join(text for (text,) in doing) or "between two steps"
