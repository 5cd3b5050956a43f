"""Verdicts come in: whoever gives them may, every one of them fits, and then all of them stand in the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from golive.errors import ChecksFailed, NotPermitted
from golive.readiness.asked import counted
from golive.readiness.reviewed import (
    UNSURE,
    VERDICTS,
    WRONG,
    Listed,
    Verdict,
    departments_of,
    issue_of,
    lists,
    mark_of,
    reviewers,
    standing,
    verdicts,
)
from golive.readiness.site import Record

if TYPE_CHECKING:
    from golive.readiness.site import Papers

# Verdicts in one entry: few enough that an entry stays small, many enough that thousands come in at once.
BATCH = 200
LONGEST = 500
SHOWN_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Said:
    """One verdict as it comes in. ``digest`` is that of the row as it was seen, ``where`` how to find it again.

    ``was`` is the mark of the word that stood on the row when it was shown: ``mark_of``, empty for none.
    """

    table: str
    row: str
    digest: str
    verdict: str
    comment: str
    where: str
    was: str

    @property
    def mark(self) -> str:
        """What tells it from another word on its row."""
        return mark_of(self.verdict, self.comment)

    @property
    def is_new(self) -> bool:
        """Whether it says anything else than what was shown."""
        return self.mark != self.was


def hand_in(site: Papers, by: str, said: Sequence[Said], hashes: Mapping[str, str]) -> int:
    """Keep verdicts in the name of ``by``; gives how many were new. What stands already is not written again.

    What is as it was shown is nobody's new word, and never covers what somebody else has said meanwhile. Raises
    NotPermitted for a row of a department that ``by`` neither heads nor reviews for, and ChecksFailed, with every
    fault, for a verdict that is none, one without the comment that it needs, a row that is on no list or is not as
    it was seen, and one that was judged since: then nothing is kept. ``hashes`` are the `project_hash` and
    `code_hash` of now. Of thousands, those that were written before a connection broke stay; handing in the same
    again writes the rest.
    """
    records, fresh = _judged(site, by, said)
    for record in records:
        site.ledger.append(
            project=site.project.name, stage="review", kind=record.kind, actor=by, payload=record.payload,
            project_hash=hashes["project_hash"], code_hash=hashes["code_hash"],
        )  # fmt: skip
    return fresh


def refuse_nobody(site: Papers, by: str) -> None:
    """NotPermitted for somebody who reviews for no department; the message says who does."""
    if departments_of(site, by):
        return
    raise NotPermitted(
        f"project {site.project.name}: {site.project.called(by)} reviews for no department."
        f" {'; '.join(_who(site)) or 'No department has tables to review'}",
        project=site.project.name,
    )


def _judged(site: Papers, by: str, said: Sequence[Said]) -> tuple[list[Record], int]:
    refuse_nobody(site, by)
    now = {each.table: each for each in lists(site)}
    _refuse_others(site, by, said, now)
    given, words = verdicts(site), [each for each in said if each.is_new]
    faults = list(_faults(site, words, now, given))
    if faults:
        more = f"\nand {len(faults) - SHOWN_FAULTS} more" if len(faults) > SHOWN_FAULTS else ""
        raise ChecksFailed(
            f"project {site.project.name}: none of {counted(len(words), 'verdict')} was kept:\n"
            + "\n".join(f"- {fault}" for fault in faults[:SHOWN_FAULTS])
            + more,
            project=site.project.name,
        )
    # A table of which all stands already may still lack its issue, if a connection broke before that was written.
    fresh: dict[str, list[Said]] = {each.table: [] for each in said}
    for each in words:
        old = given.get((each.table, each.row))
        if old is None or (old.digest, old.verdict, old.comment) != (each.digest, each.verdict, each.comment):
            fresh[each.table].append(each)
    records = [
        _batch(now[table], ours[start : start + BATCH])
        for table, ours in fresh.items()
        for start in range(0, len(ours), BATCH)
    ]
    records += _issues(site, now, given, fresh)
    return records, sum(map(len, fresh.values()))


def _refuse_others(site: Papers, by: str, said: Sequence[Said], now: Mapping[str, Listed]) -> None:
    """NotPermitted if a row is another department's to judge."""
    for table in dict.fromkeys(each.table for each in said):
        listed = now.get(table)
        if listed is None or by in reviewers(site, listed.department):
            continue
        name = listed.department.title or listed.department.name
        right = " or ".join(map(site.project.called, reviewers(site, listed.department))) or "nobody today"
        raise NotPermitted(
            f"project {site.project.name}: the rows of {table} are for {name} to judge ({right}), not for"
            f" {site.project.called(by)}. Nothing was kept",
            project=site.project.name,
            table=table,
        )


def _faults(
    site: Papers, said: Sequence[Said], now: Mapping[str, Listed], given: Mapping[tuple[str, str], Verdict]
) -> Iterator[str]:
    digests = {(listed.table, row["row"]): row["digest"] for listed in now.values() for row in listed.rows}
    held = {(table, row): one for table, listed in now.items() for row, one in standing(listed, given).items()}
    seen: dict[tuple[str, str], str] = {}
    for each in said:
        place = each.table, each.row
        if place in seen:
            yield f"{each.where}: this row stands twice, first at {seen[place]}. Right: each row once"
        seen.setdefault(place, each.where)
        if place not in digests:
            yield f"{each.where}: this row is not to be judged any more. Load the page, or export, anew"
        elif digests[place] != each.digest:
            yield f"{each.where}: this row has changed since it was shown. Look at it anew"
        elif (one := held.get(place)) is not None and mark_of(one.verdict, one.comment) not in (each.was, each.mark):
            yield (
                f"{each.where}: {site.project.called(one.by)} judged this row since it was shown ({one.verdict}). Load"
                " the page, or export, anew"
            )
        if each.verdict not in VERDICTS:
            yield f"{each.where}: {each.verdict[:40]!r} is no verdict. Right: {', '.join(VERDICTS)}"
        elif each.verdict in (WRONG, UNSURE) and not each.comment:
            yield f"{each.where}: {each.verdict} needs a comment that says what is, or might be, wrong"
        if len(each.comment) > LONGEST:
            yield f"{each.where}: the comment has {len(each.comment)} characters. Right: at most {LONGEST}"


def _batch(listed: Listed, said: Sequence[Said]) -> Record:
    counts = {verdict: sum(each.verdict == verdict for each in said) for verdict in VERDICTS}
    return Record("review", {
        "table": listed.table, "department": listed.department.name, "list": listed.hash, **counts,
        "verdicts": [[each.row, each.digest, each.verdict, each.comment] for each in said],
    })  # fmt: skip


def _issues(
    site: Papers,
    now: Mapping[str, Listed],
    given: Mapping[tuple[str, str], Verdict],
    fresh: Mapping[str, Sequence[Said]],
) -> Iterator[Record]:
    """The issue of each table whose wrong rows are not those of before."""
    for table, said in fresh.items():
        held = {row: one.verdict for row, one in standing(now[table], given).items()}
        held |= {each.row: each.verdict for each in said}
        wrong = sum(verdict == WRONG for verdict in held.values())
        record = issue_of(site, table, wrong, "People looked at those rows again, and none is wrong any more.")
        if record is not None:
            yield record


def _who(site: Papers) -> Iterator[str]:
    for department in site.project.departments:
        if department.tables:
            names = " or ".join(map(site.project.called, reviewers(site, department))) or "nobody today"
            yield f"{department.title or department.name}: {names}"
