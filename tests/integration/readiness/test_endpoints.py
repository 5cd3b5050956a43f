"""What third parties switch to: each way to answer, each way not to, and what the go-live says of it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.readiness.preparing import School
from tests.integration.readiness.servers import HOST, answering, certificate, refusing, silent, speaking

from golive.project.people import ThirdParty
from golive.readiness import criteria, endpoints
from golive.readiness.endpoints import answer_of, tried
from golive.results import Verdict

PARTIES = """\
third_parties:
  - {name: Bank, login: bank, direction: in, protocol: SQL, owner: finance, action: switch, endpoint: "%s"}
  - {name: Shop, login: shop, direction: in, protocol: SQL, owner: lead, action: switch, endpoint: "%s"}
criteria: [{id: answers, title: What third parties switch to answers, measure: endpoints}]
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def port(file: Path) -> Iterator[int]:
    with answering(file) as port:
        yield port


@pytest.fixture
def trusted(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine accepts the server's certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(("status", "answers"), [(200, True), (302, True), (401, True), (404, True), (503, False)])
def test_a_status_below_500_is_an_answer(port: int, status: int, answers: bool) -> None:
    found = answer_of(f"https://{HOST}:{port}/{status}")
    assert (found.answers, found.says) == (answers, f"HTTP status {status}")


def test_a_certificate_that_nobody_knows_is_no_answer(port: int) -> None:
    for endpoint in (f"https://{HOST}:{port}/200", f"tls://{HOST}:{port}"):
        found = answer_of(endpoint)
        assert not found.answers and found.says.startswith("its certificate is not accepted: ")


@pytest.mark.usefixtures("trusted")
def test_a_handshake_is_an_answer(port: int) -> None:
    found = answer_of(f"tls://{HOST}:{port}")
    assert found.answers and found.says.endswith("and its certificate holds")


@pytest.mark.usefixtures("trusted")
def test_what_does_not_speak_as_declared() -> None:
    with speaking(b"SSH-2.0-x\r\n") as port:
        assert answer_of(f"tls://{HOST}:{port}").says == "it does not speak TLS"
    with speaking(b"SSH-2.0-x\r\n") as port:
        assert answer_of(f"https://{HOST}:{port}").says == "it does not speak TLS"


def test_a_port_answers_or_refuses() -> None:
    with silent() as port:
        assert answer_of(f"{HOST}:{port}") == endpoints.Tried(True, "it takes connections")
    with refusing() as port:
        for endpoint in (f"{HOST}:{port}", f"tls://{HOST}:{port}", f"https://{HOST}:{port}"):
            assert answer_of(endpoint) == endpoints.Tried(False, "it refuses connections")


def test_one_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "SECONDS", 0.2)
    with silent() as port:
        for endpoint in (f"tls://{HOST}:{port}", f"https://{HOST}:{port}"):
            assert not answer_of(endpoint).answers and "no answer within" in answer_of(endpoint).says


def test_a_name_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    for name in (f"{'x' * 64}.example:443", f"https://{'x' * 64}.example"):  # no part of a name is so long
        assert not answer_of(name).answers
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    for name in ("nobody.example:443", "https://nobody.example", "tls://nobody.example:443"):
        assert answer_of(name) == endpoints.Tried(False, "its name is not known here")


def test_who_has_no_endpoint_is_not_tried() -> None:
    party = ThirdParty(name="a", login="a", direction="in", protocol="SQL", owner="lead", action="retire")
    assert tried([party]) == {}


@pytest.mark.usefixtures("trusted")
def test_the_measure_names_each_that_does_not_answer(
    port: int, pair: tuple[str, str], new_database: Callable[..., str]
) -> None:
    school = School(pair, new_database)
    bank, shop = f"https://{HOST}:{port}/200", f"https://{HOST}:{port}/503"
    place = school.place(PARTIES % (bank, shop), stage="final_migration")
    judged = criteria.judge(place, place.project.criteria[0])
    assert judged.state is Verdict.FAIL
    assert judged.says == f"1 open of 2 (Shop at {shop}: HTTP status 503, Ann (lead))"
    assert "see that each answers, or correct its `endpoint`" in judged.missing
    place = school.place(PARTIES % (bank, f"tls://{HOST}:{port}"), stage="final_migration")
    judged = criteria.judge(place, place.project.criteria[0])
    assert judged.passed and judged.says == "0 open of 2"
