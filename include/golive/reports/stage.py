"""The report of a stage's run: where it stands, what is missing, what was found, and who signed it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from golive.ledger import IDENTITY, Entry, Kind, Ledger, digest
from golive.project import Project
from golive.readiness.closing import stages
from golive.readiness.evidence import evidence_of
from golive.readiness.stages import Standing, standing
from golive.reports import parts, plain, tables
from golive.reports.advice import advice, as_airflow_has_it, in_short, lacking
from golive.reports.cells import Table, who
from golive.reports.documents import Document, documents
from golive.reports.facts import of_stage
from golive.reports.kept import Kept, kept
from golive.reports.model import Checked, CheckLine, Fact, Step
from golive.reports.plain import Tone, Word
from golive.reports.read import Read, read_run
from golive.reports.told import called, told
from golive.reports.words import shown

# Kinds of which a run may write more than one that stand side by side, although nothing tells them apart for a gate.
_EACH = frozenset({Kind.MEETING, Kind.COMMUNICATION, Kind.SLOT})


@dataclass(frozen=True, slots=True)
class Found:
    """What one step found, as it looked last; ``missing`` keeps the stage open."""

    entry: int
    at: datetime
    task: str
    says: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """Somebody's word, or that it is still to be given: ``at`` is None where nobody was asked yet.

    ``void`` is true where what was found changed after the word was given: it no longer counts.
    """

    question: str
    role: str
    word: Word
    who: str
    at: datetime | None = None
    comment: str = ""
    void: bool = False
    entry: int = 0
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class StageReport(Checked):
    """A run of a stage, or of a standing job of the project, as the ledger tells it.

    ``says`` is the state in one sentence, ``do`` what a person does next. ``newer`` names the run in
    which the stage goes on or ended, where that is another one. ``checklist`` is what whoever signs
    the stage answers for, beside what was found. ``passes`` are the reports of passes that this run made.
    """

    project: str
    title: str
    run: str
    stage: str
    name: str
    word: Word
    says: str
    do: str
    newer: str = ""
    facts: tuple[Fact, ...] = ()
    found: tuple[Found, ...] = ()
    signatures: tuple[Signature, ...] = ()
    checklist: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    documents: tuple[Document, ...] = ()
    checks: tuple[CheckLine, ...] = ()
    steps: tuple[Step, ...] = ()
    passes: tuple[Kept, ...] = ()

    @property
    def waiting(self) -> tuple[Signature, ...]:
        """The forms that nobody has answered."""
        return tuple(each for each in self.signatures if each.at and each.word == plain.state("asked"))

    @property
    def missing(self) -> tuple[Found, ...]:
        """The steps that found something missing."""
        return tuple(each for each in self.found if each.missing)


def stage_report(ledger: Ledger, project: Project, run: str, *, airflow: str | None = None) -> StageReport:
    """What a run of a stage or standing job, named '<dag_id>/<run_id>', has found and what it waits for.

    From the ledger alone; ``airflow`` is what Airflow says of the run, where it was asked: it tells a
    run that has ended from one that goes on. Of the evidence only texts that were written to be read
    are shown, so no row of either system is. Only reads; raises what the ledger raises.
    """
    dag_id = run.partition("/")[0]
    name = dag_id.partition(".")[2]
    read = read_run(ledger, project.name, run)
    declared = project.stage(name)
    title = shown(project.title or project.name)
    empty = StageReport(
        project.name, title, run, name, shown(declared.shown) if declared else plain.name(name),
        Word("standing job", Tone.CALM), *_job(read, project, airflow),
    )  # fmt: skip
    roadmap = standing(ledger, project)
    now = next((each for each in roadmap if each.stage == name), None)
    signatures = [*_signatures(ledger, project, read, name, run)]
    if now is not None:
        signatures += _not_asked(project, read, now, run)
        empty = _stands(ledger, project, empty, now, airflow, bool(read.entries))
        if now.over:
            empty = replace(empty, do=f"{empty.do} {_next(project, roadmap, name)}".rstrip())
    return replace(
        empty,
        facts=of_stage(read),
        found=tuple(_found(read)),
        signatures=tuple(signatures),
        checklist=tuple(shown(item.what) for item in declared.checklist) if declared else (),
        tables=(*_tables(read, project), *_timeline(ledger, read, project)),
        documents=tuple(documents(ledger, read.entries)),
        checks=_checks(read),
        steps=tuple(told(entry, project) for entry in _everything(read)),
        passes=kept(read.entries),
    )


def _stands(
    ledger: Ledger, project: Project, empty: StageReport, now: Standing, airflow: str | None, wrote: bool
) -> StageReport:
    """The stage's state, and what it means for a run that is not the one in which it goes on."""
    if now.run == empty.run:
        now = as_airflow_has_it(now, airflow)
        says = in_short(now, lacking(ledger, project, now))
        return replace(empty, word=plain.stage_state(now.state), says=says, do=advice(ledger, project, now))
    word, says, do = (
        plain.stage_state(now.state),
        in_short(now, lacking(ledger, project, now)),
        advice(ledger, project, now),
    )
    if now.run is not None:
        return replace(
            empty, word=word, says=f"This run is over. {says}", do=f"{do} What this run found stands below.",
            newer=shown(now.run),
        )  # fmt: skip
    if airflow == "failed" or (airflow is None and wrote):
        first = "This run did not open the stage."
        return replace(empty, word=word, says=f"{first} {says}", do=f"Open the run in Airflow: it says why. {do}")
    return replace(empty, word=word, says=says, do=do)


