"""docker-compose.yml as a test reads it: parsed, with its variables filled in, and with the faults that it has."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from golive.flow.connections import ALERTS, LEDGER
from golive.flow.notes import AIRFLOW

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yml"
LOCAL_SETTINGS = runpy.run_path(str(ROOT / "deploy" / "airflow_local_settings.py"))
# The queue of the watchdog and of what starts due stages.
STANDING: str = LOCAL_SETTINGS["STANDING"]
_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?::(?P<how>[-?])(?P<rest>[^}]*))?\}")
_SECRET_OF_A_SETTING = re.compile(r"sh /opt/golive/deploy/secret (\w+)|/run/secrets/(\w+)")
_PASSWORD_IN_A_URL = re.compile(r"://[^\s/$@]*:[^\s/$@]+@")
_PASSWORD_IN_A_COMMAND = re.compile(r"(?i)(?:pass(?:word)?|requirepass|-a)[= ]+(?![$<\"'])[\w-]+")
_LIKE_A_SECRET = re.compile(r"PASSWORD|TOKEN|SECRET|FERNET|CREDENTIAL|AIRFLOW_CONN_|(?:^|_)KEY(?:$|_)")
_NAMES_IN_CODE = re.compile(r"""["'`{$]((?:GOLIVE|AIRFLOW_CONN)_[A-Z_]*[A-Z])\b""")


def filled_in(value: Any, variables: Mapping[str, str]) -> Any:
    """The value with ``${NAME}``, ``${NAME:-default}`` and ``$$`` resolved as Compose does."""
    if isinstance(value, dict):
        return {key: filled_in(one, variables) for key, one in value.items()}
    if isinstance(value, list):
        return [filled_in(one, variables) for one in value]
    if not isinstance(value, str):
        return value

    def fill(found: re.Match[str]) -> str:
        name = found["name"]
        if name is None:
            return "$"
        default = found["rest"] if found["how"] == "-" else None
        given = variables.get(name, default)
        assert given is not None, f"{name} is not given: {found['rest']}"
        return given

    return _VARIABLE.sub(fill, value)


def variables(text: str) -> set[str]:
    """The variables that Compose fills in."""
    return {found["name"] for found in _VARIABLE.finditer(text) if found["name"]}


def settings(service: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in (service.get("environment") or {}).items()}


