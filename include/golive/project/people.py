"""Who takes part: roles and who holds them, departments and what each has to do, who meets, and who is told what."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from golive.project.declared import ConnectionName, Declared, Slug, TableName, Text

# Without these nobody leads, answers for, carries out or keeps the migration.
ALWAYS = ("lead", "sponsor", "data_engineer", "operations", "go_live")


class Role(Declared):
    """Who holds a role: user ids as people sign in with. A plain list names the holders alone.

    The days bound when it is held, both included. A role that nobody holds is a gap that the onboard
    stage names, unless it is ``optional``.
    """

    holders: tuple[Text, ...] = ()
    deputies: tuple[Text, ...] = ()
    since: date | None = None
    until: date | None = None
    optional: bool = False

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        return {"holders": value} if isinstance(value, list) else value

    @model_validator(mode="after")
    def _in_order(self) -> Role:
        if self.since and self.until and self.until < self.since:
            raise ValueError("must end (`until`) on or after the day it begins (`since`)")
        return self

    def on(self, day: date) -> tuple[str, ...]:
        """Who may act in it on a day: holders, then deputies; nobody outside its days."""
        if (self.since and day < self.since) or (self.until and day > self.until):
            return ()
        return tuple(dict.fromkeys((*self.holders, *self.deputies)))


class Obligation(Declared):
    """What a department has to do for the move, and the role that answers for it."""

    what: Text
    owner: Slug
    due: date | None = None


class Department(Declared):
    """A group of stakeholders; ``head`` is the role that signs for it.

    ``tables`` are those of the target whose rows it reviews: whoever holds the head's role or one of
    ``reviewers`` gives a verdict on them.
    """

    name: Slug
    title: str | None = None
    head: Slug
    tables: tuple[TableName, ...] = ()
    reviewers: tuple[Slug, ...] = ()
    obligations: tuple[Obligation, ...] = ()


def _endpoint(value: str) -> str:
    if not _is_endpoint(value):
        raise ValueError(
            "must be `https://host/path`, `tls://host:port` or `host:port`, without user, password or query: it is"
            " written into the ledger"
        )
    return value


def _is_endpoint(value: str) -> bool:
    try:
        parts = urlsplit(value if "://" in value else f"//{value}")
        port = parts.port
    except ValueError:
        return False
    if not parts.hostname or port == 0 or any(each.isspace() or each in "@?#" for each in value):
        return False
    return parts.scheme == "https" or (parts.scheme in ("tls", "") and port is not None and not parts.path)


class ThirdParty(Declared):
    """A system of somebody else that reads from or writes to the old one.

    ``login`` is its role in the source's own catalogue, by which it is recognised; ``action`` is what
    happens to it at the cut-over; ``endpoint`` is where it connects afterwards, which is tried as far as
    it says how: a status below 500, a TLS handshake, or a TCP connection.
    """

    name: Text
    login: Text
    direction: str = Field(pattern="^(in|out|both)$")
    protocol: Text
    owner: Slug
    action: str = Field(pattern="^(keep|switch|retire)$")
    endpoint: Annotated[str, AfterValidator(_endpoint)] | None = None
    contact: str | None = None

    @model_validator(mode="after")
    def _switched_somewhere(self) -> ThirdParty:
        if self.action == "switch" and not self.endpoint:
            raise ValueError("`action: switch` needs the `endpoint` that it switches to")
        return self


class Risk(Declared):
    """A risk that people see; those in the data are raised by the discover stage itself."""

    id: Slug
    what: Text
    likelihood: str = Field(pattern="^(low|medium|high)$")
    impact: str = Field(pattern="^(low|medium|high)$")
    owner: Slug
    mitigation: Text
    review: date


class Meeting(Declared):
    """A standing meeting: held at least every so many days, with a holder or deputy of each of its roles.

    ``stage`` is the one with whose opening it begins; default: whichever opens first. It goes on until
    every stage is over. Its agenda goes to ``alerts``, an Airflow connection as `golive_alerts` is one;
    without it, there.
    """

    name: Slug
    title: Text | None = None
    every_days: int = Field(gt=0, le=366)
    roles: tuple[Slug, ...] = Field(min_length=1)
    stage: Slug | None = None
    alerts: ConnectionName | None = None

    @property
    def shown(self) -> str:
        """The name as people read it."""
        return self.title or self.name.replace("_", " ")


class Communication(Declared):
    """What has to be told to whom, once, and the role that sees to it.

    It is due on a day, or so many ``days_before`` the go-live; without either on the day itself. One
    with a ``text`` is sent by the system to ``alerts``, an Airflow connection with the addresses of those
    who are told, once the owner has released that text; any other is told by people.
    """

    name: Slug
    what: Text
    to: Text
    owner: Slug
    due: date | None = None
    days_before: int | None = Field(default=None, ge=0, le=366)
    text: Text | None = None
    alerts: ConnectionName | None = None

    @model_validator(mode="after")
    def _due_once(self) -> Communication:
        if self.due is not None and self.days_before is not None:
            raise ValueError("must have `due`, which is a day, or `days_before` the go-live, not both")
        if (self.text is None) != (self.alerts is None):
            raise ValueError("must have both `text` and `alerts`, the connection to which it is sent, or neither")
        return self
