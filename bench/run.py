"""Run the adapters in interleaved rounds and print their ratios to the floor. See README.md."""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

from bench import table
from golive.demo import server

ADAPTERS = Path(__file__).resolve().parent / "adapters"
# Name -> (file, environment of its own)
RUNS: dict[str, tuple[str, dict[str, str]]] = {
    "floor": ("floor", {}),
    "golive": ("lanes", {"BENCH_LANES": "1"}),
    "golive, 2 lanes": ("lanes", {"BENCH_LANES": "2"}),
    "pgcopydb": ("clone", {}),
}


@dataclass
class Measured:
    """What the rounds of one adapter took: seconds, CPU seconds of client and servers, peak bytes of the client."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: int = 0


def main() -> None:
    """Parse the arguments, start two servers, run, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="adapters by name, with commas; default: all that are installed")
    given = parser.parse_args()
    chosen = [name for name in RUNS if not given.only or name in given.only.split(",")]
    if shutil.which("pgcopydb") is None and "pgcopydb" in chosen:
        chosen.remove("pgcopydb")
        print("pgcopydb is not installed: left out")
    os.environ["PATH"] = f"{server.programs()}{os.pathsep}{os.environ['PATH']}"
    folder = Path(tempfile.mkdtemp(prefix="golive-bench-"))
    source, target = (server.start(folder / name) for name in ("source", "target"))
    try:
        for side in (source, target):
            with psycopg.connect(side.url("postgres"), autocommit=True) as connection:
                connection.execute("create database bench")
        with psycopg.connect(source.url("bench"), autocommit=True) as connection:
            connection.execute(table.DDL)
            connection.execute(table.ROWS, (given.rows,))
            connection.execute(f"vacuum analyze {table.NAME}")
            wanted = connection.execute(table.SAME).fetchone()
        results = {name: Measured() for name in chosen}
        for round in range(1, given.rounds + 1):
            for name in chosen:
                measure(name, source, target, results[name], wanted)
                print(f"round {round}  {name:16s} {results[name].wall[-1]:7.2f} s", flush=True)
        report(results, given.rows)
    finally:
        server.stop(source)
        server.stop(target)
        shutil.rmtree(folder, ignore_errors=True)


def measure(name: str, source: server.Server, target: server.Server, into: Measured, wanted: object) -> None:
    """One run of one adapter into an emptied target, and the proof that what arrived is what left."""
    with psycopg.connect(target.url("bench"), autocommit=True) as connection:
        connection.execute(f"drop table if exists {table.NAME}")
        connection.execute("drop schema if exists golive cascade")
        connection.execute(table.DDL)
        connection.execute("checkpoint")
    file, own = RUNS[name]
    environment = (
        os.environ
        | own
        | {"BENCH_SOURCE": source.url("bench"), "BENCH_TARGET": target.url("bench"), "BENCH_TABLE": table.NAME}
    )
    before, began = server_cpu(source, target), time.perf_counter()
    process = psutil.Popen([sys.executable, ADAPTERS / f"{file}.py"], env=environment)
    peak, client = watch(process)
    if process.returncode != 0:
        raise SystemExit(f"{name} ended with {process.returncode}")
    into.wall.append(time.perf_counter() - began)
    into.cpu.append(client + server_cpu(source, target) - before)
    into.peak = max(into.peak, peak)
    with psycopg.connect(target.url("bench")) as connection:
        if connection.execute(table.SAME).fetchone() != wanted:
            raise SystemExit(f"{name}: what arrived is not what left")


def watch(process: psutil.Popen) -> tuple[int, float]:
    """Wait for a process; gives the peak memory in bytes and the CPU seconds of it and its children."""
    peak, used = 0, dict[int, float]()
    while process.poll() is None:
        resident = 0
        try:
            for each in (process, *process.children(recursive=True)):
                resident += each.memory_info().rss
                times = each.cpu_times()
                used[each.pid] = times.user + times.system
        except psutil.Error:
            pass
        peak = max(peak, resident)
        time.sleep(0.02)
    return peak, sum(used.values())


def server_cpu(*servers: server.Server) -> float:
    """CPU seconds of the servers, ended backends included."""
    total = 0.0
    for each in servers:
        postmaster = psutil.Process(int((each.folder / "postmaster.pid").read_text().splitlines()[0]))
        times = postmaster.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
        for child in postmaster.children(recursive=True):
            try:
                times = child.cpu_times()
            except psutil.Error:
                continue
            total += times.user + times.system
    return total


def report(results: dict[str, Measured], rows: int) -> None:
    """Print the table of docs/performance.md."""
    floor = results.get("floor")
    print(f"\n{rows:,} rows, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print("| adapter | median s | rows/s | x floor, wall | x floor, CPU | client MB |")
    print("|---|---|---|---|---|---|")
    for name, measured in results.items():
        wall, cpu = statistics.median(measured.wall), statistics.median(measured.cpu)
        ratios = ("", "")
        if floor is not None:
            ratios = (f"{wall / statistics.median(floor.wall):.2f}", f"{cpu / statistics.median(floor.cpu):.2f}")
        print(f"| {name} | {wall:.2f} | {rows / wall:,.0f} | {ratios[0]} | {ratios[1]} | {measured.peak >> 20} |")


if __name__ == "__main__":
    main()
