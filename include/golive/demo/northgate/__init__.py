"""Northgate, the sample software vendor: an old entitlement-management system, the new one's schema, and a judge.

``golive.demo.organisation`` makes its two databases, changes the old one as its users do, and says which
rows can never arrive. About sixteen rows stand behind each organisation; the seed decides all of them.
A round of changes touches about one organisation in 200, and eight at least; only ordinary rows, so none
becomes unmigratable by it. One licence key that was mistyped is put right in each round, as long as there
is one, and it and what hangs on it become migratable. ``usage_event``, the one table without a key, takes
any row. Its mapping is include/projects/northgate/project.yaml, and nothing here reads that file.
"""

from __future__ import annotations

from enum import StrEnum

from golive.demo.organisation import Organisation


class Reason(StrEnum):
    """Why a row cannot be migrated: one reason a key, and its own faults before its parents'."""

    NULL_KEY = "null key"
    DUPLICATE_KEY = "duplicate key"
    KEY_TAKEN = "key taken"  # by a row of the new system's own
    DAYS_TAKEN = "days taken"  # of a price, by a row of the new system's own
    BAD_NUMBER = "bad number"
    BAD_JSON = "bad json"
    BAD_SETTING = "bad setting"  # neither true nor false
    BAD_ADDRESS = "bad address"  # of a machine
    BAD_ENCODING = "bad encoding"
    NOT_NULL = "not null"
    NO_FORMAT = "no format"  # of a licence key, that the new system could print
    NO_LICENCE = "no licence"  # behind an activation
    UNKNOWN_VALUE = "unknown value"  # of an enum
    TOO_LONG = "too long"
    OUT_OF_RANGE = "out of range"
    NO_PARTITION = "no partition"
    CHECK = "check"
    UNIQUE = "unique"  # a value that a row of the new system's own has
    ORPHAN = "orphan"  # the parent is not in the old system, or is not wanted by the mapping
    PARENT = "parent"  # the parent cannot be migrated


ORGANISATION = Organisation(
    name="northgate",
    package=__name__,
    counted="organisations",
    least=100,
    most=200_000,
    own_rows={
        "own_rates": "select currency || month from exchange_rate where origin = 'native'",
        "own_products": "select code from product where code = 'CLOUD'",
        "own_books": "select code from price_book where code like 'NV%'",
        "own_prices": """
            select concat_ws(' ', price_book, product_code, extract(epoch from valid_from)::bigint,
                             coalesce(extract(epoch from valid_until)::bigint, 253402214400))
            from price where origin = 'native'""",
        "own_partners": "select code from channel_partner where origin = 'native'",
        "own_vats": "select vat_id from organisation where origin = 'native' and vat_id is not null",
        "own_logins": "select login from app_user where origin = 'native'",
        "own_keys": "select licence_key from licence where origin = 'native'",
    },
    reasons=Reason,
)