def _next(project: Project, roadmap: list[Standing], name: str) -> str:
    """What comes after a stage that is over."""
    after = [
        f"{shown(each.shown)} ({plain.stage_state(each.state).text})"
        for each in roadmap
        if name in project.before(each.stage) and not each.over
    ]
    return f"Next on the roadmap: {', '.join(after)}." if after else ""


def _job(read: Read, project: Project, airflow: str | None) -> tuple[str, str]:
    """A run of a job that is no stage: its newest word, and what to do."""
    steps = [each for each in _everything(read) if each.kind != Kind.ALARM]
    if not steps:
        return "This run wrote nothing into the ledger.", "Nothing." if airflow != "failed" else _FAILED
    last = told(steps[-1], project)
    return last.says, last.detail if last.bad else _FAILED if airflow == "failed" else "Nothing."


_FAILED = "Open the failed task in Airflow: its message says what to correct. Then clear it."


def _found(read: Read) -> Iterator[Found]:
    for entry in _newest(read.of(Kind.STEP), "task"):
        said = entry.payload
        yield Found(
            entry.seq, entry.at, plain.name(said.get("task") or ""), shown(said.get("says") or ""),
            tuple(shown(line) for line in said.get("missing") or ()),
        )  # fmt: skip


def _signatures(ledger: Ledger, project: Project, read: Read, stage: str, run: str) -> Iterator[Signature]:
    """The last word on every question of the run."""
    closed = read.last(Kind.STAGE, state="closed")
    stands = closed.evidence_hash if closed else digest(evidence_of(ledger, project, stage, run))
    for entry in _newest(read.of(Kind.APPROVAL), "question"):
        said = entry.payload
        signs = str(said.get("question", "")).startswith("sign_off/")
        person = (
            called(said.get("people"), project) if said.get("verdict") == "asked" else called([entry.actor], project)
        )
        comment = " ".join(filter(None, (shown(said.get("reason") or ""), shown(said.get("comment") or ""))))
        yield Signature(
            plain.question(said.get("question", "go_live")), who(said.get("role"), project),
            plain.state(said.get("verdict")), person, entry.at, comment,
            signs and said.get("verdict") == "approved" and said.get("evidence_hash") != stands, entry.seq,
            shown(said.get("evidence_hash") or ""),
        )  # fmt: skip


def _not_asked(project: Project, read: Read, now: Standing, run: str) -> Iterator[Signature]:
    """The roles that this run of a stage still has to ask."""
    stage = project.stage(now.stage)
    if stage is not None and now.run == run and not now.over:
        asked = {entry.payload.get("role") for entry in read.of(Kind.APPROVAL)}
        for role in stage.signers:
            if role not in asked:
                people = called(project.people[role].holders if role in project.people else (), project)
                yield Signature(
                    plain.question(f"sign_off/{role}"), who(role, project), Word("not asked yet", Tone.SOFT), people
                )


def _tables(read: Read, project: Project) -> Iterator[Table]:
    """A table for each kind that the run wrote, each thing in it as it stood last."""
    for kind in tables.KINDS:
        entries = read.of(kind)
        if kind not in _EACH:
            names = IDENTITY.get(kind, ())
            last = {tuple(str(entry.payload.get(name)) for name in names): entry for entry in entries}
            entries = sorted(last.values(), key=lambda entry: entry.seq)
        made = tables.table(kind, [entry.payload for entry in entries], project)
        if made is not None:
            yield made


def _timeline(ledger: Ledger, read: Read, project: Project) -> Iterator[Table]:
    """What this run proposed for every stage, beside what it took up to now."""
    sized = read.last(Kind.SIZING)
    if sized is not None:
        made = tables.timeline(stages(project, [*ledger.entries(project.name, kind=Kind.STAGE), sized]))
        if made is not None:
            yield made


def _checks(read: Read) -> tuple[CheckLine, ...]:
    return parts.checks([(entry, read.shown(entry)) for entry in read.checks])


def _everything(read: Read) -> list[Entry]:
    return sorted([*read.entries, *read.alarms], key=lambda entry: entry.seq)


def _newest(entries: list[Entry], name: str) -> list[Entry]:
    """The last entry for each value of a payload's key, in the order of those."""
    last = {str(entry.payload.get(name)): entry for entry in entries}
    return sorted(last.values(), key=lambda entry: entry.seq)
