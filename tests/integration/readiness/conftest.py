"""Roles of a server that may sign in: third parties, and logins with too few rights."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest
from sqlalchemy.engine import make_url
from tests.integration.readiness.reviewing import loaded
from tests.integration.readiness.site import Place


@pytest.fixture
def role(pair: tuple[str, str]) -> Iterator[Callable[..., str]]:
    """Makes a role, with these rights on the source or another database; gives its name, which is its password too."""
    made: list[tuple[str, str]] = []

    def make(*rights: str, url: str = pair[0]) -> str:
        name = f"golive_test_{os.getpid()}_{time.monotonic_ns()}"
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(f"create role {name} login password '{name}'")  # type: ignore[call-overload]
            made.append((url, name))
            for right in rights:
                admin.execute(right.format(role=name))  # type: ignore[call-overload]
        return name

    yield make
    for _, name in made:
        for url in pair:
            with psycopg.connect(url, autocommit=True) as admin:
                admin.execute(f"reassign owned by {name} to current_user; drop owned by {name}")  # type: ignore[call-overload]
    for url, name in made:
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(f"drop role {name}")  # type: ignore[call-overload]


def as_role(url: str, name: str) -> str:
    """The URL with which this role signs in."""
    return make_url(url).set(username=name, password=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def copied(server_url: Callable[[str], str]) -> Iterator[Callable[[Callable[..., str]], Place]]:
    """Makes sites whose rows people can review."""
    with loaded(server_url) as copy:
        yield copy


@pytest.fixture
def reviewing(copied: Callable[[Callable[..., str]], Place], new_database: Callable[..., str]) -> Place:
    """A project whose rows are across, and whose departments review them."""
    return copied(new_database)
