"""The training copy: what a project file may say of it, and every fault of that."""

from __future__ import annotations

import pytest
from tests.unit.declared import only_fault, read, told

TEXT = """\
project: harbour
source: {connection: harbour_old}
target: {connection: harbour_new}
staging: {connection: harbour_config}
people: {lead: [ann], registrar: [ruth]}
tables: [{target: t, sensitive: [name]}]
training: {groups: {offices: [olga]}}
training_copy:
  connection: harbour_training
  access: [offices, registrar]
  logins: [sis_app]
  sensitive:
    staff_note: [body]
  without: [audit.log]
"""


def test_all_of_it_is_read() -> None:
    copy = read(TEXT).training_copy
    assert copy is not None
    assert (copy.connection, copy.access, copy.logins) == ("harbour_training", ("offices", "registrar"), ("sis_app",))
    assert (copy.sensitive, copy.without) == ({"staff_note": ("body",)}, ("audit.log",))


def test_without_the_key_there_is_none() -> None:
    assert read(TEXT[: TEXT.index("training_copy")]).training_copy is None


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "said"),
    [
        ("connection: harbour_training", "connection: harbour_new", 8, "training_copy", "same connection as `target`"),
        ("connection: harbour_training", "connection: harbour_old", 8, "training_copy", "same connection as `source`"),
        ("connection: harbour_training", "connection: harbour_config", 8, "training_copy", "connection as `staging`"),
        ("connection: harbour_training", "connection: golive_ledger", 9, "training_copy.connection", "the ledger"),
        ("connection: harbour_training", "connection: 'postgresql://x'", 9, "training_copy.connection", "pattern"),
        ("access: [offices, registrar]", "access: []", 10, "training_copy.access", "at least 1"),
        (
            "access: [offices, registrar]",
            "access: [offices, olga]",
            10,
            "training_copy.access[1]",
            "neither a role nor",
        ),
        (
            "staff_note: [body]",
            "public.t: [body]",
            13,
            "training_copy.sensitive.public.t",
            "which the migration writes",
        ),
        ("staff_note: [body]", "a.b.c: [body]", 13, "training_copy.sensitive.a.b.c", "schema.table"),
        ("without: [audit.log]", "without: [a.b.c]", 14, "training_copy.without[0]", "schema.table"),
        ("  logins: [sis_app]", "  login: [sis_app]", 11, "training_copy.login", ""),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(old: str, new: str, line: int, key: str, said: str) -> None:
    fault = only_fault(TEXT, old, new)
    assert said in told(fault)
    assert fault.line == line and fault.key.startswith(key)
