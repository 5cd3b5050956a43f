"""A source to freeze, and roles on it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

import pytest
from tests.integration.freeze.source import SCHEMA, Source

from golive import freeze


@pytest.fixture
def source(new_database: Callable[..., str]) -> Iterator[Source]:
    made = Source(new_database("source"))
    made.admin.execute(SCHEMA)
    yield made
    made.admin.close()


@pytest.fixture
def role(source: Source) -> Iterator[Callable[..., str]]:
    """Makes a role that may sign in, with these rights; gives its name, which is also its password."""
    made: list[str] = []

    def make(*rights: str) -> str:
        name = f"golive_test_{os.getpid()}_{time.monotonic_ns()}"
        source.admin.execute(f"create role {name} login password '{name}'")
        made.append(name)
        for right in rights:
            source.admin.execute(right.format(role=name))
        return name

    yield make
    freeze.unfreeze(source.database, "riverside")  # it would refuse what follows
    for name in made:
        source.admin.execute(f"reassign owned by {name} to current_user; drop owned by {name}; drop role {name}")
