"""What all parts of a project file share: strict, frozen models, and the small types they are made of."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Declared(BaseModel):
    """A part of a project file. Frozen; a key that is not named is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def _slug(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", value):
        raise ValueError("must be lower case letters, digits and underscores, a letter first, at most 63")
    return value


def _table_name(value: str) -> str:
    if value.count(".") > 1 or not all(value.split(".")):
        raise ValueError("must be `table` or `schema.table`")
    return value


def _window(value: str) -> str:
    match = re.fullmatch(r"(\d\d:\d\d)-(\d\d:\d\d)", value)
    if match is None:
        raise ValueError("must be `HH:MM-HH:MM`")
    start, end = (time.fromisoformat(part) for part in match.groups())
    if start == end:
        raise ValueError("must not end when it starts: no run would find it open")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be a time zone by its place, such as `Europe/Berlin`, or `UTC`") from None
    return value


def _query(value: str) -> str:
    if not re.match(r"\s*(select|with)\b", value, re.IGNORECASE):
        raise ValueError("must be one query: `select ...`")
    return value


def _owner(value: str) -> str:
    if not re.fullmatch(r"[^,]{1,100}", value):
        raise ValueError(
            "must be a name of at most 100 characters and without a comma: Airflow puts one between owners"
        )
    return value


Slug = Annotated[str, AfterValidator(_slug)]
TableName = Annotated[str, AfterValidator(_table_name)]
Window = Annotated[str, AfterValidator(_window)]
Zone = Annotated[str, AfterValidator(_zone)]
Expression = Annotated[str, Field(min_length=1)]
# One SELECT in the dialect of the side that it is asked of.
Query = Annotated[str, AfterValidator(_query)]
Text = Annotated[str, Field(min_length=1)]
# Whose the DAGs are, as Airflow shows it.
Owner = Annotated[str, AfterValidator(_owner)]
# The id of an Airflow connection, never a URL: no secret stands in a project file.
ConnectionName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.\-]*$")]
