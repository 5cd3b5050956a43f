"""A target and the training copy that is made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tests.conftest import databases
from tests.integration.office import Office


@pytest.fixture(scope="session")
def two_offices(server_url: Callable[[str], str]) -> Iterator[Office]:
    """Both databases, for all tests; who wants them empty asks for ``office``."""
    with databases(server_url) as make:
        yield Office(make("target"), make("training"))


@pytest.fixture
def office(two_offices: Office) -> Office:
    """Two empty databases."""
    return two_offices.emptied()
