"""What people said about the rows that they review: the newest verdict on each, as long as the row is what it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from golive.readiness.asked import counted, holders
from golive.readiness.site import Record

if TYPE_CHECKING:
    from golive.ledger import Entry
    from golive.project.people import Department
    from golive.readiness.site import Papers

RIGHT, WRONG, UNSURE = VERDICTS = ("right", "wrong", "unsure")
# How a work-list stands: with rows, or why it has none.
DRAWN, NO_KEY, NOT_CROSSED, TOO_MANY = "drawn", "no key", "nothing crossed", "too many"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person said about one row; it holds while the row's digest is this one."""

    digest: str
    verdict: str
    comment: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Listed:
    """The newest work-list of one table. ``rows`` are as ``WorkRow`` has them; empty where there are none."""

    entry: Entry
    department: Department
    columns: tuple[str, ...]
    key: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]

    @property
    def table(self) -> str:
        return str(self.entry.payload["table"])

    @property
    def state(self) -> str:
        return str(self.entry.payload["state"])

    @property
    def of(self) -> int:
        """All rows of the table that are not in quarantine, on the side that has more."""
        return int(self.entry.payload["of"])

    @property
    def mapping(self) -> str:
        return str(self.entry.payload["mapping"])

    @property
    def hash(self) -> str:
        """What tells this list from one with other rows, or rows with other values."""
        return self.entry.evidence_hash or ""


@dataclass(frozen=True, slots=True)
class Entity:
    """How far the review of one table is; all numbers are rows.

    ``to_review`` is a tenth of ``of``, rounded up, or the quota, and whatever else was wrong or unsure. ``void`` are
    rows, among those that nobody has judged as they are now, of which somebody had.
    """

    table: str
    department: str
    who: str
    of: int
    to_review: int
    right: int
    wrong: int
    unsure: int
    void: int
    why: str = ""

    @property
    def open(self) -> int:
        """The rows that were not found right; 1 for a table of which nobody was given any."""
        return max(self.to_review - self.right, 1 if self.why else 0)

    @property
    def untouched(self) -> int:
        return self.to_review - self.right - self.wrong - self.unsure

    @property
    def percent(self) -> str:
        """How much of the table was found right, rounded down: 99 of 1,000 are 9.9%."""
        tenths = self.right * 1000 // self.of if self.of else 0
        return f"{tenths // 10}.{tenths % 10}%"

    @property
    def says(self) -> str:
        """One sentence on what is open, and whose it is."""
        if self.why:
            return f"{self.table}: {self.why}"
        parts = [(self.wrong, "wrong"), (self.unsure, "unsure"), (self.untouched, "not judged")]
        named = ", ".join(f"{number:,} {what}" for number, what in parts if number)
        void = f" ({self.void:,} of them anew, because they changed)" if self.void else ""
        return (
            f"{self.table}: {self.right:,} of {self.to_review:,} rows are right, {self.percent} of {self.of:,};"
            f" {named or 'none open'}{void}, {self.who}"
        )


def lists(site: Papers) -> tuple[Listed, ...]:
    """The newest work-list of every table that the project file has, and gives to a department, in its order."""
    project = site.project
    if project.review is None:
        return ()
    order = [spec.target for spec in project.tables]
    found = []
    for entry in site.ledger.latest(project.name, "work_list", by=("table",)):
        department = project.reviewing(entry.payload["entity"])
        if department is not None and entry.payload["entity"] in order:
            found.append(_listed(site, entry, department))
    return tuple(sorted(found, key=lambda each: (order.index(each.entry.payload["entity"]), each.table)))


def verdicts(site: Papers) -> dict[tuple[str, str], Verdict]:
    """The newest verdict on every row, by (table, row), whether the row is still what it was or not."""
    newest = {}
    for entry in site.ledger.entries(site.project.name, kind="review"):
        for row, digest, verdict, comment in entry.payload["verdicts"]:
            newest[entry.payload["table"], row] = Verdict(digest, verdict, comment, entry.actor, entry.at)
    return newest


