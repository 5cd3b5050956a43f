"""Parse the DAG files over many generated projects, against a floor of as many empty DAGs. See README.md."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = "riverside"
FLOOR = """\
import pendulum
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

for n, tasks in enumerate({tasks}):
    with DAG(f"empty.{{n}}", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC")) as dag:
        for m in range(tasks):
            EmptyOperator(task_id=f"task_{{m}}")
    globals()[dag.dag_id] = dag
"""


def main() -> None:
    """Parse the arguments, measure each side in processes of its own, in turn, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--projects", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", nargs=2, metavar=("DAGS", "PROJECTS"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(Path(given.child[0]), Path(given.child[1]))
        return
    with tempfile.TemporaryDirectory(prefix="golive-parse-") as scratch:
        projects, empty = Path(scratch) / "projects", Path(scratch) / "empty"
        generate(projects, given.projects)
        empty.mkdir()
        measured: dict[str, list[tuple[float, float]]] = {"floor": [], "golive": []}
        size = parsed(ROOT / "dags", projects)[2]
        (empty / "empty.py").write_text(FLOOR.format(tasks=size))
        for round in range(1, given.rounds + 1):
            for name, dags in (("floor", empty), ("golive", ROOT / "dags")):
                wall, cpu, found = parsed(dags, projects)
                if sorted(found) != sorted(size):
                    raise SystemExit(f"{name}: {len(found)} DAGs of {sum(found)} tasks, not {len(size)} of {sum(size)}")
                measured[name].append((wall, cpu))
                print(f"round {round}  {name:8s} {wall:6.2f} s, {cpu:6.2f} s CPU", flush=True)
    report(measured, given.projects, size)


def generate(folder: Path, projects: int) -> None:
    """Write so many project files, each as large as the sample's."""
    text = (ROOT / "include" / "projects" / SAMPLE / "project.yaml").read_text()
    for n in range(projects):
        (folder / f"district{n}").mkdir(parents=True)
        own = text.replace(f"project: {SAMPLE}\n", f"project: district{n}\n")
        (folder / f"district{n}" / "project.yaml").write_text(own)


def parsed(dags: Path, projects: Path) -> tuple[float, float, list[int]]:
    """Wall and CPU seconds of one parse in a process of its own, and the number of tasks of each DAG."""
    with tempfile.TemporaryDirectory(prefix="golive-airflow-") as home:
        environment = os.environ | {
            "AIRFLOW_HOME": home,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        }
        done = subprocess.run(
            [sys.executable, "-m", "bench.parse", "--child", dags, projects],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    wall, cpu, *tasks = done.stdout.splitlines()[-1].split()
    return float(wall), float(cpu), [int(each) for each in tasks]


def child(dags: Path, projects: Path) -> None:
    """Parse, and print wall and CPU seconds and the number of tasks of each DAG. Airflow's own start is left out."""
    from airflow.dag_processing.dagbag import DagBag

    from golive.project import files

    files.PROJECTS = projects
    began, used = time.perf_counter(), time.process_time()
    bag = DagBag(dags)
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    if bag.import_errors:
        raise SystemExit(str(bag.import_errors))
    print(wall, cpu, *(len(dag.tasks) for dag in bag.dags.values()))


def report(measured: dict[str, list[tuple[float, float]]], projects: int, size: list[int]) -> None:
    """Print the table of docs/performance.md."""
    print(
        f"\n{projects} projects, {len(size):,} DAGs, {sum(size):,} tasks, {os.cpu_count()} cores,"
        f" load {os.getloadavg()[0]:.1f}\n"
    )
    print("| parse | median s | median s CPU | x floor, wall | x floor, CPU |")
    print("|---|---|---|---|---|")
    floor = [statistics.median(column) for column in zip(*measured["floor"], strict=True)]
    for name, rounds in measured.items():
        wall, cpu = (statistics.median(column) for column in zip(*rounds, strict=True))
        print(f"| {name} | {wall:.2f} | {cpu:.2f} | {wall / floor[0]:.2f} | {cpu / floor[1]:.2f} |")


if __name__ == "__main__":
    main()
