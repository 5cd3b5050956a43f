"""Comparisons and scenarios: what a project file may hold, and every fault of it with its place."""

from __future__ import annotations

import pytest
from tests.unit.declared import only_fault, read, told

from golive.project.proving import PASSES

TEXT = """\
project: harbour
source: {connection: harbour_old}
target: {connection: harbour_new}
people: {lead: [ann], finance: [fay]}
tables: [{target: t}]
comparisons:
  - name: revenue
    kind: totals
    says: Revenue is the same.
    owner: finance
    key: [period]
    source: select period, amount from a
    target: select period, amount from b
    sensitive: [period]
  - name: orders
    kind: parity
    says: Orders are judged alike.
    owner: lead
    severity: major
    passes: [pre_final]
    key: [number]
    source: select number, ok from a
    target: select number, ok from b
  - name: codes
    kind: codes
    says: Every product is mapped.
    owner: lead
    source: select code from a
    target: select code from b
    retired: {ZZ: never sold}
  - name: keys
    kind: corpus
    says: Keys work.
    owner: lead
    source: select k from a
    file: keys/new.csv
    target: "select k, valid(k) from unnest(:keys) k"
  - name: vendor_keys
    kind: corpus
    says: Keys work.
    owner: lead
    file: new.csv
    command: [python3, validator.py]
    seconds: 60
validation:
  scenarios:
    results: junit
    at_least_percent: 90
    names:
      - {scenario: Enrol, test: "Office::test_enrol"}
      - {scenario: Bill, test: "Office::test_bill"}
"""


def test_all_of_it_is_read() -> None:
    project = read(TEXT)
    revenue, orders, codes, _, vendor = project.comparisons
    assert (revenue.severity, revenue.passes, revenue.seconds) == ("critical", PASSES, 300)
    assert (orders.severity, orders.passes) == ("major", ("pre_final",))
    assert (codes.retired, vendor.command, vendor.file) == (
        {"ZZ": "never sold"}, ("python3", "validator.py"), "new.csv",
    )  # fmt: skip
    scenarios = project.validation.scenarios
    assert scenarios is not None
    assert (scenarios.results, scenarios.at_least_percent, len(scenarios.names)) == ("junit", 90, 2)


def test_what_the_file_leaves_out() -> None:
    project = read(TEXT[: TEXT.index("comparisons")])
    assert (project.comparisons, project.validation.scenarios) == ((), None)
    scenarios = read(TEXT.replace("    results: junit\n    at_least_percent: 90\n", "")).validation.scenarios
    assert scenarios is not None and (scenarios.results, scenarios.at_least_percent) == ("junit/*.xml", 100)


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "said"),
    [
        ("kind: totals", "kind: sums", 8, "comparisons[0].kind", "'totals', 'parity', 'codes' or 'corpus'"),
        ("owner: finance", "owner: nobody", 10, "comparisons[0].owner", "which nobody can hold"),
        ("severity: major", "severity: grave", 19, "comparisons[1].severity", "'critical', 'major', 'minor'"),
        ("passes: [pre_final]", "passes: []", 20, "comparisons[1].passes", "at least 1"),
        ("passes: [pre_final]", "passes: [last]", 20, "comparisons[1].passes[0]", "'initial', 'mid_cycle'"),
        ("    key: [period]\n", "", 7, "comparisons[0]", "must have `key`: it is of the kind totals"),
        ("key: [period]", "key: [period, period]", 11, "comparisons[0].key", "names a column twice: period"),
        ("    sensitive: [period]", "    file: a.csv", 7, "comparisons[0]", "must not have `file`: it is of the kind"),
        ("source: select period", "source: delete", 12, "comparisons[0].source", "must be one query"),
        ("    target: select code from b\n", "", 24, "comparisons[2]", "must have `target`"),
        ("retired: {ZZ: never sold}", "retired: {ZZ: ''}", 30, "comparisons[2].retired.ZZ", "at least 1 character"),
        ("retired: {ZZ: never sold}", "key: [code]", 24, "comparisons[2]", "must not have `key`"),
        ("file: keys/new.csv", "file: ../new.csv", 36, "comparisons[3].file", "within the project's folder"),
        ("file: keys/new.csv", "file: /etc/passwd", 36, "comparisons[3].file", "within the project's folder"),
        ("unnest(:keys)", "unnest(x::keys)", 31, "comparisons[3]", "must have `:keys` in `target`"),
        ("    file: new.csv\n", "", 38, "comparisons[4]", "must have `source` or `file`"),
        ("    command: [python3, validator.py]\n", "", 38, "comparisons[4]", "exactly one of `target` and `command`"),
        ("    seconds: 60", "    target: 'select :keys'", 38, "comparisons[4]", "exactly one of `target` and"),
        ("seconds: 60", "seconds: 0", 44, "comparisons[4].seconds", "greater than 0"),
        ("name: orders", "name: revenue", 15, "comparisons[1]", "'revenue' stands twice"),
        ("at_least_percent: 90", "at_least_percent: 101", 48, "validation.scenarios.at_least_percent", "to 100"),
        ("scenario: Bill", "scenario: Enrol", 51, "validation.scenarios.names[1]", "'Enrol' stands twice"),
        ("Office::test_bill", "Office.test_bill", 51, "validation.scenarios.names[1].test", "must be `class::name`"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(old: str, new: str, line: int, key: str, said: str) -> None:
    fault = only_fault(TEXT, old, new)
    assert (fault.line, fault.key) == (line, key)
    assert said in told(fault)
