"""What each pass of the demo found, out of the ledger: how the findings fell while people put things right."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from golive.ledger import Entry, Kind, Ledger


@dataclass(frozen=True)
class Found:
    """What stood at the end of a pass, what was set aside by name included, and what changed since the one before."""

    stage: str
    critical: int
    major: int
    opportunities: int
    waived: int
    new: int
    fixed: int
    regressed: int

    @property
    def name(self) -> str:
        return self.stage.removeprefix("data_validation_").replace("_", " ")

    @property
    def says(self) -> str:
        """It in a line."""
        return (
            f"{self.name}: {self.critical} critical, {self.major} major, {self.opportunities} opportunities;"
            f" {self.new} new, {self.fixed} fixed, {self.regressed} regressed"
        )


def findings(ledger: Ledger, project: str) -> list[Found]:
    """The passes of a project in their order, each as it ended."""
    return [_found(ledger, entry) for entry in ledger.latest(project, Kind.PASS, by=("number",))]


def _found(ledger: Ledger, entry: Entry) -> Found:
    assert entry.evidence_hash is not None
    evidence, changes = ledger.evidence(entry.evidence_hash), entry.payload["changes"]
    assert isinstance(evidence, dict)
    stands = Counter(issue["severity"] for issue in evidence["issues"] if issue["state"] != "closed")
    return Found(
        entry.payload["stage"], stands["critical"], stands["major"], stands["opportunity"], entry.payload["waived"],
        changes["new"], changes["fixed"], changes["regressed"],
    )  # fmt: skip
