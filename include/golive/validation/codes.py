"""Codes of one side, walked beside those of the other: each that is not retired has to be known to the new system."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from golive.databases.comparing import Ordered
from golive.project.proving import Comparison
from golive.validation.failing import MASKED, NULL
from golive.validation.side_by_side import Line, Walk, known, lower, one_column, paired

UNMAPPED = "unmapped"


class Codes(Walk):
    """Codes of the source, each of which the target knows too unless it is retired."""

    def __init__(
        self, comparison: Comparison, source: Ordered, target: Ordered, hidden: frozenset[str], secret: bytes
    ) -> None:
        known(comparison, source)
        self.columns = source.columns
        self._retired = comparison.retired
        self._source, self._target = one_column(source, "source"), one_column(target, "target")
        self._hidden = bool(lower(hidden | set(comparison.sensitive)) & lower(source.columns))
        super().__init__(secret)
        self._known: set[str] = set()
        self._still: set[str] = set()
        self._mapped = self._unmapped = 0

    def failing(self) -> Iterator[Line]:
        ours, theirs = (((code,) for code in side) for side in (self._source, self._target))
        for one, other in paired(ours, theirs, 1):
            code = (one or other or (None,))[0]
            if code is not None and code in self._retired:
                self._still |= {code} if other is not None else set()
                self._known |= {code} if one is not None else set()
            elif one is None:
                continue
            elif other is None or code is None:
                self._unmapped += 1
                self._found.add(code)
                yield (NULL if code is None else MASKED if self._hidden else code,)
            else:
                self._mapped += 1

    @property
    def seen(self) -> int:
        return self._mapped + self._unmapped + len(self._known)

    @property
    def says(self) -> str:
        if not self.seen:
            return "the source has no code"
        said = f"of {self.seen} codes of the source {self._mapped} are mapped, {len(self._known)} retired"
        said += f", {self._unmapped} {UNMAPPED}"
        if self._still:
            said += f"; retired, and mapped all the same: {', '.join(sorted(self._still))}"
        if unknown := sorted(set(self._retired) - self._known):
            said += f"; retired, and not known to the source: {', '.join(unknown)}"
        return said

    @property
    def evidence(self) -> dict[str, Any]:
        return {
            "mapped": self._mapped, "retired": len(self._known), UNMAPPED: self._unmapped,
            "retired_and_mapped": sorted(self._still), "retired_and_unknown": sorted(set(self._retired) - self._known),
        }  # fmt: skip