def of_airflow(compose: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The services that run our image."""
    return {name: one for name, one in compose["services"].items() if "build" in one}


def faults(text: str, dockerfile: str, ignored: str) -> list[str]:
    """What is wrong with a Compose file, a Dockerfile and a .dockerignore, a sentence each; none for the right ones."""
    compose = yaml.safe_load(text)
    found = [*_structure(compose), *_secrets(compose), *_airflow_settings(compose), *_names(compose), *_queues(compose)]
    return [*found, *_image(compose, dockerfile, ignored)]


def _structure(compose: Mapping[str, Any]) -> Iterator[str]:
    services = compose["services"]
    awaited = {
        other
        for one in services.values()
        for other, how in one.get("depends_on", {}).items()
        if how["condition"] == "service_completed_successfully"
    }
    mounted: set[str] = set()
    for name, one in services.items():
        if name in awaited:
            if one.get("restart") != "no":
                yield f"{name} ends by itself, and would be started again"
        elif "healthcheck" not in one:
            yield f"{name} has no health check, and nothing waits for its end"
        elif one.get("restart") != "unless-stopped":
            yield f"{name} is not started again when it ends"
        if one.get("ports") and name != "api-server":
            yield f"{name} publishes a port"
        for other in one.get("depends_on", {}):
            if other not in services:
                yield f"{name} waits for {other}, which is no service"
        for network in one.get("networks", []):
            if network not in compose["networks"]:
                yield f"{name} is in the network {network}, which is not declared"
        for volume in one.get("volumes", []):
            source, _, mode = volume.partition(":")
            if not source.startswith("."):
                mounted.add(source)
            elif not (ROOT / source).is_file():
                yield f"{name} mounts {source}, which does not exist"
            elif not mode.endswith(":ro"):
                yield f"{name} may write to {source}"
    if mounted != compose["volumes"].keys():
        yield f"volumes {sorted(mounted)} are mounted, {sorted(compose['volumes'])} are declared"
    for name in of_airflow(compose):
        if name not in awaited and services[name]["depends_on"].keys() < awaited:
            yield f"{name} does not wait for {', '.join(awaited)}"


def _secrets(compose: Mapping[str, Any]) -> Iterator[str]:
    declared = compose["secrets"]
    used: set[str] = set()
    for name, secret in declared.items():
        if not re.search(rf"\$\{{GOLIVE_SECRETS\b.*\}}/{name}$", str(secret.get("file"))):
            yield f"the secret {name} is no file of GOLIVE_SECRETS"
    for name, one in compose["services"].items():
        given = set(one.get("secrets", []))
        used |= given
        for secret in given - declared.keys():
            yield f"{name} has the secret {secret}, which is not declared"
        for setting, value in settings(one).items():
            if _PASSWORD_IN_A_URL.search(value):
                yield f"{name}: {setting} holds a password"
            read = _SECRET_OF_A_SETTING.fullmatch(value)
            if _LIKE_A_SECRET.search(setting) and read is None and not value.startswith("/run/golive/"):
                yield f"{name}: {setting} is no secret's file"
            if read and read[read.lastindex or 0] not in given:
                yield f"{name}: {setting} reads a secret that {name} does not have"
        for words in (one.get("command", []), one.get("healthcheck", {}).get("test", [])):
            line = " ".join(words)
            if _PASSWORD_IN_A_URL.search(line) or _PASSWORD_IN_A_COMMAND.search(line):
                yield f"{name}: a password stands in {line!r}"
    if used != declared.keys():
        yield f"secrets {sorted(used)} are used, {sorted(declared)} are declared"


def _airflow_settings(compose: Mapping[str, Any]) -> Iterator[str]:
    known = _options()
    for name, one in compose["services"].items():
        for setting, value in settings(one).items():
            if not setting.startswith("AIRFLOW__"):
                continue
            _, section, option = setting.lower().split("__")
            plain = option.removesuffix("_cmd")
            if (section, option) not in known and (section, plain) not in known:
                yield f"{name}: Airflow knows no {setting}"
            elif (section, option) not in known and not known[section, plain]:
                yield f"{name}: Airflow takes no command for {setting}"
            elif known.get((section, option)):
                yield f"{name}: {setting} is a secret that stands in the file"
            if option == "simple_auth_manager_all_admins" and value != "False":
                yield f"{name}: everybody is an admin"
    for name, one in of_airflow(compose).items():
        if "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS" not in settings(one):
            yield f"{name}: whether everybody is an admin is not said"


@cache
def _options() -> dict[tuple[str, str], bool]:
    """The options that Airflow and its installed providers know, and whether each is a secret."""
    from airflow.configuration import conf

    return {
        (section, option): bool(described.get("sensitive"))
        for section, content in conf.configuration_description.items()
        for option, described in content["options"].items()
    }


def _names(compose: Mapping[str, Any]) -> Iterator[str]:
    """Names of our own: each that the code reads is set, and each that is set is read."""
    set_by = {name: {*settings(one)} for name, one in of_airflow(compose).items()}
    everywhere = set.intersection(*set_by.values())
    for connection in (LEDGER, ALERTS, AIRFLOW):
        variable = f"AIRFLOW_CONN_{connection.upper()}"
        if not {variable, f"{variable}_FILE"} & everywhere:
            yield f"{variable} is not set for every process of Airflow"
    read = _names_read()
    of_ours = {name for names in set_by.values() for name in names if name.startswith("GOLIVE_")}
    for name in sorted(read - of_ours):
        yield f"the code reads {name}, and no service sets it"
    for name in sorted(of_ours - read):
        yield f"{name} is set, and nothing reads it"


def _queues(compose: Mapping[str, Any]) -> Iterator[str]:
    """Standing jobs have a worker of their own, which finds no lane in its queue."""
    taken: dict[str, set[str]] = {}
    for name, one in of_airflow(compose).items():
        command = one["command"]
        if command[:3] == ["airflow", "celery", "worker"]:
            at = command.index("--queues") + 1 if "--queues" in command else 0
            taken[name] = set(command[at].split(",")) if at else {"default"}
        if settings(one).get("PYTHONPATH") != "/opt/golive/deploy":
            yield f"{name} does not find airflow_local_settings.py"
    for queue in (STANDING, "default"):
        if not any(queue in queues for queues in taken.values()):
            yield f"no worker takes the queue {queue}"
    for name, queues in taken.items():
        if STANDING in queues and queues != {STANDING}:
            yield f"{name} takes the queue {STANDING} and others"


def _names_read() -> set[str]:
    """The names of our own variables in what the image runs."""
    files = [
        path
        for folder in ("dags", "plugins", "include/golive", "deploy")
        for path in (ROOT / folder).rglob("*.py")
        if "demo" not in path.parts
    ]
    return {name for path in files for name in _NAMES_IN_CODE.findall(path.read_text()) if name.startswith("GOLIVE_")}


def _image(compose: Mapping[str, Any], dockerfile: str, ignored: str) -> Iterator[str]:
    for name, one in of_airflow(compose).items():
        if not (ROOT / one["build"]["context"] / one["build"]["dockerfile"]).is_file():
            yield f"{name} is built from a Dockerfile that does not exist"
    for line in re.findall(r"^COPY +(?!--from)(.*)$", dockerfile, re.MULTILINE):
        for source in line.split()[:-1]:
            if not (ROOT / source).exists():
                yield f"the Dockerfile copies {source}, which does not exist"
            elif source != "." and not lets_in(source, ignored):
                yield f"the Dockerfile copies {source}, which .dockerignore keeps out"
    for path in sorted({*re.findall(r"/opt/golive/([\w./-]+)", yaml.dump(compose) + dockerfile)}):
        if not (ROOT / path).exists():
            yield f"/opt/golive/{path} is named, and {path} does not exist"
    owners = {*re.findall(r"uid=(\d+)", yaml.dump(compose)), *re.findall(r"--uid (\d+)", dockerfile)}
    if len(owners) != 1:
        yield f"the image's user and the owner of what it writes differ: {sorted(owners)}"
    if not re.search(r"^USER (?!root|0)", dockerfile, re.MULTILINE):
        yield "the image runs as root"
    for needed in ("dags", "plugins", "include", "deploy", "pyproject.toml", "expectations"):
        if (ROOT / needed).exists() and not lets_in(needed, ignored):
            yield f".dockerignore keeps {needed} out"
    for private in (".git", ".venv", ".env", "secrets", "tests"):
        if lets_in(private, ignored):
            yield f".dockerignore lets {private} in"


def lets_in(path: str, ignored: str) -> bool:
    """Whether a .dockerignore lets this path of the root reach the builder: the last line that fits decides."""
    verdict = True
    for line in ignored.splitlines():
        pattern = line.strip()
        if pattern and not pattern.startswith("#") and fnmatch(path, pattern.lstrip("!")):
            verdict = pattern.startswith("!")
    return verdict
