"""Which columns look as if they held something about a person, by their name and the kind of their type.

A vocabulary, and so a guess: what it misses is declared under `sensitive`, and what it takes for personal and is
not is looked at once by somebody who knows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from golive.databases.profiling import Held

_TEXT = frozenset({"text"})
_ANY = frozenset({"text", "time", "number", "boolean", "network", ""})

# Words as columns abbreviate them; a word ends at an underscore, a digit, or where a capital begins.
_PEOPLE = "student|stu|staff|stf|guardian|parent|person|people|contact|employee|patient|user|teacher|customer"
_PARTS = "first|fst|last|lst|middle|mid|full|given|family|maiden|nick"
_NUMBERS = "ssn|ssid|state id|tax (id|no|number)|passport|national id|iban|licen[cs]e plate"
_VOCABULARY: tuple[tuple[str, frozenset[str], str], ...] = (
    ("name", _TEXT, rf"({_PARTS}|{_PEOPLE}) (name|nm)|(sur|fore|first|last|user)name"),
    ("birth", frozenset({"text", "time"}), "birth|birthday|birthdate|dob|born"),
    ("email", _TEXT, "email|e mail|mail"),
    ("phone", _TEXT, "phone|telephone|tel|mobile|cell|fax|ph"),
    ("address", _TEXT, "address|addr|street|postal code|postcode|zip|zip code|zipcode|line"),
    ("number of a person", frozenset({"text", "number"}), _NUMBERS),
    ("gender", _ANY, "gender|gndr|sex"),
    ("health", _ANY, "health|medical|allergy|allergies|diagnosis|disability|blood|medication"),
    ("belief or origin", _TEXT, "religion|ethnicity|ethnic|race|nationality"),
    ("photo", _ANY, "photo|picture|portrait|signature"),
    ("pay", frozenset({"text", "number"}), "salary|sal|wage|wages|income|free lunch"),
    ("network address", frozenset({"text", "network"}), "ip|ip addr|ip address|mac|mac addr|user agent"),
)  # fmt: skip


def looks_personal(held: Held) -> str:
    """What a column seems to hold of a person, such as 'birth'; '' if nothing."""
    if held.kind == "network":
        return "network address"
    words = f" {_words(held.column)} "
    if held.kind == "text" and words in (" name ", " nm ") and re.search(rf" ({_PEOPLE}) ", f" {_words(held.table)} "):
        return "name"
    for what, kinds, pattern in _VOCABULARY:
        if held.kind in kinds and re.search(rf" ({pattern}) ", words):
            return what
    return ""


def _words(name: str) -> str:
    """A name as its words, in lower case."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.sub(r"[^a-z]+", " ", apart.lower()).strip()
