"""What proves a migration before the night: what a validation pass bears; what is attested, compared, reviewed."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Literal

from pydantic import Field, field_validator, model_validator

from golive.project.declared import Declared, Query, Slug, TableName, Text

Pass = Literal["initial", "mid_cycle", "pre_final"]
PASSES: tuple[Pass, ...] = ("initial", "mid_cycle", "pre_final")
# When a comparison is made: in a pass, or in the final migration alone.
Moment = Literal["initial", "mid_cycle", "pre_final", "go_live"]

# Rows of one table that people can be asked to look at.
MOST_ROWS = 20_000


class Bound(Declared):
    """How much may be open at the end of a validation pass; what a sponsor waived by name does not count.

    ``critical`` are findings of that severity, ``errors`` checks that could not run, whatever they weigh.
    """

    critical: int = Field(ge=0)
    errors: int = Field(ge=0)


class Usage(Declared):
    """A question about how people will work in an area of the new system, which its owner attests at mid-cycle.

    ``tables`` are tables of the old system which that work is about: how much they are in use stands on the
    form, once the source was profiled.
    """

    area: Slug
    asks: Text
    owner: Slug
    tables: tuple[TableName, ...] = ()


class Scenario(Declared):
    """Something that people do with the new system, and the test of it, as JUnit files name it: ``class::name``.

    A test with parameters is named without them, and stands for all of them.
    """

    scenario: Text
    test: Text

    @field_validator("test")
    @classmethod
    def _both_names(cls, value: str) -> str:
        if not all(value.partition("::")):
            raise ValueError("must be `class::name`, as the files of results have it")
        return value


class Scenarios(Declared):
    """Which scenarios are to be tested before go-live, where the results are, and how many of them have to pass.

    ``results`` is a folder, or a pattern in its last part, within the project's folder or anywhere on the host.
    """

    results: Text = "junit/*.xml"
    at_least_percent: int = Field(default=100, ge=0, le=100)
    names: tuple[Scenario, ...] = Field(min_length=1)


class Validation(Declared):
    """How strict the passes are. The initial one only reports; each of the others bears so much and no more."""

    mid_cycle: Bound = Bound(critical=10, errors=10)
    pre_final: Bound = Bound(critical=0, errors=0)
    usage: tuple[Usage, ...] = ()
    scenarios: Scenarios | None = None


# By kind: the keys that it needs, and those that it may have beside what every comparison has.
_COMPARED: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "totals": (frozenset({"key", "source", "target"}), frozenset({"sensitive"})),
    "parity": (frozenset({"key", "source", "target"}), frozenset({"sensitive"})),
    "codes": (frozenset({"source", "target"}), frozenset({"sensitive", "retired"})),
    "corpus": (frozenset(), frozenset({"source", "file", "target", "command"})),
}
_OF_A_KIND = ("key", "source", "target", "sensitive", "retired", "file", "command")


class Comparison(Declared):
    """What both systems have to say alike, beyond the rows that were copied.

    - ``totals``: both queries give the same columns; those of ``key`` name a group, and all others are equal
      in every group. ``parity``: the same of what either side judges, such as which orders it accepts.
    - ``codes``: each query gives one column; every code of the source is one of the target, or under ``retired``
      with a reason.
    - ``corpus``: keys, as ``source`` (one column) and ``file`` (CSV in the project's folder, with a column ``key``)
      give them, are each tried. By ``target``, a query in which ``:keys`` stands for an array of them, and that gives
      two columns: a key, and whether it is valid. Or by ``command``, a program that runs in the project's folder,
      reads a key a line and writes ``key,true`` or ``key,false`` for each.

    ``passes`` are those in which it is made. What pre_final asks the final migration asks again, on what arrived;
    ``go_live`` is asked there alone, of what cannot agree before all rows have crossed. ``sensitive`` columns are
    masked wherever people see them, and the keys of a corpus always are. No statement, and no run of the command,
    lasts longer than ``seconds``.
    """

    name: Slug
    kind: Literal["totals", "parity", "codes", "corpus"]
    says: Text
    owner: Slug
    severity: Literal["critical", "major", "minor", "opportunity"] = "critical"
    passes: tuple[Moment, ...] = Field(default=PASSES, min_length=1)
    key: tuple[Text, ...] = ()
    source: Query | None = None
    target: Query | None = None
    sensitive: tuple[Text, ...] = ()
    retired: dict[Text, Text] = Field(default_factory=dict)
    file: Text | None = None
    command: tuple[Text, ...] = ()
    seconds: int = Field(default=300, gt=0, le=3600)

    @field_validator("key", "sensitive")
    @classmethod
    def _no_repeats(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if repeated := sorted({name for name in value if value.count(name) > 1}):
            raise ValueError(f"names a column twice: {', '.join(repeated)}")
        return value

    @field_validator("file")
    @classmethod
    def _within(cls, value: str | None) -> str | None:
        if value is not None and (PurePosixPath(value).is_absolute() or ".." in PurePosixPath(value).parts):
            raise ValueError("must be a file within the project's folder, such as `keys.csv`")
        return value

    @model_validator(mode="after")
    def _of_its_kind(self) -> Comparison:
        said = {name for name in _OF_A_KIND if getattr(self, name)}
        needed, allowed = _COMPARED[self.kind]
        if missing := sorted(needed - said):
            raise ValueError(f"must have {_ticked(missing)}: it is of the kind {self.kind}")
        if wrong := sorted(said - needed - allowed):
            raise ValueError(f"must not have {_ticked(wrong)}: it is of the kind {self.kind}")
        if self.kind == "corpus":
            if not said & {"source", "file"}:
                raise ValueError("must have `source` or `file`, which give its keys")
            if len(said & {"target", "command"}) != 1:
                raise ValueError("must have exactly one of `target` and `command`, which try its keys")
            if self.target is not None and re.search(r"(?<![:\w]):keys\b", self.target) is None:
                raise ValueError("must have `:keys` in `target`, where the keys go: `unnest(:keys)`")
        return self


def _ticked(names: list[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)


class Quota(Declared):
    """How many rows of a large table people look at, instead of a tenth of it, and why so few are enough."""

    table: TableName
    rows: int = Field(gt=0, le=MOST_ROWS)
    reason: Text


class Review(Declared):
    """People look at a tenth of every table's rows, or at its quota: each row by the department whose table it is."""

    quotas: tuple[Quota, ...] = ()
