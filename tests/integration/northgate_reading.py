"""How Northgate's old system wrote seconds, money, keys and settings, read by Python and not by a server."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from xml.etree import ElementTree

import pandas as pd
from tests.integration.expected import Column

CENT = Decimal("0.01")
NEVER = 253370764800  # the first second of 9999


def _each(read: Callable[[str], str | None]) -> Column:
    """A column of texts, each read by itself; what cannot be read is None."""

    def one(text: str) -> str | None:
        with suppress(ValueError, InvalidOperation, ElementTree.ParseError):
            return read(text)
        return None

    return lambda texts: texts.map(one, na_action="ignore")


def _moment(seconds: str) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%d %H:%M:%S+00")


def _day(seconds: str) -> str | None:
    return None if int(seconds) >= NEVER else datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%d")


def _money(text: str) -> str | None:
    digits = text.strip("$¥€ ")
    if "€" in text:
        digits = digits.replace(".", "").replace(",", ".")
    return str(Decimal(digits.replace(",", "")).quantize(CENT, ROUND_HALF_UP)) if digits else None


def _rounded(places: Decimal) -> Column:
    """A double as its fifteen digits say it, rounded as people do."""
    return _each(lambda text: str(Decimal(format(float(text), ".15g")).quantize(places, ROUND_HALF_UP)))


def _name(text: str) -> str:
    loaded_as_latin, name = text[:1] == "L", text[1:]
    return (name.encode("latin-1").decode() if loaded_as_latin else name).strip(" ")


def setting(name: str) -> Column:
    def read(text: str) -> str | None:
        found = re.search(rf'\b{name}="([^"]*)"', text)
        return found[1] if found else None

    return _each(read)


def tag(name: str) -> Column:
    return _each(lambda text: ElementTree.fromstring(text).findtext(name) if text else None)


def sso(texts: pd.Series) -> pd.Series:
    return tag("sso")(texts).map({"1": "true", "no": "false"}).fillna("false")


def _array(text: str) -> str:
    return "{" + text.replace(";", ",") + "}"


def written_key(text: str) -> str:
    """A licence key without what was pasted behind it, in capitals."""
    return text.rstrip(" \r\n\t;*").upper()


def format_of(text: str) -> str | None:
    """The format of a licence key whose checksum holds, else None."""
    key = written_key(text)
    if found := re.fullmatch(r"NG-(\d{5})-(\d{5})-(\d\d)", key):
        return "digits" if int(found[1] + found[2]) % 97 == int(found[3]) else None
    if found := re.fullmatch(r"NG2\.([0-9A-F]{16})\.([0-9A-F]{2})", key):
        return "hex" if hashlib.md5(found[1].encode()).hexdigest()[:2].upper() == found[2] else None
    if found := re.fullmatch(r"([A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5})-([A-Z0-9]{5})", key):
        return "groups" if hashlib.md5(found[1].encode()).hexdigest()[:5].upper() == found[2] else None
    return None


def _address(text: str) -> str:
    address = ipaddress.ip_address(text)
    return f"{address}/{address.max_prefixlen}"


uid = _each(lambda text: str(uuid.UUID(hashlib.md5(text.encode()).hexdigest())))
moment, day, money, name = _each(_moment), _each(_day), _each(_money), _each(_name)
cents, micros, hundredths = _rounded(CENT), _rounded(Decimal("0.000001")), _rounded(CENT)
arrays, address, key_of, format_of_each = _each(_array), _each(_address), _each(written_key), _each(format_of)
