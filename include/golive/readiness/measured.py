"""What one measure of going live found: how much is open of how much it looked at, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

GOING_LIVE = "final_migration"
EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Measured:
    """``open`` things of ``looked_at``; ``what`` names the first of them, ``do`` is what a person does about them."""

    open: int
    looked_at: int
    what: tuple[str, ...]
    do: str

    def __str__(self) -> str:
        if not self.looked_at:
            return "looked at nothing"
        named = "; ".join(self.what[:EXAMPLES])
        more = f"; and {len(self.what) - EXAMPLES} more" if len(self.what) > EXAMPLES else ""
        return f"{self.open} open of {self.looked_at}{f' ({named}{more})' if named else ''}"


def each_open(what: Iterable[str], looked_at: int, do: str) -> Measured:
    """Each thing of ``what`` is open."""
    named = tuple(what)
    return Measured(len(named), looked_at, named, do)
