"""The shape of an engine's table of accepted functions, types and operators."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """One use of a function and what the engine must answer.

    ``gives`` is the value's text, None for NULL; with ``fails`` the engine must refuse with this
    SQLSTATE instead. ``in_session`` marks a value that reads the session's time zone or date style,
    both of which Golive fixes for its own sessions.
    """

    sql: str
    gives: str | None = None
    fails: str | None = None
    in_session: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A function by the name it is written with, and how many arguments it takes.

    ``most`` is None for no limit. ``words`` are the only texts that an argument, counted from 0,
    may have. Syntax inside the parentheses (``substring(a from 2)``) counts as one argument.
    ``query_only`` functions have no place in an expression over one row.
    """

    name: str
    least: int
    most: int | None
    samples: tuple[Sample, ...]
    words: tuple[tuple[int, tuple[str, ...]], ...] = ()
    query_only: bool = False

    def __str__(self) -> str:
        return f"{self.name}()"


@dataclass(frozen=True, slots=True)
class Accepted:
    """What one engine accepts. Nothing is accepted that has no sample.

    ``types`` are the parser's names of cast types; ``syntax`` holds operators and other forms that
    are no calls; ``refused`` says, for names that people will try, why not and what would be right.
    """

    functions: dict[str, Function]
    types: dict[str, tuple[Sample, ...]]
    syntax: tuple[Sample, ...]
    refused: dict[str, tuple[str, str]]

    @property
    def samples(self) -> tuple[Sample, ...]:
        """Every sample of the table."""
        of_functions = [sample for function in self.functions.values() for sample in function.samples]
        of_types = [sample for samples in self.types.values() for sample in samples]
        return (*of_functions, *of_types, *self.syntax)
