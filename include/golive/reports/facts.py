"""The numbers of a stage that stand out; only those that were measured or declared."""

from __future__ import annotations

from collections.abc import Iterator

from golive.ledger import Entry, Kind
from golive.reports import plain
from golive.reports.model import Fact
from golive.reports.read import Read
from golive.reports.words import number, shown


def of_stage(read: Read) -> tuple[Fact, ...]:
    """What a department head asks for first."""
    out: list[Fact] = []
    for kind, facts in ((Kind.PROFILE, _profile), (Kind.READINESS, _readiness), (Kind.SIZING, _sizing)):
        entry = read.last(kind)
        if entry is not None:
            out += facts(entry)
    return tuple(out)


def _profile(entry: Entry) -> Iterator[Fact]:
    said = entry.payload
    for key, label in (("tables", "tables in the old system"), ("rows", "rows"), ("findings", "findings in the data")):
        if isinstance(said.get(key), int):
            yield Fact(label, number(said[key]))
    if isinstance(said.get("bytes"), int):
        yield Fact("size of the old data", plain.size(said["bytes"]))


def _readiness(entry: Entry) -> Iterator[Fact]:
    said = entry.payload
    if isinstance(said.get("score"), int):
        yield Fact(f"readiness, of 100; {shown(said.get('threshold'))} are needed", number(said["score"]))
    if said.get("proposal"):
        yield Fact("what the score proposes", shown(said["proposal"]))


def _sizing(entry: Entry) -> Iterator[Fact]:
    said = entry.payload
    if isinstance(said.get("rate"), int):
        yield Fact("rows a second, measured", number(said["rate"]))
    if isinstance(said.get("minutes_frozen"), int):
        yield Fact("minutes frozen, as estimated", number(said["minutes_frozen"]))
    if said.get("complexity"):
        yield Fact("complexity", shown(said["complexity"]))
    days = said.get("days")
    if isinstance(days, dict) and days:
        yield Fact("days over all stages, as estimated", number(sum(int(each) for each in days.values())))
