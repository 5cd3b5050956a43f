"""Words of PostgreSQL's SQL by what they do to an expression, in lower case."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Another value at every moment.
MOMENT = _words(
    "now today current_date current_time current_timestamp localtime localtimestamp clock_timestamp"
    " statement_timestamp transaction_timestamp timeofday random random_normal setseed gen_random_uuid uuidv4 uuidv7"
    " uuid_generate_v1 uuid_generate_v4 nextval currval lastval setval pg_sleep txid_current pg_current_xact_id"
)
# Another value in another session.
SESSION = _words(
    "current_user session_user system_user user current_role current_catalog current_schema current_schemas"
    " current_database current_setting set_config version pg_backend_pid inet_client_addr inet_server_addr"
)
# These words are functions even without parentheses.
BARE = _words(
    "current_date current_time current_timestamp localtime localtimestamp current_user session_user system_user user"
    " current_role current_catalog current_schema"
)
# Many rows for one.
SETS = _words(
    "generate_series generate_subscripts unnest regexp_matches regexp_split_to_table string_to_table"
    " json_array_elements json_array_elements_text jsonb_array_elements jsonb_array_elements_text"
    " json_each json_each_text jsonb_each jsonb_each_text json_object_keys jsonb_object_keys jsonb_path_query"
)
# What begins a statement that is no SELECT.
STATEMENTS = _words(
    "insert update delete merge truncate create alter drop grant revoke copy call do begin commit rollback set reset"
    " explain analyze vacuum lock table values prepare execute declare fetch listen notify show"
)
# Columns that every table has and that change by themselves.
SYSTEM_COLUMNS = _words("ctid xmin xmax cmin cmax tableoid")

# Words that may stand before a parenthesis without being the name of a function.
GRAMMAR = _words(
    "in and or not when then else case any some all between like ilike is from for as escape both leading trailing"
    " distinct by select where having on using over filter group union intersect except exists values array join"
    " lateral with materialized recursive order partition rows range groups sets rollup cube similar to zone into"
    " inner cross only"
)
