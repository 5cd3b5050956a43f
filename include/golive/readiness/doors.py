"""The two doors around every write: the new system is still shut, and the old one stands frozen as it was proven."""

from __future__ import annotations

from golive.errors import FreezeViolated, NotPermitted
from golive.freeze import Freeze, watch
from golive.ledger import Entry, Kind, frozen, opened
from golive.readiness.site import Papers, Site


def refuse_if_opened(site: Papers) -> None:
    """NotPermitted once the new system has begun to open."""
    entry = opened(site.ledger, site.project.name)
    if entry is not None:
        raise NotPermitted(
            f"project {site.project.name}: the new system was opened at {entry.at:%Y-%m-%d %H:%M} UTC (ledger entry"
            f" {entry.seq}), so nothing writes rows into it any more. Nothing was written",
            project=site.project.name,
        )


def standing_freeze(site: Papers) -> tuple[Entry, Freeze]:
    """The freeze that the ledger holds; NotPermitted if there is none, or it was undone."""
    entry = frozen(site.ledger, site.project.name)
    if entry is None or entry.evidence_hash is None:
        undone = site.ledger.last(site.project.name, Kind.UNFREEZE)
        raise NotPermitted(
            f"project {site.project.name}: the ledger holds no standing freeze of connection"
            f" {site.project.source.connection}"
            + (
                f": it was undone at {undone.at:%Y-%m-%d %H:%M} UTC (ledger entry {undone.seq}). Start a new run"
                if undone is not None
                else ". Clear the task freeze_source, or start a new run"
            ),
            project=site.project.name,
        )
    record = site.ledger.evidence(entry.evidence_hash)
    assert isinstance(record, dict)
    return entry, Freeze.from_dict(record)


def refuse_if_broken(site: Site, freeze: Freeze) -> None:
    """FreezeViolated if the freeze does not stand as it was proven."""
    broken = watch(site.source, freeze)
    if broken:
        raise FreezeViolated(
            f"project {site.project.name}: the freeze of connection {site.project.source.connection} was broken:"
            f" {'; '.join(broken[:5])}. Find out who did it; then start a new run of final_migration, which freezes"
            " again and compares everything again, or go back with `golive unfreeze`",
            project=site.project.name,
        )
