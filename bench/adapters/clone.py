"""pgcopydb clone of the one table; it makes the target's table itself."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

source, target, table = (os.environ[f"BENCH_{name}"] for name in ("SOURCE", "TARGET", "TABLE"))
with tempfile.TemporaryDirectory() as folder:
    only = Path(folder) / "filter.ini"
    only.write_text(f"[include-only-table]\npublic.{table}\n")
    subprocess.run(["psql", "-qX", target, "-c", f"drop table {table}"], check=True)
    done = subprocess.run(
        [
            "pgcopydb",
            "clone",
            "--source",
            source,
            "--target",
            target,
            "--dir",
            f"{folder}/work",
            "--filters",
            str(only),
            "--table-jobs",
            "2",
            "--index-jobs",
            "2",
            "--no-owner",
            "--no-acl",
            "--skip-extensions",
            "--no-comments",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
sys.exit(done.returncode)