def standing(listed: Listed, given: Mapping[tuple[str, str], Verdict]) -> dict[str, Verdict]:
    """The verdicts that hold on the rows of a list, by row: those on a row that is as it was when it was judged."""
    return {
        row["row"]: one
        for row in listed.rows
        if (one := given.get((listed.table, row["row"]))) is not None and one.digest == row["digest"]
    }


def mark_of(verdict: str, comment: str) -> str:
    """What tells a word on a row from another one, wherever it was shown in between; empty for none at all."""
    from golive.ledger import digest

    # A cell or a form may change blanks, and what cannot be printed.
    words = " ".join("".join(sign if sign.isprintable() else " " for sign in comment).split()).replace("\ufffd", "")
    return digest({"verdict": verdict, "comment": words})[:16] if verdict or words else ""


def entities(site: Papers) -> tuple[Entity, ...]:
    """How far the review is, table by table; empty where nothing was drawn yet, or no review is declared."""
    given = verdicts(site)
    return tuple(entity(site, listed, given) for listed in lists(site) if listed.state != NO_KEY)


def entity(site: Papers, listed: Listed, given: Mapping[tuple[str, str], Verdict]) -> Entity:
    """How far the review of one list is."""
    held = standing(listed, given)
    count = Counter(one.verdict for one in held.values())
    void = sum(row["row"] not in held and (listed.table, row["row"]) in given for row in listed.rows)
    why = listed.entry.payload["says"] if listed.state in (NOT_CROSSED, TOO_MANY) else ""
    return Entity(
        listed.table, listed.department.name, holders(site, listed.department.head), listed.of, len(listed.rows),
        count[RIGHT], count[WRONG], count[UNSURE], void, why,
    )  # fmt: skip


def wrong_rows(site: Papers) -> Iterator[str]:
    """A sentence for each table of which people say that rows are wrong, whatever number of open ones is borne.

    Of a table whose rows could not be drawn the last word stands, since nobody has been shown others.
    """
    given = verdicts(site)
    for listed in lists(site):
        if listed.state == DRAWN:
            held = [one.verdict for one in standing(listed, given).values()]
        else:
            held = [one.verdict for (table, _), one in given.items() if table == listed.table]
        count = held.count(WRONG)
        if count:
            who = holders(site, listed.department.head)
            yield (
                f"people say that {counted(count, 'row')} of {listed.table} {'is' if count == 1 else 'are'} wrong: have"
                f" that put right, start {site.project.name}.review, and {who} looks again"
            )


def issue_of(site: Papers, table: str, wrong: int, gone: str) -> Record | None:
    """The issue about a table's wrong rows as it has to stand now; None if it stands so, or there is none to make.

    ``gone`` says why none is wrong any more.
    """
    name = f"review/{table}"
    entries = site.ledger.latest(site.project.name, "issue", by=("id",))
    before = next((entry.payload for entry in entries if entry.payload["id"] == name), None)
    is_open = before is not None and before["state"] != "closed"
    if not wrong and not is_open:
        return None
    says = f"People found {counted(wrong, 'row')} of {table} wrong." if wrong else gone
    if wrong and is_open and before is not None and before["says"] == says:
        return None
    return Record("issue", {
        "id": name, "title": f"Rows of {table} that people found wrong", "severity": "critical",
        "owner": "data_engineer", "state": "open" if wrong else "closed", "says": says, "from": "review",
    })  # fmt: skip


def departments_of(site: Papers, person: str) -> tuple[Department, ...]:
    """The departments whose rows somebody may judge today: those whose head they are, or whose reviewer."""
    return tuple(each for each in site.project.departments if person in reviewers(site, each))


def reviewers(site: Papers, department: Department) -> tuple[str, ...]:
    """Who may judge a department's rows today, by user id."""
    roles = (department.head, *department.reviewers)
    return tuple(dict.fromkeys(person for role in roles for person in site.project.holders(role, site.today)))


def _listed(site: Papers, entry: Entry, department: Department) -> Listed:
    if entry.evidence_hash is None:
        return Listed(entry, department, (), (), ())
    evidence = site.ledger.evidence(entry.evidence_hash)
    assert isinstance(evidence, dict)
    return Listed(entry, department, tuple(evidence["columns"]), tuple(evidence["key"]), tuple(evidence["rows"]))
