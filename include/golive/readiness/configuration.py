"""Configuration that is made in a database of its own: what a copy of it would do, and what speaks against that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from golive.readiness.site import Record

if TYPE_CHECKING:
    from golive.config_copy import Compared
    from golive.project import Project
    from golive.readiness.site import Site

COMPARED = "compared"
COLLIDES, OUTSIDE = "collides", "refers outside"
COUNTS = ("inserted", "updated", "removed")


def compared(site: Site, *, only: str = "") -> dict[str, Compared]:
    """Every area that is copied, or ``only`` one, as it stands in both databases now; empty without a `staging`."""
    if site.staging is None:
        return {}
    from golive.config_copy import compare, lay_out

    return compare(lay_out(site.project, site.staging, site.target), site.staging, site.target, only=only)


def planned(found: Compared) -> Record:
    """What a copy of an area would do, for the ledger; the examples are in the evidence, masked."""
    return Record(
        "config_copy",
        {
            "area": found.area,
            "state": COMPARED,
            "snapshot": found.snapshot,
            **numbers(found),
            COLLIDES: _rows(found, COLLIDES),
            "outside": _rows(found, OUTSIDE),
            "reason": "; ".join(found.incomparable),
        },
        found.as_dict(),
    )


def numbers(found: Compared) -> dict[str, Any]:
    """Rows that a copy of an area would write, over all of its tables."""
    return {name: sum(getattr(table.difference, name) for table in found.tables) for name in (*COUNTS, "unchanged")}


def in_words(found: Compared) -> str:
    """What a copy of an area would do, as a part of a sentence."""
    if found.incomparable:
        return "cannot be compared"
    sums = numbers(found)
    return ", ".join(f"{sums[name]} {name}" for name in (*COUNTS, "unchanged"))


def objections(project: Project, found: Compared) -> Iterator[str]:
    """What speaks against a copy of an area, in words; rows that the migration may still bring do not."""
    yield from found.incomparable
    arriving = {name for spec in project.tables for name in (spec.target, f"public.{spec.target}")}
    for table in found.tables:
        for each in table.against:
            if each.kind != OUTSIDE or each.table not in arriving:
                yield f"{table.table}: {each.says}"


def _rows(found: Compared, kind: str) -> int:
    return sum(each.rows for table in found.tables for each in table.against if each.kind == kind)
