"""The documents of the roadmap: which there are, whether their links answer, and who has not read them yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golive.readiness.asked import counted, holders
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    import httpx

    from golive.project.roadmap import Document
    from golive.readiness.site import Papers, Site

# A server that says so has no such page; any other answer than a good one may only mean that we may not see it.
GONE = (404, 410)
# A server that does not speak HEAD is asked for the page itself, and left before it comes.
_NO_HEAD = (405, 501)
_SECONDS = 10


def list_documents(site: Site) -> Outcome:
    """Every document of the project file, its link checked, and who of its readers has not read this version.

    A link is reached, gone, or could not be checked: for want of an answer or of a sign-in, or because
    it is no http(s) link. Only one that is gone is missing. What was not read is said, and keeps no
    stage open: reading is attested in the ledger by each person, and nobody can be made to.
    """
    import httpx

    documents = site.project.documents
    if not documents:
        return Outcome("No documents are declared.")
    with httpx.Client(timeout=_SECONDS, follow_redirects=True) as client:
        found = {document.name: _check(client, document.link) for document in documents}
    records = [
        Record("document", {
            "name": document.name, "link": document.link, "version": document.version, "stage": document.stage,
            "read_by": "", "says": found[document.name],
        })
        for document in documents
    ]  # fmt: skip
    gone = [document for document in documents if found[document.name].startswith("gone")]
    unsure = [f"{name} ({what})" for name, what in found.items() if what != "reached" and not what.startswith("gone")]
    reached = sum(what == "reached" for what in found.values())
    says = [f"{counted(len(documents), 'document')}, {counted(reached, 'link')} reached"]
    says += [f"not checked: {', '.join(unsure)}"] if unsure else []
    not_read = [
        f"{document.name} by {', '.join(people)}" for document in documents if (people := unread(site, document))
    ]
    says += [f"not read yet: {'; '.join(not_read)}"] if not_read else []
    missing = tuple(
        f"{holders(site, 'lead')}: the link of the document {document.name!r} leads nowhere ({found[document.name]}):"
        f" {document.link}. Correct it under `documents`, or put the page back"
        for document in gone
    )
    return Outcome(". ".join(part[0].upper() + part[1:] for part in says) + ".", tuple(records), missing)


def unread(site: Papers, document: Document) -> list[str]:
    """Who holds a role that reads it today, and has not read this version by their own word."""
    people = dict.fromkeys(p for role in document.readers for p in site.project.holders(role, site.today))
    entries = site.ledger.latest(site.project.name, "document", by=("name", "version", "read_by"))
    read = {
        entry.payload["read_by"]
        for entry in entries
        if entry.payload["name"] == document.name and entry.payload["version"] == document.version
    }
    return [site.project.called(person) for person in people if person not in read]


def _check(client: httpx.Client, link: str) -> str:
    """'reached', 'gone: ...', or in words why nobody knows."""
    import httpx

    if not link.startswith(("http://", "https://")):
        return "no http(s) link"
    try:
        status = client.head(link).status_code
        if status in _NO_HEAD:
            with client.stream("GET", link) as response:
                status = response.status_code
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"no answer: {type(error).__name__}"
    if status < 400:
        return "reached"
    return f"gone: answers {status}" if status in GONE else f"answers {status}"
