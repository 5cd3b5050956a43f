"""The reports of passes that were made, as the ledger keeps them: found, and proven to be what was stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from golive.errors import LedgerBroken
from golive.ledger import Entry, Kind, Ledger
from golive.reports.pass_file import digest_of, unpacked
from golive.reports.words import shown

# How the names of such reports begin; the one for mail has a name of its own after it.
PASS, MAIL = "pass/", "/mail"


@dataclass(frozen=True, slots=True)
class Kept:
    """A report of a pass that stands in the ledger. ``colour`` is its light's, ``digest`` the SHA-256 of its HTML.

    ``policy`` is what a browser may carry out of it, as a Content-Security-Policy.
    """

    number: int
    title: str
    colour: str
    entry: int
    evidence: str
    digest: str
    policy: str


def name_of(stage: str, number: int) -> str:
    """What the ledger calls the report of a pass."""
    return f"{PASS}{stage}/{number}"


def is_page(entry: Entry) -> bool:
    """Whether an entry is the report of a pass as a page: its evidence is a large file."""
    what = str(entry.payload.get("what"))
    return entry.kind == Kind.REPORT and what.startswith(PASS) and not what.endswith(MAIL)


def kept(entries: Iterable[Entry]) -> tuple[Kept, ...]:
    """The newest report of each pass among entries of one project, in the order of the passes."""
    newest = {int(entry.payload["number"]): entry for entry in entries if is_page(entry)}
    return tuple(
        Kept(
            number, shown(entry.payload["title"]), shown(entry.payload["colour"]), entry.seq,
            str(entry.evidence_hash), str(entry.payload["hash"]), str(entry.payload["policy"]),
        )
        for number, entry in sorted(newest.items())
    )  # fmt: skip


def page_of(ledger: Ledger, report: Kept) -> bytes:
    """The HTML of a report, byte by byte as it was made; LedgerBroken if it is not."""
    body = ledger.evidence(report.evidence)
    html = unpacked(body) if isinstance(body, bytes) else b""
    if digest_of(html) != report.digest:
        raise LedgerBroken(
            f"ledger entry {report.entry}: its page is not the one whose hash it holds. Stop every migration and"
            " compare the ledger with its backups",
            seq=report.entry,
        )
    return html
