"""Entries and their evidence turned into the parts of a report. Pure: what is read is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from golive.ledger import Entry
from golive.reports.model import (
    Answer,
    Cell,
    CheckLine,
    Differing,
    DryRun,
    DryRunTable,
    FreezeReport,
    Held,
    Reason,
    SampleReport,
    SampleTable,
    TableLine,
)
from golive.reports.words import many, moment, shown, why

Evidence = Mapping[str, Any]
_ORDER = {"ERROR": 0, "FAIL": 1, "VACUOUS": 2}
# The ledger sorts the keys of what it stores; the steps have an order of their own.
_STEPS = ("freeze", "last increments", "sweep", "checks and sample")


def dry_run(entry: Entry, evidence: Evidence) -> DryRun:
    """What was shown, tables with the most rows to carry first."""
    tables = [
        DryRunTable(shown(t["table"]), t["rows"], t["total"], shown(t.get("says") or "")) for t in evidence["tables"]
    ]
    return DryRun(
        entry.seq, entry.evidence_hash or "", tuple(shown(action) for action in evidence["actions"]), evidence["rows"],
        evidence["total"],
        tuple((shown(step), minutes) for step, minutes in sorted(evidence["minutes"].items(), key=_place)),
        tuple(sorted(tables, key=lambda table: (-table.rows, -table.total, table.table))),
    )


def table_lines(moves: Iterable[Evidence]) -> tuple[TableLine, ...]:
    """Each table over these increments and sweeps: what was moved is summed, what is left is the last one's word."""
    found: dict[str, TableLine] = {}
    for move in moves:
        for table in move["tables"]:
            name, moved = shown(table["table"]), table["moved"]
            before = found.get(name) or TableLine(name, None, 0, 0, 0, 0, 0)
            found[name] = TableLine(
                name, table["facts"].get("source", before.source), before.read + moved["read"],
                before.inserted + moved["inserted"], before.updated + moved["updated"],
                before.deleted + moved["deleted"], table["quarantined"], table["undeleted"], table["finished"],
            )
    return tuple(found.values())


def summed_lines(summary: Evidence) -> tuple[TableLine, ...]:
    """The tables of a stored summary."""
    return tuple(
        TableLine(
            shown(line["table"]), line["rows"], line["read"], line["inserted"], line["updated"], line["deleted"],
            line["quarantined"],
        )
        for line in summary["tables"]
    )


def held(quarantine: Mapping[str, Any]) -> tuple[Held, ...]:
    """The quarantine by table and reason, most rows first."""
    tables = [
        Held(
            shown(name), each["rows"],
            tuple(
                Reason(why(r["reason"], r["state"], r["detail"]), shown(r["state"]), r["rows"])
                for r in sorted(each["reasons"], key=lambda reason: -reason["rows"])
            ),
            tuple((key_text(e["key"]), why(e["reason"], e["state"])) for e in each["examples"]),
        )
        for name, each in quarantine.items()
    ]
    return tuple(sorted(tables, key=lambda table: (-table.rows, table.table)))


def checks(entries: Sequence[tuple[Entry, Evidence]]) -> tuple[CheckLine, ...]:
    """Every verdict, those that did not pass first."""
    found = [
        CheckLine(
            shown(result["check"]), shown(result["table"] or ""), result["verdict"], shown(result["says"]), entry.seq,
            result["looked_at"], _differing((result.get("diff") or {}).get("examples", ())),
        )
        for entry, evidence in entries
        for result in evidence["results"]
    ]
    return tuple(sorted(found, key=lambda check: (_ORDER.get(check.verdict, 3), check.table, check.check)))


def sample(entry: Entry, evidence: Evidence) -> SampleReport:
    """The sample, tables that did not pass first."""
    tables = [
        SampleTable(
            shown(t["table"]), t["verdict"], shown(t["says"]), t["source_rows"], t["sampled"], t["matching"],
            t["different"], t["missing"], t["extra"], _differing(t["examples"]),
        )
        for t in evidence["tables"]
    ]
    tables.sort(key=lambda table: (_ORDER.get(table.verdict, 3), table.table))
    return SampleReport(
        entry.seq, entry.evidence_hash or "", evidence["seed"], evidence["percent"], evidence["sampled"],
        evidence["verdict"], shown(evidence["says"]), tuple(tables),
    )


def freeze(entry: Entry, record: Evidence, opening: Entry | None, undone: Entry | None) -> FreezeReport:
    """The freeze record; ``opening`` or ``undone`` ends the time in which the source stood still."""
    ends = [end.at for end in (opening, undone) if end is not None]
    since = datetime.fromisoformat(record["since"])
    proof = record["proof"]
    proofs = [
        f"{many(role['rejected'], 'probe write')} of {role['probed']} rejected as role {shown(role['role'])}"
        for role in proof["roles"]
    ]
    proofs.append(f"the catalogue shows the block in force on {many(proof['catalogue'], 'table')}")
    proofs += [f"not probed: {shown(text)}" for text in proof["not_probed"]]
    return FreezeReport(
        entry.seq, entry.evidence_hash or "", shown(record["source"]), shown(record["by"]), moment(since),
        shown(record["mark"]["position"]), _texts(record["tables"]), tuple(proofs), _texts(record["not_covered"]),
        _texts(record["waited_for"]), _texts(record["repaired"]),
        int((min(ends) - since).total_seconds()) if ends else None,
        f"opened again {moment(undone.at)} by {shown(undone.actor)} (entry {undone.seq})" if undone else "",
    )


def answer(entry: Entry) -> Answer:
    """A question or what was said to it."""
    said = entry.payload
    asked = said["verdict"] == "asked"
    return Answer(
        entry.seq, entry.at, people(entry) if asked else shown(entry.actor), shown(said.get("question", "go_live")),
        shown(said["verdict"]), shown(said.get("comment") or ""), shown(said.get("reason") or ""),
        shown(said.get("evidence_hash") or ""),
    )


def people(asked: Entry) -> str:
    """Who was asked: by name if the project names people, else a person."""
    return " or ".join(shown(person) for person in asked.payload.get("people", ())) or "a person"


def key_text(key: Sequence[str]) -> str:
    """A key on one line."""
    return ", ".join(shown(part) for part in key)


def _place(step: tuple[str, int]) -> tuple[int, str]:
    return (_STEPS.index(step[0]) if step[0] in _STEPS else len(_STEPS), step[0])


def _differing(examples: Iterable[Mapping[str, Any]]) -> tuple[Differing, ...]:
    out = []
    for each in examples:
        source, target = each["source"], each["target"]
        only = "target" if source is None else "source" if target is None else ""
        names = dict.fromkeys([*(source or {}), *(target or {})])
        cells = tuple(Cell(shown(name), _value(source, name), _value(target, name)) for name in names)
        out.append(Differing(key_text(each["key"]), only, cells))
    return tuple(out)


def _value(row: Mapping[str, Any] | None, name: str) -> str | None:
    value = (row or {}).get(name)
    return None if value is None else shown(value)


def _texts(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(shown(value) for value in values)
