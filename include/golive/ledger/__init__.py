"""The ledger: what happened, who agreed to what, and on which evidence, for all projects.

Its own database, one append-only table of entries in a hash chain, and the evidence beside it.

    with Ledger(url) as ledger:
        ledger.append(project="riverside", kind=Kind.FREEZE, actor="ann", payload={...}, evidence=record)
        if opened(ledger, "riverside"):
            ...

Gates use the functions of ``read``, again at the moment they act. The commands are one call each:
``Ledger.migrate``, ``Ledger.verify`` (and ``str(ledger.head())``), ``Ledger.entries`` (and ``str(entry)``),
``export.write``. Pages read ``Ledger.view``.
"""

from golive.ledger.chain import canonical, digest
from golive.ledger.code import code_hash
from golive.ledger.entry import IDENTITY, KINDS, Entry, Head, Kind
from golive.ledger.read import approval, frozen, opened, part_of, silent, summary, verdicts
from golive.ledger.store import Ledger

__all__ = [
    "IDENTITY",
    "KINDS",
    "Entry",
    "Head",
    "Kind",
    "Ledger",
    "approval",
    "canonical",
    "code_hash",
    "digest",
    "frozen",
    "opened",
    "part_of",
    "silent",
    "summary",
    "verdicts",
]
