"""The ledger as JSON Lines, which whoever audits it proves without Golive and without the database.

    {"entry":{"actor":"ann","at":"2026-01-31T23:59:59.000001Z","hash":"5d41...",...,"seq":1}}
    {"evidence":{"document":"{\\"rows\\":[]}","hash":"9f2c..."}}

A line's one key says what it is. An entry holds its fields as stored, the payload as its text and
what is null left out: the SHA-256 of the object without ``hash``, its keys sorted and no spaces, is
``hash``; ``prev_hash`` is the ``hash`` before it. Evidence, once, after the first entry that names
it: its hash is the SHA-256 of ``document`` in UTF-8, or of the bytes in ``file``, which is base64.
"""

from __future__ import annotations

import os
import tempfile
from base64 import b64encode
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

from golive.errors import Terminal
from golive.ledger.chain import canonical
from golive.ledger.store import Ledger


def lines(ledger: Ledger, project: str | None = None, *, evidence: bool = False) -> Generator[str]:
    """The entries of all projects or one, a line each without its end, and with ``evidence`` theirs.

    The whole ledger is proven on the way, other projects and evidence too: raises LedgerBroken
    instead of giving the first entry that is wrong. The chain of one project alone has gaps, so
    its lines prove what each says, not that none is missing. Raises Terminal at the end if the
    project has no entry.
    """
    projects: set[str] = set()
    told: set[str] = set()
    with closing(ledger.proven()) as walk:
        for fields, body in walk:
            projects.add(fields["project"])
            if project not in (None, fields["project"]):
                continue
            yield _line("entry", {name: value for name, value in fields.items() if value is not None})
            named = fields["evidence_hash"]
            if evidence and body is not None and named not in told:
                told.add(named)
                kept = {"file": b64encode(body).decode()} if isinstance(body, bytes) else {"document": body}
                yield _line("evidence", {"hash": named, **kept})
    if project is not None and project not in projects:
        raise Terminal(
            f"ledger: project {project} has no entry. Right: {', '.join(sorted(projects)) or 'none, it is empty'}",
            project=project,
        )


def write(ledger: Ledger, file: Path, project: str | None = None, *, evidence: bool = False) -> int:
    """Write ``lines`` into a file and return how many; readable by its owner alone, as evidence may have to be.

    The file appears when all of it is written and proven: until then, and after any error, what
    stood there before still stands. Raises what ``lines`` raises, and Terminal if the file cannot
    be written.
    """
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    except OSError as error:
        raise _unwritable(file, error) from error
    part = Path(name)
    count = 0
    try:
        with os.fdopen(descriptor, "wb") as out, closing(lines(ledger, project, evidence=evidence)) as told:
            for line in told:
                out.write(line.encode() + b"\n")
                count += 1
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    except OSError as error:
        raise _unwritable(file, error) from error
    finally:
        part.unlink(missing_ok=True)
    return count


def _line(kind: str, said: dict[str, object]) -> str:
    return canonical({kind: said}, what="export")


def _unwritable(file: Path, error: OSError) -> Terminal:
    return Terminal(f"ledger: {file} cannot be written ({error.strerror}). Name a file in a folder that takes it")
