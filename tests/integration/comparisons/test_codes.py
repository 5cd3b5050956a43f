"""Codes of the source: mapped, retired with a reason, or a finding."""

from __future__ import annotations

from collections.abc import Sequence

from tests.integration.comparisons.comparing import compare, comparison
from tests.integration.two_sides import run

from golive.results import Verdict

CODES = comparison(
    "products", "codes", source="select code from p", target="select code from p where code is not null",
    retired={"ZZ": "never sold"},
)  # fmt: skip


def fill(pair: tuple[str, str], source: Sequence[str | None], target: Sequence[str | None]) -> tuple[str, str]:
    for url, codes in zip(pair, (source, target), strict=True):
        run(url, "create table p (code text)")
        for code in codes:
            run(url, f"insert into p values ({'null' if code is None else repr(code)})")
    return pair


def test_every_code_is_mapped_or_retired(pair: tuple[str, str]) -> None:
    fill(pair, ["b", "A", "b", "ZZ"], ["b", "A", "c"])
    result = compare(pair, CODES).one()
    assert (result.verdict, result.looked_at) == (Verdict.PASS, 3)
    assert result.says == "What products says: of 3 codes of the source 2 are mapped, 1 retired, 0 unmapped"


def test_codes_that_are_not_mapped_are_all_listed_once(pair: tuple[str, str]) -> None:
    fill(pair, ["b", "x", "x", "A", None, "a", "ZZ"], ["A", "a"])
    compared = compare(pair, CODES)
    assert compared.one().verdict is Verdict.FAIL
    assert compared.kept.rows("products") == [("code",), ("b",), ("x",), ("NULL",)]
    assert compared.one().evidence["failing"] == compared.one().evidence["unmapped"] == 3
    assert compared.one().says.endswith("of 6 codes of the source 2 are mapped, 1 retired, 3 unmapped")


def test_a_code_retired_and_mapped_all_the_same_or_that_the_source_does_not_know_is_said(
    pair: tuple[str, str],
) -> None:
    fill(pair, ["A", "ZZ"], ["A", "QQ", "ZZ"])
    retired = {"ZZ": "never sold", "QQ": "sold out", "YY": "a slip"}
    result = compare(pair, CODES | {"retired": retired}).one()
    assert result.says.endswith(
        "of 2 codes of the source 1 are mapped, 1 retired, 0 unmapped; retired, and mapped all the same: QQ, ZZ;"
        " retired, and not known to the source: QQ, YY"
    )
    assert result.evidence["retired_and_mapped"] == ["QQ", "ZZ"]
    assert result.evidence["retired_and_unknown"] == ["QQ", "YY"]


def test_a_code_that_is_sensitive_is_masked(pair: tuple[str, str]) -> None:
    fill(pair, ["secret"], [])
    compared = compare(pair, CODES | {"sensitive": ["code"]})
    assert compared.kept.rows("products")[1:] == [("***",)] and "secret" not in compared.text


def test_a_code_is_masked_in_whatever_case_and_told_from_another(pair: tuple[str, str]) -> None:
    fill(pair, ["secret"], [])
    hidden = CODES | {"source": 'select code as "Code" from p', "sensitive": ["code"]}
    compared = compare(pair, hidden)
    assert compared.kept.rows("products")[1:] == [("***",)] and "secret" not in compared.text
    run(pair[0], "update p set code = 'other'")
    other = compare(pair, hidden)
    assert other.kept.files == compared.kept.files
    assert other.one().evidence["digest"] != compared.one().evidence["digest"]


def test_without_a_code_nothing_was_looked_at(pair: tuple[str, str]) -> None:
    fill(pair, [], ["A"])
    result = compare(pair, CODES).one()
    assert (result.verdict, result.says) == (Verdict.VACUOUS, "What products says: the source has no code")


def test_a_query_of_two_columns_is_an_error(pair: tuple[str, str]) -> None:
    fill(pair, ["A"], ["A"])
    result = compare(pair, CODES | {"target": "select code, 1 from p"}).one()
    assert result.verdict is Verdict.ERROR and "the query of the target gives 2 columns" in result.says
