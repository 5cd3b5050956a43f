"""A ledger in a database of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from golive.ledger import Ledger


@pytest.fixture
def url(new_database: Callable[..., str]) -> str:
    return new_database("ledger")


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with Ledger(url) as made:
        made.migrate()
        yield made
