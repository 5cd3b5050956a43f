"""The hash chain: canonical text, hashes, and what makes a chain hold.

An entry's hash is the SHA-256 of the canonical JSON of all its fields but the hash itself, ``at``
as ``2026-01-31T23:59:59.000001Z``, the payload as the exact text that is stored. Fields that are
None are left out, so a field added in later years leaves the old hashes as they are. Whoever wants
to prove it without Golive needs a JSON library and sha256sum.

What a chain cannot show: entries cut off at its end, and a whole chain rewritten by somebody who
rules the server. Both show against a head that was kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from golive.errors import LedgerBroken, Terminal
from golive.ledger.entry import Entry

GENESIS = "0" * 64

_HASHED = (
    "seq", "at", "project", "stage", "kind", "actor", "run", "once",
    "project_hash", "code_hash", "payload", "evidence_hash", "prev_hash",
)  # fmt: skip


def canonical(value: Mapping[str, Any], *, what: str = "payload") -> str:
    """The one JSON text of a value: keys sorted, no spaces, characters as themselves.

    Allowed are None, booleans, whole numbers, text, lists, tuples, and mappings with text keys.
    Raises Terminal, naming the place, for everything else: a float and a datetime have more than
    one text, so the caller gives the text; PostgreSQL's text holds neither NUL nor half a
    surrogate pair.
    """
    if not isinstance(value, Mapping):
        raise Terminal(f"ledger: {what} is a {type(value).__name__}. Right: a mapping")
    return json.dumps(_plain(value, what), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(evidence: Mapping[str, Any] | bytes) -> str:
    """The SHA-256 under which this evidence is stored: of the bytes, or of the canonical JSON in UTF-8."""
    body = evidence if isinstance(evidence, bytes) else canonical(evidence, what="evidence").encode()
    return hashlib.sha256(body).hexdigest()


def entry_hash(fields: Mapping[str, Any]) -> str:
    """The hash of an entry from its fields as stored: ``at`` and ``payload`` are text."""
    said = {name: fields[name] for name in _HASHED if fields[name] is not None}
    return hashlib.sha256(canonical(said, what="entry").encode()).hexdigest()


def as_entry(fields: Mapping[str, Any]) -> Entry:
    """The entry of a stored row; LedgerBroken if its own hash does not fit."""
    _unchanged(fields)
    read = {"at": datetime.fromisoformat(fields["at"]), "payload": json.loads(fields["payload"])}
    return Entry(**{**fields, **read})


def follow(rows: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The rows of the whole ledger in order, each after it was proven; LedgerBroken at the first that is wrong."""
    last, last_hash = 0, GENESIS
    for row in rows:
        seq = row["seq"]
        if seq > last + 1:
            raise broken(last + 1, f"it is missing: {last or 'the beginning'} is followed by {seq}")
        if seq <= last or seq < 1:
            raise broken(seq, "its number stands twice or is below 1: it was not written by Golive")
        _unchanged(row)
        if row["prev_hash"] != last_hash:
            raise broken(seq, f"it does not follow entry {last}: prev_hash {row['prev_hash']}, expected {last_hash}")
        yield row
        last, last_hash = seq, row["hash"]


def broken(seq: int, what: str) -> LedgerBroken:
    """The error that names an entry; nothing in the ledger is to be believed from there on."""
    return LedgerBroken(
        f"ledger entry {seq}: {what}. Stop every migration and compare the ledger with its backups", seq=seq
    )


def _unchanged(fields: Mapping[str, Any]) -> None:
    if fields["hash"] != entry_hash(fields):
        raise broken(fields["seq"], "its fields are not those that its hash was made of: it was changed")


def _plain(value: Any, place: str) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return _text(value, place)
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise Terminal(f"ledger: {place} has the key {key!r}, a {type(key).__name__}. Right: text keys")
        return {_text(key, place): _plain(item, f"{place}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{place}[{index}]") for index, item in enumerate(value)]
    raise Terminal(
        f"ledger: {place} is a {type(value).__name__}, which has more than one text. "
        "Right: None, bool, int, text, lists and mappings of them; give others as text"
    )


def _text(value: str, place: str) -> str:
    if "\0" in value:
        raise Terminal(f"ledger: {place} holds a NUL character, which PostgreSQL's text cannot. Right: escape it")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Terminal(f"ledger: {place} is not valid Unicode (half a surrogate pair). Right: escape it") from error
    return value
