"""A report as Markdown, for messages and the terminal. Whatever a name or comment holds, it stays text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from golive.reports.model import Differing, RunReport
from golive.reports.words import many, moment, number

_MARKUP = re.compile(r"([\\`*\[\]<>|~&$!#])|(?<!\w)(_)|(_)(?!\w)")
_SHOWN = 20


def as_markdown(report: RunReport) -> str:
    """The whole report; tables that lost or gained nothing are counted, not listed."""
    parts = [_head(report), _failed(report), _tables(report), _quarantine(report), _sample(report), _freeze(report)]
    if report.dry_run and not report.freeze and not report.tables:
        parts.insert(1, _dry_run(report))
    return "\n".join("\n".join(part) for part in map(list, [*parts, _steps(report)]) if part).strip() + "\n"


def _head(report: RunReport) -> Iterator[str]:
    yield f"# {_text(report.says)}\n"
    yield f"**Next:** {_text(report.do)}\n"
    yield f"Project {_text(report.project)}, run {_text(report.run)}\n"
    if report.shown_from:
        yield f"The numbers are those of {_text(report.shown_from)}.\n"
    yield from (f"- {_text(fact.label)}: **{_text(fact.value)}**" for fact in report.facts)
    if report.facts:
        yield ""


def _dry_run(report: RunReport) -> Iterator[str]:
    shown = report.dry_run
    assert shown is not None
    yield "## What it would do\n"
    yield from (f"{place}. {_text(action)}" for place, action in enumerate(shown.actions, 1))
    times = ", ".join(f"{_text(step)} {minutes}" for step, minutes in shown.minutes)
    yield f"\nAbout {many(shown.total_minutes, 'minute')} in all: {times}.\n"
    yield from _table(
        ("Table", "Rows to carry", "Rows"),
        [(_text(t.table), number(t.rows), number(t.total)) for t in shown.tables if t.rows][:_SHOWN],
    )


def _failed(report: RunReport) -> Iterator[str]:
    if not report.failed:
        return
    yield f"## Checks that did not pass: {len(report.failed)} of {len(report.checks)}\n"
    for check in report.failed[:_SHOWN]:
        yield f"- **{_text(check.table)}, {_text(check.check)}: {check.verdict}**: {_text(check.says)}"
        yield from _rows(check.examples)
    if len(report.failed) > _SHOWN:
        yield f"- and {len(report.failed) - _SHOWN} more"
    yield ""


def _tables(report: RunReport) -> Iterator[str]:
    if not report.tables:
        return
    moved = [t for t in report.tables if t.inserted or t.updated or t.deleted or t.quarantined or not t.finished]
    yield f"## Rows per table{', over the whole project' if report.whole else ''}\n"
    yield from _table(
        ("Table", "Read", "Inserted", "Updated", "Deleted", "Quarantine"),
        [
            (_text(t.table) + ("" if t.finished else " (not finished)"),
             *map(number, (t.read, t.inserted, t.updated, t.deleted, t.quarantined)))
            for t in moved
        ],
    )
    if len(moved) < len(report.tables):
        yield f"{many(len(report.tables) - len(moved), 'table')} unchanged.\n"


def _quarantine(report: RunReport) -> Iterator[str]:
    if not report.quarantine:
        return
    yield f"## In quarantine: {many(sum(held.rows for held in report.quarantine), 'row')}\n"
    for held in report.quarantine:
        reasons = "; ".join(f"{number(reason.rows)}: {_text(reason.says)}" for reason in held.reasons)
        yield f"- **{_text(held.table)}** {number(held.rows)} ({reasons})"
    yield ""


def _sample(report: RunReport) -> Iterator[str]:
    sample = report.sample
    if sample is None:
        return
    yield f"## Sample: {sample.verdict}\n"
    yield f"{_text(sample.says)} ({sample.percent}%, seed {sample.seed}, entry {sample.entry})\n"
    for table in sample.tables:
        if table.verdict != "PASS":
            yield f"- **{_text(table.table)}: {table.verdict}**: {_text(table.says)}"
            yield from _rows(table.examples)


def _freeze(report: RunReport) -> Iterator[str]:
    freeze = report.freeze
    if freeze is None:
        return
    yield "## Freeze\n"
    yield (
        f"{_text(freeze.source)} read-only since {freeze.since}, {many(len(freeze.tables), 'table')}, at position"
        f" {_text(freeze.position)} (entry {freeze.entry}).{' ' + _text(freeze.undone) if freeze.undone else ''}\n"
    )
    yield from (f"- {_text(proof)}" for proof in freeze.proofs)
    yield from (f"- not covered: {_text(thing)}" for thing in freeze.not_covered)
    yield ""


def _steps(report: RunReport) -> Iterator[str]:
    if not report.steps:
        return
    yield "## What happened\n"
    for step in report.steps:
        detail = "; ".join(_text(line) for line in step.detail.splitlines() if line)
        yield f"- {moment(step.at)}, {_text(step.who)}: {_text(step.says)}{f' ({detail})' if detail else ''}" + _where(
            step.entry, step.evidence
        )


def _where(entry: int, evidence: str) -> str:
    return f" (entry {entry}{f', evidence {evidence[:12]}' if evidence else ''})"


def _rows(examples: Iterable[Differing]) -> Iterator[str]:
    for row in examples:
        if row.only:
            yield f"  - key {_text(row.key)}: only in the {'old' if row.only == 'source' else 'new'} system"
        else:
            cells = ", ".join(f"{_text(c.column)} {_value(c.source)} → {_value(c.target)}" for c in row.cells)
            yield f"  - key {_text(row.key)}: {cells}"


def _value(value: str | None) -> str:
    return "NULL" if value is None else f"“{_text(value)}”"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        return
    yield f"| {' | '.join(head)} |"
    yield f"|---|{'--:|' * (len(head) - 1)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def _text(text: str) -> str:
    """On one line, with every character escaped that Markdown would obey."""
    return _MARKUP.sub(lambda found: "\\" + found[0], " ".join(text.split()))
