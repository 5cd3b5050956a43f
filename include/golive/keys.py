"""Keys and ranges of keys.

A key is the canonical text of its columns, in the order of the plan's key. Text, because a key
crosses two servers and Python in between, and a date that Python cannot hold (infinity, 24:00, a
year of five digits) is still a key.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass

Key = tuple[str, ...]


def encode(key: Key) -> str:
    """The key as one line of text, the same for the same key: a JSON array of strings."""
    return json.dumps(list(key), ensure_ascii=False, separators=(",", ":"))


def decode(text: str) -> Key:
    """The key that ``encode`` wrote."""
    return tuple(json.loads(text))


@dataclass(frozen=True, slots=True)
class Chunk:
    """The half-open key range ``(after, upto]`` of one table; None is the open end.

    Order is by the key's columns, text in byte order on both sides, so a boundary means the same
    to two servers with different collations.
    """

    after: Key | None = None
    upto: Key | None = None

    def __str__(self) -> str:
        low = "start" if self.after is None else ", ".join(self.after)
        high = "end" if self.upto is None else ", ".join(self.upto)
        return f"({low} .. {high}]"


def chunks(boundaries: list[Key]) -> list[Chunk]:
    """Ranges that together cover every key: before the first boundary to after the last."""
    edges: list[Key | None] = [None, *boundaries, None]
    return [Chunk(low, high) for low, high in itertools.pairwise(edges)]
