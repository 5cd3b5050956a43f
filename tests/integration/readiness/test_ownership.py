"""Whose the DAGs are when support ends: as it was agreed, or still somebody else's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.integration.readiness.site import Place, site_of

from golive.readiness.ownership import check_owner

TEXT = """\
project: test
owner: The movers
source: {connection: old}
target: {connection: new}
people: {lead: [lena]}
tables: [{target: t}]
support: {hand_over: {to: Harbour IT}}
"""


@pytest.fixture
def make(pair: tuple[str, str], new_database: Callable[..., str]) -> Callable[..., Place]:
    def make(old: str = "", new: str = "") -> Place:
        assert old in TEXT
        return site_of(TEXT.replace(old, new), *pair, new_database("ledger"), stage="support")

    return make


def test_the_dags_still_belong_to_somebody_else(make: Callable[..., Place]) -> None:
    (line,) = check_owner(make()).missing
    assert line == (
        "the DAGs still belong to The movers. lena (lead): write `owner: Harbour IT` in the project file, then clear"
        " check_owner"
    )


def test_they_were_handed_over(make: Callable[..., Place]) -> None:
    outcome = check_owner(make("The movers", "Harbour IT"))
    assert outcome.missing == () and outcome.says.startswith("The DAGs belong to Harbour IT, to whom")


def test_nobody_was_agreed_to(make: Callable[..., Place]) -> None:
    outcome = check_owner(make("support: {hand_over: {to: Harbour IT}}\n", ""))
    assert outcome.missing == () and "is not declared" in outcome.says
