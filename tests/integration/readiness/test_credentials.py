"""The migration's own logins, as the two catalogues have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import make_url
from tests.dags.runs import execute
from tests.integration.readiness.site import Place, site_of

from golive.readiness.credentials import check_credentials

TEXT = """\
project: test
source: {connection: old}
target: {connection: new}
people: {operations: [omar]}
tables: [{target: t}]
support: {credentials: [golive_mover, golive_never_made]}
"""


@pytest.fixture
def site(pair: tuple[str, str], new_database: Callable[..., str]) -> Iterator[Place]:
    execute(pair[0], "create role golive_mover login")
    yield site_of(TEXT, *pair, new_database("ledger"), stage="support")
    execute(pair[0], "drop role golive_mover")


def declaring(site: Place, logins: tuple[str, ...] | None) -> Place:
    support = site.project.support.model_copy(update={"credentials": logins})
    return replace(site, project=site.project.model_copy(update={"support": support}))


def test_a_login_that_is_left_is_named_on_each_side(site: Place) -> None:
    outcome = check_credentials(site)
    assert len(outcome.missing) == 2
    assert outcome.missing[0].startswith("the login golive_mover can still sign in to the source source. omar")
    assert "golive_never_made" not in str(outcome.missing)


@pytest.mark.parametrize(
    "statement",
    ["alter role golive_mover nologin", "alter role golive_mover valid until '2020-01-01'"],
    ids=["nologin", "expired"],
)
def test_a_login_that_cannot_sign_in_is_gone(site: Place, pair: tuple[str, str], statement: str) -> None:
    execute(pair[0], statement)
    assert check_credentials(site).missing == ()


def test_a_login_without_a_way_into_the_database_is_gone_there(site: Place, pair: tuple[str, str]) -> None:
    name = make_url(pair[1]).database
    execute(pair[1], f'revoke connect on database "{name}" from public')
    (line,) = check_credentials(site).missing
    assert "source" in line


def test_a_connection_that_uses_such_a_login_is_named(site: Place, pair: tuple[str, str]) -> None:
    ours = make_url(pair[0]).username
    assert ours is not None
    assert "The connection source itself uses it" in check_credentials(declaring(site, (ours,))).missing[0]


def test_none_declared_is_missing_with_who_is_signed_in(site: Place, pair: tuple[str, str]) -> None:
    ours = make_url(pair[0]).username
    now = f"Golive is signed in as {ours} on the source source and as {ours} on the target target"
    silent = check_credentials(declaring(site, None))
    assert silent.says == f"No login is declared as the migration's own. {now}."
    assert silent.missing == (
        f"nobody declared which logins were the migration's own, and {now}. omar (operations): name them as"
        " `credentials` under `support` in the project file, or `[]` if they are to stay; then clear check_credentials",
    )
    stay = check_credentials(declaring(site, ()))
    assert stay.missing == () and stay.says.endswith(f"and all stay. {now}.")
    assert check_credentials(site).says.endswith(f"{now}.")
