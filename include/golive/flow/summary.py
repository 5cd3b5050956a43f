"""The numbers of a whole go-live, gathered from the ledger and the checkpoints of its run."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from golive.flow.guard import standing_freeze
from golive.flow.records import quarantine
from golive.ledger import Kind, opened, verdicts

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.ledger import Entry

COUNTS = ("inserted", "updated", "deleted")


def summarise(here: World) -> dict[str, Any]:
    """Rows per table over all increments and sweeps of the project, quarantine, sample, checks, seconds frozen."""
    name = here.project.name
    entries = here.ledger.entries(name)
    moves = [entry for entry in entries if entry.kind in (Kind.INCREMENT, Kind.SWEEP)]
    tables: dict[str, dict[str, Any]] = {
        table.name: {
            "table": table.name,
            "source": table.spec.source_text[:60],
            **dict.fromkeys(COUNTS, 0),
            "read": 0,
            "equal": 0,
            "rows": 0,
            "quarantined": 0,
        }
        for table in here.plan.tables
    }
    # Of an increment that was settled again only the last entry counts: each holds all that it moved.
    told = [(entry, _evidence(here, entry)["tables"]) for entry in moves]
    last_of = {(each["table"], each["increment"]): entry.seq for entry, said in told for each in said}
    for entry, said in told:
        for moved in said:
            line = tables.get(moved["table"])
            if line is None or last_of[moved["table"], moved["increment"]] != entry.seq:
                continue
            line["read"] += moved["moved"]["read"]
            for count in COUNTS:
                line[count] += moved["moved"][count]
    last = next(entry for entry in reversed(moves) if entry.kind == Kind.SWEEP)
    for moved in _evidence(here, last)["tables"]:
        line = tables[moved["table"]]
        line["rows"] = moved["facts"].get("source", 0)
        line["equal"] = moved["facts"].get("equal", 0)
        line["quarantined"] = moved["quarantined"]
    sample = here.own("sample")
    opening = opened(here.ledger, name)
    froze, freeze = standing_freeze(here)
    assert sample is not None and opening is not None
    frozen_seconds = int((opening.at - datetime.fromisoformat(freeze.since)).total_seconds())
    checks = [entry for entry in entries if entry.kind == Kind.CHECKS and entry.run == here.run.name]
    held = quarantine(here)
    totals = {
        "tables": len(tables),
        "rows": sum(line["rows"] for line in tables.values()),
        **{count: sum(line[count] for line in tables.values()) for count in COUNTS},
        "quarantined": sum(each["rows"] for each in held.values()),
        "sampled": sample.payload["rows"],
        "sample_percent": sample.payload["percent"],
        "sample_verdict": sample.payload["verdict"],
        "seconds_frozen": frozen_seconds,
    }
    return {
        "project": name,
        "run": here.run.name,
        "totals": totals,
        "tables": list(tables.values()),
        "quarantine": held,
        "sample": {"entry": sample.seq, **sample.payload},
        "checks": {
            "entries": [entry.seq for entry in checks],
            "passed": sum(entry.payload["PASS"] for entry in verdicts(checks)),
        },
        "freeze": {
            "entry": froze.seq,
            "since": freeze.since,
            "position": freeze.mark.position,
            "tables": len(freeze.tables),
            "not_covered": list(freeze.not_covered),
        },
        "opening": {"entry": opening.seq, "at": opening.at.isoformat(), "approved_by": opening.payload["approved_by"]},
    }


def _evidence(here: World, entry: Entry) -> dict[str, Any]:
    assert entry.evidence_hash is not None
    evidence = here.ledger.evidence(entry.evidence_hash)
    assert isinstance(evidence, dict)
    return evidence
