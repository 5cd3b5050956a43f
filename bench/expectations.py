"""Ask a suite of 40 expectations of one large table, against one plain scan of it. See README.md."""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg

from bench import table
from bench.run import watch
from golive.demo import server

ROOT = Path(__file__).resolve().parents[1]
SCAN = f"select count(*) from {table.NAME}"
COLUMN = "expect_column_"
STATES = ["active", "withdrawn", "graduated", "pending", "suspended"]

BOUNDS: dict[str, tuple[int | str, int | str]] = {
    "term": (1, 9),
    "school_id": (0, 996),
    "student_no": (0, 1_000_003),
    "amount": (0, 1_000_000),
    "balance": (-100_000, 100_000),
    "born": ("1990-01-01", "2018-01-01"),
    "updated_at": ("2026-01-01", "2027-01-01"),
}
FIGURES: list[tuple[str, str, dict[str, float]]] = [
    ("sum", "amount", {"min_value": 1}),
    ("mean", "amount", {"min_value": 1}),
    ("stdev", "amount", {"min_value": 1}),
    ("max", "term", {"max_value": 9}),
    ("min", "term", {"min_value": 1}),
    ("unique_value_count", "status", {"max_value": 5}),
    ("proportion_of_non_null_values", "balance", {"min_value": 0.5}),
]


def only(column: str, operator: str, value: object) -> dict[str, Any]:
    """A row condition."""
    return {"type": "comparison", "column": {"name": column}, "operator": operator, "parameter": value}


def expectations() -> Iterator[tuple[str, dict[str, Any]]]:
    """The forty: of every sort, two of which do not hold."""
    yield "expect_table_row_count_to_be_between", {"min_value": 1}
    yield "expect_table_column_count_to_equal", {"value": 16}
    for name in ("id", "student_no", "school_id", "term", "amount", "status", "full_name", "updated_at", "active"):
        yield COLUMN + "values_to_not_be_null", {"column": name}
    yield COLUMN + "values_to_be_unique", {"column": "id"}
    yield "expect_compound_columns_to_be_unique", {"column_list": ["school_id", "id"]}
    yield COLUMN + "values_to_be_in_set", {"column": "status", "value_set": STATES}
    yield COLUMN + "values_to_be_in_set", {"column": "term", "value_set": list(range(1, 10))}
    yield COLUMN + "values_to_not_be_in_set", {"column": "status", "value_set": ["deleted"]}
    for name, (low, high) in BOUNDS.items():
        yield COLUMN + "values_to_be_between", {"column": name, "min_value": low, "max_value": high}
    for name, longest in (("status", 20), ("full_name", 120), ("notes", 100)):
        yield COLUMN + "value_lengths_to_be_between", {"column": name, "max_value": longest}
    yield COLUMN + "values_to_match_regex", {"column": "status", "regex": "^[a-z]+$"}
    yield COLUMN + "values_to_not_match_regex", {"column": "notes", "regex": "\t"}  # does not hold
    yield COLUMN + "values_to_match_like_pattern", {"column": "full_name", "like_pattern": "% %"}
    pair = {"column_A": "id", "column_B": "term", "or_equal": True, "row_condition": only("id", ">", 9)}
    yield COLUMN + "pair_values_a_to_be_greater_than_b", pair
    given = {"column": "external_ref", "row_condition": only("active", "==", True)}
    yield COLUMN + "values_to_not_be_null", given
    for kind, name, bounds in FIGURES:
        yield f"{COLUMN}{kind}_to_be_between", {"column": name} | bounds
    yield COLUMN + "distinct_values_to_be_in_set", {"column": "status", "value_set": STATES}
    query = "select * from {batch} where amount < 1000"  # does not hold
    yield "unexpected_rows_expectation", {"unexpected_rows_query": query}


def main() -> None:
    """Parse the arguments, fill a table, scan it and ask in turn, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.child)
        return
    os.environ["PATH"] = f"{server.programs()}{os.pathsep}{os.environ['PATH']}"
    folder = Path(tempfile.mkdtemp(prefix="golive-bench-"))
    started = server.start(folder / "source")
    try:
        with psycopg.connect(started.url("postgres"), autocommit=True) as connection:
            connection.execute("create database bench")
        url = started.url("bench")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(table.DDL)
            connection.execute(table.ROWS, (given.rows,))
            connection.execute(f"vacuum analyze {table.NAME}")
        scans, runs, peak = list[float](), list[float](), 0
        for number in range(1, given.rounds + 1):
            scans.append(scan(url))
            began = time.perf_counter()
            process = psutil.Popen([sys.executable, "-m", "bench.expectations", "--child", url], cwd=ROOT)
            peak = max(peak, watch(process)[0])
            runs.append(time.perf_counter() - began)
            if process.returncode != 0:
                raise SystemExit(f"the suite ended with {process.returncode}")
            print(f"round {number}  scan {scans[-1]:.2f} s, suite {runs[-1]:.2f} s", flush=True)
    finally:
        server.stop(started)
        shutil.rmtree(folder, ignore_errors=True)
    one, all_ = statistics.median(scans), statistics.median(runs)
    print(f"\n{given.rows:,} rows, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print("| one plain scan, s | 40 expectations, s | x scan | worker MB |")
    print("|---|---|---|---|")
    print(f"| {one:.2f} | {all_:.2f} | {all_ / one:.1f} | {peak >> 20} |")


def scan(url: str) -> float:
    """Seconds of one plain scan; the table was read once before."""
    with psycopg.connect(url) as connection:
        connection.execute(SCAN)
        began = time.perf_counter()
        connection.execute(SCAN)
        return time.perf_counter() - began


def child(url: str) -> None:
    """Ask the suite as a task would, its start and the imports included; ends with 1 unless the verdicts are right."""
    began = time.perf_counter()
    from golive.databases import connect
    from golive.project.proving import PASSES
    from golive.project.suites import Expectation, Suite
    from golive.validation.expectations import run_suite
    from golive.validation.failing import FailingKeys, packed

    asked = tuple(
        Expectation(f"e{n}", kind, kwargs, "critical", "data_engineer", f"expectation {n}", PASSES)
        for n, (kind, kwargs) in enumerate(expectations())
    )
    assert len(asked) == 40, len(asked)
    kept: dict[str, int] = {}

    def keep(keys: FailingKeys) -> str:
        kept[keys.check] = len(packed(keys))
        return keys.check

    suite = Suite(f"{table.NAME}.source", ROOT, "source", table.NAME, ("id",), None, asked)
    results = run_suite(suite, connect(url, name="bench"), "initial", keep, b"bench")
    failing = {result.check: result.evidence.get("failing") for result in results if result.verdict == "FAIL"}
    others = {result.verdict for result in results} - {"PASS", "FAIL"}
    print(f"{time.perf_counter() - began:.2f} s, failing {failing}, bytes of keys {kept}", flush=True)
    if len(failing) != 2 or others:
        raise SystemExit("\n".join(f"{result.verdict} {result.says}" for result in results))


if __name__ == "__main__":
    main()
