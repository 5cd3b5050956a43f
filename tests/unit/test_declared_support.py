"""What follows the opening, and what third parties switch to: what a project file may hold, and every fault of it."""

from __future__ import annotations

import pytest
from tests.unit.declared import only_fault, read

from golive.errors import ProjectError

TEXT = """\
project: harbour
owner: The movers
source: {connection: harbour_old}
target: {connection: harbour_new}
people: {lead: [ann], finance: [fay]}
tables: [{target: t}]
third_parties:
  - name: Bank
    login: bank
    direction: in
    protocol: SQL
    owner: finance
    action: switch
    endpoint: https://new.example:8443/api
support:
  levels:
    - level: 1
      role: finance
      hours: always
      escalate_minutes: 30
      answer_minutes: 60
      answer_percent: 80
  figures:
    - name: page
      says: One page
      query: select 1
      source_query: select 2
      at_most_ms: 5
  hand_over:
    to: Harbour IT
  trial_days: 14
waves:
  - team: office
    lead: finance
    day: 2026-06-16
    first_use: select min(at) from t
    first_use_days: 3
"""


def test_all_of_it_is_read() -> None:
    project = read(TEXT)
    assert project.owner == "The movers"
    assert project.third_parties[0].endpoint == "https://new.example:8443/api"
    (level,), (figure,), (wave,) = project.support.levels, project.support.figures, project.waves
    assert (level.answer_minutes, level.answer_percent, project.support.trial_days) == (60, 80, 14)
    assert (figure.source_query, wave.first_use, wave.first_use_days) == ("select 2", "select min(at) from t", 3)
    assert project.support.hand_over is not None and project.support.hand_over.to == "Harbour IT"


def test_that_no_login_was_the_migrations_own_is_another_thing_than_silence() -> None:
    assert read(TEXT).support.credentials is None
    assert read(TEXT.replace("trial_days: 14", "credentials: []")).support.credentials == ()


def test_without_any_of_it_nothing_is_agreed() -> None:
    project = read(TEXT.partition("third_parties:")[0].replace("owner: The movers\n", ""))
    assert (project.owner, project.support.hand_over, project.support.trial_days) == ("golive", None, 30)


@pytest.mark.parametrize("endpoint", ["https://new.example", "tls://new.example:636", "sftp.new:22", "[::1]:5432"])
def test_an_endpoint_says_how_it_is_reached(endpoint: str) -> None:
    project = read(TEXT.replace("https://new.example:8443/api", f'"{endpoint}"'))
    assert project.third_parties[0].endpoint == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "new.example", "http://new.example", "tls://new.example", "tcp://new.example:22", "new.example:22/path",
        "new.example:port", "new.example:0", "new.example:70000", "https://", "https://new.example/a b", "[::1:22",
        "https://new.example/?token=xyz", "https://new.example/#a", "bank:secret@new.example:22",
    ],
)  # fmt: skip
def test_an_endpoint_that_does_not_is_refused(endpoint: str) -> None:
    fault = only_fault(TEXT, "https://new.example:8443/api", f'"{endpoint}"')
    assert (fault.line, fault.key) == (14, "third_parties[0].endpoint")
    assert "must be `https://host/path`, `tls://host:port` or `host:port`" in fault.right


def test_the_sign_in_of_an_endpoint_is_not_in_the_fault() -> None:
    with pytest.raises(ProjectError) as refused:
        read(TEXT.replace("https://new.example:8443/api", "https://bank:secret@new.example/api"))
    assert "is 'https://***@new.example/api'" in refused.value.message and "secret" not in refused.value.message


@pytest.mark.parametrize(
    ("old", "new", "line", "key"),
    [
        ("owner: The movers", "owner: We, the movers", 2, "owner"),
        ("owner: The movers", 'owner: " "', 2, "owner"),
        ("answer_minutes: 60", "answer_minutes: 0", 21, "support.levels[0].answer_minutes"),
        ("answer_percent: 80", "answer_percent: 101", 22, "support.levels[0].answer_percent"),
        ("source_query: select 2", "source_query: delete from t", 27, "support.figures[0].source_query"),
        ("to: Harbour IT", "to: Harbour, IT", 30, "support.hand_over.to"),
        (
            "trial_days: 14",
            "outcomes: [{name: a, says: b, owner: lead, dag: bank.review}]",
            31,
            "support.outcomes[0].dag",
        ),
        (
            "trial_days: 14",
            "outcomes: [{name: a, says: b, owner: lead, dag: harbour.recheck}]",
            31,
            "support.outcomes[0].dag",
        ),
        ("trial_days: 14", "trial_days: 0", 31, "support.trial_days"),
        ("first_use: select min(at) from t", "first_use: min(at)", 36, "waves[0].first_use"),
        ("first_use_days: 3", "first_use_days: -1", 37, "waves[0].first_use_days"),
    ],
)
def test_every_fault_has_its_line_and_key(old: str, new: str, line: int, key: str) -> None:
    fault = only_fault(TEXT, old, new)
    assert (fault.line, fault.key) == (line, key)
    assert fault.right
