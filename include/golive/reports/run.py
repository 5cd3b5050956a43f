"""The report of one run, read from the ledger at one go."""

from __future__ import annotations

from dataclasses import replace

from golive.errors import ProjectError
from golive.ledger import Entry, Kind, Ledger, opened
from golive.project import load
from golive.reports import criteria, parts
from golive.reports.headline import facts, headline
from golive.reports.model import RunLine, RunReport, State
from golive.reports.read import Read, read_run
from golive.reports.stage import StageReport, stage_report
from golive.reports.steps import step
from golive.reports.told import told
from golive.reports.words import moment, shown

# The stages whose runs move rows; their report is of those.
MOVING = frozenset({"older_data", "final_migration"})


def run_report(ledger: Ledger, project: str, run: str, *, airflow: str | None = None) -> RunReport:
    """What a run, named '<dag_id>/<run_id>', has done and what it waits for, from the ledger alone.

    A run that did nothing because the system is open already shows the numbers of the run that
    opened it. ``airflow`` is what Airflow says of the run ('running', 'success', 'failed', ...), where
    it was asked: it chooses between words ('goes on', 'stopped') where the ledger cannot know, and
    changes no number. Only reads; raises what the ledger raises.
    """
    read = read_run(ledger, project, run)
    stage = run.partition("/")[0].partition(".")[2]
    opening = opened(ledger, project)
    if not read.entries and opening is not None and opening.run is not None and opening.run != run:
        return _after_opening(ledger, project, run, stage, opening, airflow)
    state, says, do = headline(read, stage, airflow)
    return replace(
        _report(read, RunReport(project, run, stage, state, says, do)), facts=facts(read),
    )


def report_of(ledger: Ledger, project: str, run: str, *, airflow: str | None = None) -> RunReport | StageReport:
    """The report of any run: of rows that move (``run_report``), or of a stage or standing job (``stage_report``).

    The latter needs the project's file; ProjectError if it is wrong. The former is shown without it too,
    since a file that was broken in the night must not hide the night: only its criteria are left out then.
    """
    if run.partition("/")[0].partition(".")[2] not in MOVING:
        return stage_report(ledger, load(project), run, airflow=airflow)
    report = run_report(ledger, project, run, airflow=airflow)
    try:
        declared = load(project)
    except ProjectError:
        return report
    return replace(report, criteria=criteria.of_run(ledger, declared, report.shown_from or run))


def runs(ledger: Ledger, project: str) -> tuple[RunLine, ...]:
    """Every run of a project that wrote into the ledger, the newest first."""
    found: dict[str, RunLine] = {}
    for entry in ledger.entries(project):
        if entry.run is None or entry.kind == Kind.ALARM:
            continue
        before = found.get(entry.run)
        since = before.since if before else entry.at
        found[entry.run] = RunLine(entry.run, shown(entry.stage or ""), since, entry.at, told(entry).says)
    return tuple(sorted(found.values(), key=lambda line: line.since, reverse=True))


def _after_opening(
    ledger: Ledger, project: str, run: str, stage: str, opening: Entry, airflow: str | None
) -> RunReport:
    """A run that found the new system open: what it shows is the go-live that opened it."""
    assert opening.run is not None
    says = f"The new system is open already, since {moment(opening.at)}. This run changed nothing."
    if stage != opening.stage:
        steps = tuple(step(entry) for entry in read_run(ledger, project, run).alarms)
        return RunReport(
            project, run, stage, State.OPEN, says, "Nothing: what this stage does is over.", steps=steps
        )
    first = run_report(ledger, project, opening.run, airflow=airflow)
    do = "Nothing. Below stands the stored summary of the run that opened the new system."
    return replace(first, run=run, state=State.OPEN, says=says, do=do, shown_from=opening.run)


def _report(read: Read, empty: RunReport) -> RunReport:
    """All parts of a report but its words."""
    shown_, frozen, drawn, summary = (
        read.last(kind) for kind in (Kind.DRY_RUN, Kind.FREEZE, Kind.SAMPLE, Kind.SUMMARY)
    )
    moves = read.of(Kind.INCREMENT, Kind.SWEEP)
    quarantined = [e for e in read.entries if "quarantine" in read.evidence.get(e.evidence_hash or "", {})]
    everything = sorted([*read.entries, *read.alarms, *filter(None, [read.undone])], key=lambda entry: entry.seq)
    return replace(
        empty,
        steps=tuple(step(entry) for entry in everything),
        dry_run=parts.dry_run(shown_, read.shown(shown_)) if shown_ else None,
        tables=(
            parts.summed_lines(read.shown(summary)) if summary
            else parts.table_lines(read.shown(move) for move in moves)
        ),
        whole=summary is not None,
        quarantine=parts.held(read.shown(quarantined[-1])["quarantine"]) if quarantined else (),
        checks=parts.checks([(entry, read.shown(entry)) for entry in read.checks]),
        sample=parts.sample(drawn, read.shown(drawn)) if drawn else None,
        freeze=(
            parts.freeze(frozen, read.shown(frozen), next(iter(read.of(Kind.OPENING)), None), read.undone)
            if frozen else None
        ),
        answers=tuple(parts.answer(entry) for entry in read.of(Kind.APPROVAL)),
    )
