"""Texts that were written to be read: the Success Agreement, the runbook, closing reports. They are Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from golive.ledger import Entry, Kind, Ledger
from golive.reports import plain
from golive.reports.kept import is_page
from golive.reports.words import document, shown


@dataclass(frozen=True, slots=True)
class Document:
    """One text, cleaned of control characters; whoever renders it must not obey HTML in it.

    ``digest`` is the SHA-256 of the text as it was written, by which a form names it.
    """

    title: str
    text: str
    entry: int
    evidence: str
    digest: str = ""
    changed: tuple[str, ...] = ()


def documents(ledger: Ledger, entries: Iterable[Entry]) -> Iterator[Document]:
    """The newest agreement and the newest report of each name among these entries, from their evidence."""
    newest = {
        (entry.kind, str(entry.payload.get("what"))): entry
        for entry in entries
        if entry.kind in (Kind.AGREEMENT, Kind.REPORT) and not is_page(entry)
    }
    for entry in newest.values():
        evidence = ledger.evidence(entry.evidence_hash) if entry.evidence_hash else {}
        text = evidence.get("text") if isinstance(evidence, dict) else None
        if not isinstance(text, str):
            continue
        if entry.kind == Kind.AGREEMENT:
            title = f"Success Agreement, version {shown(entry.payload.get('version'))}"
        else:
            named = shown(entry.payload.get("title") or "") or plain.name(entry.payload.get("what") or "of this stage")
            title = f"Report: {named}"
        yield Document(
            title,
            document(text),
            entry.seq,
            entry.evidence_hash or "",
            shown(entry.payload.get("hash") or ""),
            tuple(shown(line) for line in entry.payload.get("changed") or ()),
        )
