"""How PostgreSQL's types travel, are hashed and are ordered.

Rows travel as binary COPY, and binary COPY corrupts in silence when two types have the same width:
so every column has one wire type, both ends use it, and a source expression of another type is
cast to it in the SELECT. Types that only one server has (enums, extensions) travel as text.

``hash_record_extended`` hashes by equality, so a type whose equal values can be written differently
(numeric, interval, float, jsonb), whose hash differs between servers (enums) or that has no hash at
all is digested by its text.
"""

from __future__ import annotations

from dataclasses import dataclass

# Types with an OID below this one are the same on every server.
FIRST_USER_OID = 16384

_TEXT = frozenset({"text", "varchar", "bpchar", "name", "char"})
_INTEGERS = frozenset({"int2", "int4", "int8"})
_BY_VALUE = _TEXT | _INTEGERS | {"bool", "date", "timestamp", "timestamptz", "time", "uuid", "bytea"}
_ORDERED = _INTEGERS | {"numeric", "bool", "date", "timestamp", "timestamptz", "time", "uuid"}
# Names that format_type shortens to a length of one.
_WIRE = {"bit": "varbit", "varbit": "varbit"}

# Types whose modifier says how many digits a value keeps. loss() has refused what would be rounded.
_DIGITS = frozenset({"numeric", "timestamp", "timestamptz", "time", "timetz"})

# An assignment between these loses something without an error: the file has to say it.
_LOSSY: dict[str, frozenset[str]] = {
    "int4": frozenset({"float4"}),
    "int8": frozenset({"float4", "float8"}),
    "numeric": _INTEGERS | {"float4", "float8"},
    "float4": _INTEGERS | {"numeric"},
    "float8": _INTEGERS | {"numeric", "float4"},
    "text": frozenset({"name", "char"}),
    "varchar": frozenset({"name", "char"}),
    "bpchar": frozenset({"name", "char"}),
    "name": frozenset({"char"}),
    "timestamp": frozenset({"date", "time"}),
    "timestamptz": frozenset({"date", "time", "timestamp", "timetz"}),
    "timetz": frozenset({"time"}),
    "interval": frozenset({"time"}),
}


@dataclass(frozen=True, slots=True)
class Type:
    """One type as the catalogue has it: domains are resolved to their base.

    ``name`` is pg_type.typname, ``formatted`` format_type() with its modifier, ``modifier`` the
    raw typmod (-1 for none), ``kind`` pg_type.typtype (b, e, c, r, m, ...).
    """

    oid: int
    name: str
    formatted: str
    modifier: int
    kind: str

    @property
    def common(self) -> bool:
        """The same on every server."""
        return self.oid < FIRST_USER_OID and not self.name.lstrip("_").startswith("reg")

    @property
    def textual(self) -> bool:
        return self.name in _TEXT

    @property
    def element(self) -> str:
        """The name of the type, or of what it is an array of."""
        return self.name.removeprefix("_") if self.common else self.name

    @property
    def wire(self) -> str:
        if self.textual or not self.common:
            return "text"
        return _WIRE.get(self.name, self.name)

    @property
    def declared(self) -> str:
        if self.name == "bpchar":
            return "bpchar"  # without a length: keeps every character, and drops the padding as text
        if self.element in _DIGITS:
            return self.formatted
        return self.wire

    @property
    def by_value(self) -> bool:
        return self.common and self.name in _BY_VALUE

    @property
    def ordered(self) -> bool:
        return self.common and self.name in _ORDERED


def loss(source: Type, target: Type) -> str | None:
    """What an assignment from one to the other would lose in silence; None if nothing. Arrays as their elements."""
    have, want = source.element, target.element
    if want in _LOSSY.get(have, frozenset()):
        return f"{source.formatted} does not fit into {target.formatted} without loss"
    rounded = f"{source.formatted} would be rounded to {target.formatted}"
    if target.modifier < 0 or want not in _DIGITS | {"interval"} or have in _INTEGERS | {"date"}:
        return None
    if have not in _DIGITS | {"interval"}:
        return rounded  # a text, say, with as many digits as it likes
    if want == "numeric":
        digits, fits = _scale(source.modifier), _scale(target.modifier)
        return rounded if fits is not None and (digits is None or digits > fits) else None
    if want == "interval":
        return rounded if source.modifier != target.modifier else None
    return rounded if target.modifier < (6 if source.modifier < 0 else source.modifier) else None


def keeps_apart(source: Type, target: Type) -> bool:
    """Whether different values of one type stay different in the other: what a unique key needs."""
    if source.name in _INTEGERS and target.name in _INTEGERS:
        return True
    if source.textual and target.name in ("text", "varchar"):
        return True
    # Not by the formatted name: before its digits timestamp(3) reads like timestamptz(3), in which two
    # local times of one clock change are the same moment.
    return source.name == target.name


def _scale(modifier: int) -> int | None:
    """The digits after the point of numeric(p,s); None where any number is allowed."""
    if modifier < 4:
        return None
    scale = (modifier - 4) & 0x7FF
    return scale if scale < 1024 else scale - 2048
