"""The floor: two psql processes and a pipe, binary COPY."""

import os
import subprocess
import sys

source, target, table = (os.environ[f"BENCH_{name}"] for name in ("SOURCE", "TARGET", "TABLE"))
out = subprocess.Popen(["psql", "-qX", source, "-c", f"copy {table} to stdout (format binary)"], stdout=subprocess.PIPE)
into = subprocess.run(
    ["psql", "-qX", "-v", "ON_ERROR_STOP=1", target, "-c", f"copy {table} from stdin (format binary)"], stdin=out.stdout
)
sys.exit(into.returncode or out.wait())
