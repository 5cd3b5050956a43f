"""Two databases for all of these tests, empty again for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tests.conftest import databases
from tests.integration.two_sides import run


@pytest.fixture(scope="session")
def both(server_url: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    with databases(server_url) as make:
        yield make("source"), make("target")


@pytest.fixture
def pair(both: tuple[str, str]) -> tuple[str, str]:
    """An empty source and an empty target."""
    for url in both:
        run(url, "drop schema public cascade; create schema public")
    return both
