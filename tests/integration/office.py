"""A new system of one or a few small tables, and the database for its training copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.integration.two_sides import run
from tests.migration import rows

from golive.databases import Database, connect
from golive.project import Project
from golive.training_copy import Refreshed, refresh


@dataclass(frozen=True)
class Office:
    """A new system and the database for its training copy, of one schema."""

    target_url: str
    training_url: str

    def project(self, *sensitive: str, name: str = "office", **copy: Any) -> Project:
        """``sensitive`` are columns of the table t."""
        return Project.model_validate({
            "project": name, "source": {"connection": "old"}, "target": {"connection": "new"},
            "tables": [{"target": "t", "sensitive": list(sensitive)}],
            "training_copy": {"connection": "training", "access": ["lead"], **copy},
        })  # fmt: skip

    def emptied(self) -> Office:
        """The same, with nothing in either database."""
        self.both("drop schema public cascade; create schema public; drop schema if exists golive cascade")
        return self

    def both(self, statement: str) -> None:
        run(self.target_url, statement)
        run(self.training_url, statement)

    def fill(self, schema: str, data: str) -> None:
        self.both(schema)
        run(self.target_url, data)

    def refresh(self, *sensitive: str, training: Database | None = None, **options: Any) -> Refreshed:
        others = options.pop("others", ())
        target = connect(self.target_url, name="new")
        training = training or connect(self.training_url, name="training")
        return refresh(self.project(*sensitive, **options), target, training, run="run", others=others)

    def copy(self, query: str) -> list[tuple[Any, ...]]:
        return rows(self.training_url, query)

    def original(self, query: str) -> list[tuple[Any, ...]]:
        return rows(self.target_url, query)
