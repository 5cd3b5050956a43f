"""Which personal data each system holds, who may read it, and what changes by the move.

Personal is what the project file declares as sensitive, and what looks it by name and type. Nothing of a row is
read. What looks personal and is not declared is an issue: it would stand unmasked where people look at rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from golive.project.sides import all_sensitive, bare, entries, origins, sensitive_columns
from golive.readiness.asked import counted, holders, named
from golive.readiness.personal import looks_personal
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.databases import Database
    from golive.databases.profiling import Held
    from golive.project import Project
    from golive.project.preparing import Side
    from golive.readiness.site import Site

OWNER = "data_engineer"
DECLARED = "declared"
EVERYBODY = "PUBLIC"
ISSUE = "privacy"


@dataclass(frozen=True, slots=True)
class Personal:
    """A personal column: why it counts as one ('declared', or what it looks like), and who may read it.

    ``others`` are the columns of the other system that it is made of, or that are made of it; empty for what only
    this one shows.
    """

    table: str
    column: str
    type: str
    why: str
    readers: tuple[str, ...]
    others: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


def compare_privacy(site: Site) -> Outcome:
    """The personal columns of both systems, each with who may read it; what is shown anew, and what no longer.

    An issue is opened for every column of the target that looks personal and is not declared as sensitive, and
    closed once it is declared or gone. Nothing is missing because of what was found: a person weighs it.
    """
    held = {"source": _columns(site.source), "target": _columns(site.target)}
    carried = _carried(site.project, held["source"], held["target"])
    source = _personal(site.project, "source", site.source, held["source"], _turned(carried))
    target = _personal(site.project, "target", site.target, held["target"], carried)
    new = [each for each in target if not each.others]
    gone = [each for each in source if not each.others]
    undeclared = [each for each in target if each.why != DECLARED and entries(site.project, "target", each.table)]
    open_ = [each for each in target if EVERYBODY in each.readers]
    payload = {
        "source": len(source), "target": len(target), "new": len(new), "gone": len(gone),
        "undeclared": len(undeclared), "everybody": len(open_),
    }  # fmt: skip
    evidence = {
        "source": [asdict(each) for each in source],
        "target": [asdict(each) for each in target],
        "new": [str(each) for each in new],
        "gone": [str(each) for each in gone],
        "undeclared": [str(each) for each in undeclared],
        "everybody": [str(each) for each in open_],
    }
    says = f"Personal data: {counted(len(source), 'column')} in the old system, {len(target)} in the new"
    for what, some in (
        ("only in the new", new), ("only in the old", gone), ("looks personal and is not declared", undeclared),
        ("everybody may read in the new", open_),
    ):  # fmt: skip
        says += f"; {what}: {named(list(map(str, some)))}" if some else ""
    records = (Record("privacy", payload, evidence), *_issues(site, undeclared))
    return Outcome(f"{says}.", records)


def undeclared(site: Site) -> tuple[tuple[str, ...], int]:
    """The columns that looked personal and were not declared at the last look, and how many personal ones there were.

    Nothing was looked at before the first look.
    """
    last = site.ledger.last(site.project.name, "privacy")
    if last is None or last.evidence_hash is None:
        return (), 0
    evidence = site.ledger.evidence(last.evidence_hash)
    assert isinstance(evidence, dict)
    now = {(bare(table), column) for table, columns in all_sensitive(site.project).items() for column in columns}
    open_ = [name for name in evidence["undeclared"] if tuple(bare(name).rsplit(".", 1)) not in now]
    return tuple(open_), len(evidence["target"])


def _columns(database: Database) -> tuple[Held, ...]:
    with database.session(read_only=True) as connection:
        return database.reach.columns(connection)


def _carried(project: Project, source: Sequence[Held], target: Sequence[Held]) -> dict[str, set[str]]:
    """Each column of the target that is made of some of the source, with those; of a query by their names alone."""
    columns: dict[str, set[str]] = {}
    for held in source:
        columns.setdefault(bare(held.table), set()).add(held.column)
    made: dict[str, set[str]] = {}
    for table, names in columns.items():
        for spec in entries(project, "source", table):
            for held in target:
                if bare(held.table) == bare(spec.target) and held.column not in spec.without:
                    read = names & origins(spec, held.column)
                    made.setdefault(_place(held), set()).update(f"{table}.{name}" for name in read)
    return made


def _turned(carried: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Each column of the source, with those of the target that are made of it."""
    turned: dict[str, set[str]] = {}
    for column, origins_ in carried.items():
        for origin in origins_:
            turned.setdefault(origin, set()).add(column)
    return turned


def _personal(
    project: Project, side: Side, database: Database, held: Sequence[Held], others: Mapping[str, set[str]]
) -> list[Personal]:
    """The personal ones among the columns of a side; ``others`` are those of the other side that each belongs to."""
    found: list[tuple[Held, str]] = []
    sensitive: dict[str, frozenset[str]] = {}
    for each in held:
        if each.table not in sensitive:
            sensitive[each.table] = sensitive_columns(project, side, each.table)
        why = DECLARED if each.column in sensitive[each.table] else looks_personal(each)
        if why:
            found.append((each, why))
    with database.session(read_only=True) as connection:
        readers = database.reach.readers(connection, [each for each, _ in found])
    return [
        Personal(
            bare(each.table), each.column, each.type, why, who, tuple(sorted(others.get(_place(each), ())))
        )
        for (each, why), who in zip(found, readers, strict=True)
    ]  # fmt: skip


def _issues(site: Site, undeclared: Sequence[Personal]) -> Iterator[Record]:
    """What changes about the issues: opened for each column that is found, closed for each that no longer is."""
    latest = site.ledger.latest(site.project.name, "issue", by=("id",))
    standing = {entry.payload["id"]: entry.payload for entry in latest}
    now = {f"{ISSUE}/{each}": each for each in undeclared}
    for name, each in now.items():
        if standing.get(name, {}).get("state", "closed") == "closed":
            yield Record("issue", {
                "id": name, "title": f"{each} looks personal", "severity": "major", "owner": OWNER, "from": ISSUE,
                "state": "open",
                "says": f"{each} looks like {each.why}, and is not under `sensitive`: it would stand unmasked in"
                f" reports. {holders(site, OWNER)}: name it there, or have this waived, saying why it is not personal",
            })  # fmt: skip
    for name, payload in standing.items():
        if name.startswith(f"{ISSUE}/") and name not in now and payload["state"] != "closed":
            yield Record("issue", payload | {"state": "closed", "says": "It is declared as sensitive, or gone."})


def _place(held: Held) -> str:
    return f"{bare(held.table)}.{held.column}"
