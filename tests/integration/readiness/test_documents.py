"""Documents: links that are reached, gone, or not to be judged; who has read which version."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.integration.readiness.preparing import School

from golive.readiness import documents


class _Pages(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_response({"/here": 200, "/moved": 302, "/closed": 403, "/no-head": 405}.get(self.path, 404))
        if self.path == "/moved":
            self.send_header("Location", "/here")
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/no-head" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def pages() -> Iterator[str]:
    """The address of a server with some pages."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Pages) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def school(pair: tuple[str, str], new_database: Callable[..., str]) -> School:
    return School(pair, new_database)


def declared(*documents: tuple[str, str], version: str = "1") -> str:
    lines = [
        f'  - {{name: {name}, link: "{link}", version: "{version}", stage: discover, readers: [lead, finance]}}'
        for name, link in documents
    ]
    return "\n".join(["stages: [discover]", "documents:", *lines, ""])


def test_links_that_answer_are_reached_by_whatever_way(school: School, pages: str) -> None:
    names = ("here", "moved", "no-head")
    place = school.place(declared(*((name, f"{pages}/{name}") for name in names)), stage="discover")
    found = place.keep(documents.list_documents(place))
    assert found.missing == () and found.says.startswith("3 documents, 3 links reached. Not read yet:")
    assert [(record.kind, record.payload["says"]) for record in found.records] == [("document", "reached")] * 3


def test_a_link_that_leads_nowhere_is_missing(school: School, pages: str) -> None:
    place = school.place(declared(("Roadmap", f"{pages}/gone")), stage="discover")
    (missing,) = documents.list_documents(place).missing
    assert missing.startswith("Ann (lead): the link of the document 'Roadmap' leads nowhere (gone: answers 404)")


def test_what_cannot_be_checked_is_said_and_neither_fine_nor_missing(school: School, pages: str) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Pages) as closed:
        nobody = f"http://127.0.0.1:{closed.server_port}/"
    given = (("a", f"{pages}/closed"), ("b", "docs/runbook.md"), ("c", nobody))
    found = documents.list_documents(school.place(declared(*given), stage="discover"))
    assert found.missing == ()
    assert "0 links reached" in found.says
    assert "Not checked: a (answers 403), b (no http(s) link), c (no answer: ConnectError)" in found.says


def test_who_has_not_read_this_version_is_said(school: School, pages: str) -> None:
    place = school.place(declared(("Roadmap", f"{pages}/here")), stage="discover")
    assert "Not read yet: Roadmap by Ann, Fay." in documents.list_documents(place).says
    for person in ("ann", "fay"):
        read = {"name": "Roadmap", "link": "", "version": "1", "stage": "discover", "read_by": person}
        place.write("document", read, actor=person)
    assert "ot read yet" not in documents.list_documents(place).says
    newer = school.place(declared(("Roadmap", f"{pages}/here"), version="2"), stage="discover")
    assert "Not read yet: Roadmap by Ann, Fay." in documents.list_documents(newer).says


def test_no_documents_are_said(school: School) -> None:
    assert documents.list_documents(school.place("stages: [discover]\n", stage="discover")).says == (
        "No documents are declared."
    )
