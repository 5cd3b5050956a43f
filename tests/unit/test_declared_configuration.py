"""Configuration areas of a project file: short and long, and what is refused with its line and key."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.declared import only_fault, read, told

from golive.databases.static import check_file
from golive.project.sides import all_sensitive, sensitive_columns

TEXT = """\
project: harbour
source: {connection: old}
target: {connection: new}
staging: {connection: config}
people: {lead: [ann]}
tables:
  - {target: t}
  - {target: fee, owns: "origin = 'old'"}
configuration:
  - area: terms
    owner: lead
    tables: [term]
  - area: fees
    owner: lead
    tables:
      - table: fee
        key: [code]
        without: [id]
        where: "origin = 'new'"
        owns: "origin = 'new'"
        remap: {term: {table: term, by: [code]}}
"""


def test_what_is_sensitive_anywhere_is_so_everywhere() -> None:
    """In the table of the move, of an area and of the training copy, and in what the old system makes it of."""
    text = TEXT.replace("key: [code]", "key: [code]\n        sensitive: [price]")
    text = text.replace("= 'old'\"}", "= 'old'\", columns: {price: cost + tax}, sensitive: [name]}")
    text += "training_copy: {connection: training, access: [lead], sensitive: {public.term: [code]}}\n"
    project = read(text)
    assert all_sensitive(project) == {"fee": {"name", "price"}, "public.term": {"code"}}
    assert sensitive_columns(project, "target", "public.fee") == {"name", "price"}
    assert sensitive_columns(project, "target", "term") == {"code"}
    assert sensitive_columns(project, "source", "fee") == {"name", "cost", "tax"}
    assert sensitive_columns(project, "source", "t") == set()


def test_a_table_is_named_or_described() -> None:
    project = read(TEXT)
    (term,), (fee,) = (area.tables for area in project.configuration)
    assert project.configuration[0].table_names == ["term"] and term.key == ()
    assert (fee.key, fee.without, fee.remap["term"].by) == (("code",), ("id",), ("code",))


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "what"),
    [
        ("[term]\n", "[a.b.c]\n", 12, "configuration[0].tables[0].table", "is 'a.b.c'"),
        ("key: [code]", "kye: [code]", 17, "configuration[1].tables[0].kye", "is not known"),
        ("key: [code]", "key: [a, a]", 17, "configuration[1].tables[0].key", "names a column twice: a"),
        ("key: [code]", "columns: [code]", 16, "configuration[1].tables[0]", "either `columns`"),
        ("by: [code]", "by: []", 21, "configuration[1].tables[0].remap.term.by", "at least 1 item"),
        ("{connection: config}", "{connection: new}", 4, "staging", "the same connection as `target`"),
        ("staging: {connection: config}\n", "", 15, "configuration[1].tables[0]", "there is no `staging`"),
        ("[term]\n", "[t]\n", 12, "configuration[0].tables[0]", "owns rows of t that the migration owns"),
        (
            "owns: \"origin = 'new'\"",
            "owns: \"origin = 'old'\"",
            16,
            "configuration[1].tables[0]",
            "the migration owns",
        ),
        (
            "        owns: \"origin = 'new'\"\n",
            "",
            16,
            "configuration[1].tables[0]",
            "rows of fee that the migration owns",
        ),
        (
            "[term]\n",
            "[{table: public.fee, owns: \"origin = 'new'\"}]\n",
            16,
            "configuration[1].tables[0]",
            "the area terms owns",
        ),
    ],
)
def test_a_fault_has_its_line_and_key(old: str, new: str, line: int, key: str, what: str) -> None:
    fault = only_fault(TEXT, old, new)
    assert (fault.line, fault.key) == (line, key)
    assert what in told(fault)


@pytest.mark.parametrize(
    ("old", "new", "key", "what"),
    [
        ("where: \"origin = 'new'\"", 'where: "seen > now()"', "where", "another value at every run"),
        ("owns: \"origin = 'new'\"", 'owns: "id in (select 1)"', "owns", "a query"),
        ("key: [code]", "key: [id]", "key", "'id' is not copied"),
        ("without: [id]", "without: [term]", "remap", "'term' is not copied"),
    ],
)
def test_what_cannot_be_asked_or_is_not_copied_is_found_without_a_database(
    tmp_path: Path, old: str, new: str, key: str, what: str
) -> None:
    assert TEXT.count(old) == 1
    (tmp_path / "harbour").mkdir()
    (tmp_path / "harbour" / "project.yaml").write_text(TEXT.replace(old, new))
    (fault,) = check_file("harbour", tmp_path)
    assert fault.key.startswith(f"configuration[1].tables[0].{key}") and what in fault.what and fault.line
