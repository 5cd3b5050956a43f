"""Forms that come back: what is in them, and whether this server gave them to the person who sends them.

Airflow's sign-in is a cookie, which a browser sends along with a form of another site too, as far as that cookie's
own rules let it. So each form holds a token, signed with the API server's secret key, of who got it and when.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from airflow.configuration import conf
from fastapi import Depends, Request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.datastructures import FormData, UploadFile

from golive.errors import NotPermitted
from golive.readiness.spreadsheet import LARGEST

# Seconds for which a form that was given out is taken back.
LIVES = 12 * 3600
_MOST_FIELDS = 200


async def _form(request: Request) -> AsyncIterator[FormData]:
    """What a form sent; its files are closed once it was answered."""
    async with request.form(max_files=1, max_fields=_MOST_FIELDS) as form:
        yield form


async def _file(form: Annotated[FormData, Depends(_form)]) -> tuple[FormData, str, bytes]:
    """A form with the one file in it: its name and its bytes, hardly more than may be read."""
    file = form.get("file")
    if not isinstance(file, UploadFile):
        return form, "", b""
    return form, file.filename or "", await file.read(LARGEST + 1)


Form = Annotated[FormData, Depends(_form)]
File = Annotated[tuple[FormData, str, bytes], Depends(_file)]


def text(form: FormData, name: str) -> str:
    """A field's text without blanks around it; empty if the form has no such field."""
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def given_to(person: str, project: str) -> str:
    """The token of a form that a person gets now."""
    return _signer().dumps([person, project])


def refuse_forged(request: Request, form: FormData, person: str, project: str) -> None:
    """NotPermitted for a form that this server did not give to this person, or gave long ago."""
    why = ""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        why = "another site sent it"
    try:
        if _signer().loads(text(form, "token"), max_age=LIVES) != [person, project]:
            why = "it was given to somebody else"
    except BadSignature:
        why = "it is none of this page's, or was open for too long"
    if why:
        raise NotPermitted(
            f"project {project}: nothing of this form was kept, because {why}. Load the page anew", project=project
        )


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(conf.get("api", "secret_key"), salt="golive/review")
