"""Airflow's REST API as one signed-in person uses it: trigger, watch, answer, repair."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from urllib.parse import quote

import httpx

from golive.errors import ConnectionLost, Terminal
from golive.project.references import REASON as REASON

FINISHED = frozenset({"success", "failed"})
# Airflow breaks a task that is answered in the instant in which it parks.
FORM_SETTLES = 2.0  # seconds
# Longer than one request may take, so that a read that timed out is tried once more.
RECONNECT_WITHIN = 60.0  # seconds
_POLL = 0.3
_PAGE = 100


class Refused(Terminal):
    """Airflow answered no; ``status`` is the HTTP status, 403 for what this person may not do."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Form:
    """A question that waits for a person; ``assigned`` are the user ids that may answer, all if empty.

    ``fields`` are its fields by name, each with its JSON schema.
    """

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    subject: str
    body: str
    options: tuple[str, ...]
    assigned: tuple[str, ...]
    since: datetime
    fields: Mapping[str, Mapping[str, Any]]


class Rest:
    """One person's session; a context manager that closes its connections.

    Every method raises Refused when Airflow says no, with its status and its reason, and ConnectionLost
    when no connection could be made for ``reconnect_within`` seconds; 0 is one try. One request takes at
    most ``timeout`` seconds. What was sent and may have been carried out is not sent again, except for
    what only reads.
    """

    def __init__(
        self,
        base_url: str,
        user: str,
        password: str,
        *,
        timeout: float = 30,
        reconnect_within: float = RECONNECT_WITHIN,
    ) -> None:
        self.user = user
        self._password = password
        self._reconnect_within = reconnect_within
        self._client = httpx.Client(base_url=base_url, timeout=timeout, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def wait_for_dag(self, dag_id: str, timeout: float = 120) -> None:
        """Until the DAG is known; Terminal after ``timeout`` seconds, with the import errors if there are any."""
        for _ in _until(timeout):
            try:
                self._call("GET", "dags", dag_id)
                return
            except Refused as error:
                if error.status != httpx.codes.NOT_FOUND:
                    raise
        broken = self._call("GET", "importErrors", params={"limit": _PAGE})["import_errors"]
        said = "; ".join(f"{one['filename']}: {one['stack_trace'].strip().splitlines()[-1]}" for one in broken)
        why = said or "look for its file in the dags folder"
        raise Terminal(f"the DAG {dag_id} did not appear within {timeout:.0f} s: {why}")

    def unpause(self, dag_id: str) -> None:
        self._call("PATCH", "dags", dag_id, json={"is_paused": False})

    def trigger(self, dag_id: str, conf: Mapping[str, Any] | None = None) -> str:
        """Start a run by hand and give its id; a ``conf`` that the DAG's params refuse is Refused with 400."""
        body = {"logical_date": None, "conf": dict(conf or {})}
        return str(self._call("POST", "dags", dag_id, "dagRuns", json=body)["dag_run_id"])

    def run(self, dag_id: str, run_id: str) -> str:
        """The state of a run: queued, running, success or failed."""
        return str(self._call("GET", "dags", dag_id, "dagRuns", run_id)["state"])

    def wait(
        self, dag_id: str, run_id: str, states: Collection[str] = FINISHED, timeout: float = 300
    ) -> str:
        """Until the run is in one of the states, and give it; Terminal at the timeout, or at any other end."""
        state = ""
        for _ in _until(timeout):
            state = self.run(dag_id, run_id)
            if state in states:
                return state
            if state in FINISHED:
                break
        tasks = ", ".join(
            f"{task['task_id']} {task['state'] or 'not started'}"
            for task in self.task_instances(dag_id, run_id)
            if task["state"] not in ("success", "skipped")
        )
        raise Terminal(f"the run {run_id} of {dag_id} is {state}, not {' or '.join(sorted(states))}: {tasks}")

    def task_instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """All of a run, as Airflow writes them: task_id, map_index, rendered_map_index, state, try_number, ..."""
        found: list[dict[str, Any]] = []
        while True:
            page = self._call(
                "GET", "dags", dag_id, "dagRuns", run_id, "taskInstances",
                params={"limit": _PAGE, "offset": len(found), "order_by": "id"},
            )
            found += page["task_instances"]
            if not page["task_instances"] or len(found) >= page["total_entries"]:
                return found

    def pending(self, dag_id: str = "~", run_id: str = "~") -> list[Form]:
        """The forms that wait for an answer; ``~`` is any."""
        page = self._call(
            "GET", "dags", dag_id, "dagRuns", run_id, "hitlDetails",
            params={"response_received": False, "state": "awaiting_input", "limit": _PAGE},
        )
        return [_form(detail) for detail in page["hitl_details"]]

    def wait_for_form(self, dag_id: str, run_id: str, task_id: str, timeout: float = 300) -> Form:
        """Until the task of this run asks, and give its question; Terminal if the run ends first, or at the timeout."""
        for _ in _until(timeout):
            for form in self.pending(dag_id, run_id):
                if form.task_id == task_id:
                    return form
            if self.run(dag_id, run_id) in FINISHED:
                break
        raise Terminal(f"the run {run_id} of {dag_id} is {self.run(dag_id, run_id)}, and {task_id} asked nobody")

    def answer(
        self,
        dag_id: str,
        run_id: str,
        task_id: str,
        map_index: int,
        option: str,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        """Answer a form that is up, in this person's name, two seconds later.

        Refused with 403 if the form is assigned to others, and with 409 if it was answered already.
        """
        time.sleep(FORM_SETTLES)
        self._call(
            "PATCH", "dags", dag_id, "dagRuns", run_id, "taskInstances", task_id, str(map_index), "hitlDetails",
            json={"chosen_options": [option], "params_input": dict(params or {})},
        )

    def set_note(self, dag_id: str, run_id: str, note: str) -> None:
        """Replace the run's note, at most 1000 characters of Markdown."""
        self._call("PATCH", "dags", dag_id, "dagRuns", run_id, json={"note": note})

    def clear(self, dag_id: str, run_id: str, *task_ids: str, downstream: bool = True) -> int:
        """Run tasks again, with what follows them, and give their number; a run that has ended runs again."""
        body = {
            "dry_run": False, "dag_run_id": run_id, "task_ids": list(task_ids), "only_failed": False,
            "include_downstream": downstream, "reset_dag_runs": True,
        }
        return int(self._call("POST", "dags", dag_id, "clearTaskInstances", json=body)["total_entries"])

    def mark_success(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> None:
        """Call a task done without running it."""
        which = [task_id] if map_index < 0 else [task_id, str(map_index)]
        self._call(
            "PATCH", "dags", dag_id, "dagRuns", run_id, "taskInstances", *which, json={"new_state": "success"}
        )

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str = "return_value", map_index: int = -1) -> Any:
        """What a task handed on; Refused with 404 if there is no such entry."""
        found = self._call(
            "GET", "dags", dag_id, "dagRuns", run_id, "taskInstances", task_id, "xcomEntries", key,
            params={"map_index": map_index},
        )
        return found["value"]

    def log(self, dag_id: str, run_id: str, task_id: str, try_number: int = 1, map_index: int = -1) -> str:
        """What one try of a task logged, one event per line."""
        page = self._call(
            "GET", "dags", dag_id, "dagRuns", run_id, "taskInstances", task_id, "logs", str(try_number),
            params={"map_index": map_index, "full_content": True},
        )
        return "\n".join(one if isinstance(one, str) else str(one.get("event", "")) for one in page["content"])

    def ensure_pool(self, name: str, slots: int, description: str = "") -> None:
        """Make a pool, or give the one that exists this size; needs the role op."""
        body: dict[str, Any] = {"slots": slots, "description": description, "include_deferred": False}
        try:
            self._call("POST", "pools", json={"name": name} | body)
        except Refused as error:
            if error.status != httpx.codes.CONFLICT:
                raise
            self._call("PATCH", "pools", name, json={"pool": name} | body)

    def _call(self, method: str, *path: str, **content: Any) -> Any:
        if "Authorization" not in self._client.headers:
            self._sign_in()
        url = "/api/v2/" + "/".join(quote(part, safe="~") for part in path)
        response = self._send(method, url, **content)
        if response.is_error:
            raise Refused(
                f"Airflow refused {method} {url} to {self.user} with {response.status_code}: {_detail(response)}",
                status=response.status_code,
            )
        return response.json() if response.content else None

    def _sign_in(self) -> None:
        response = self._send("POST", "/auth/token", json={"username": self.user, "password": self._password})
        if response.is_error:
            raise Refused(
                f"Airflow did not let {self.user} in, {response.status_code}: {_detail(response)}. Give the password "
                f"that was printed at the start",
                status=response.status_code,
            )
        self._client.headers["Authorization"] = f"Bearer {response.json()['access_token']}"

    def _send(self, method: str, url: str, **content: Any) -> httpx.Response:
        for _ in _until(self._reconnect_within):
            try:
                return self._client.request(method, url, **content)
            except httpx.TransportError as error:
                failed = error
                if method != "GET" and not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
                    break
        raise ConnectionLost(
            f"no answer from Airflow at {self._client.base_url} ({type(failed).__name__}): is it still running?"
        ) from failed


def _form(detail: Mapping[str, Any]) -> Form:
    task = detail["task_instance"]
    return Form(
        dag_id=task["dag_id"], run_id=task["dag_run_id"], task_id=task["task_id"], map_index=task["map_index"],
        subject=detail["subject"], body=detail["body"] or "", options=tuple(detail["options"]),
        assigned=tuple(user["id"] for user in detail["assigned_users"]),
        since=datetime.fromisoformat(detail["created_at"]),
        fields={name: field.get("schema") or {} for name, field in (detail.get("params") or {}).items()},
    )


def _detail(response: httpx.Response) -> str:
    try:
        said = response.json()["detail"]
    except (ValueError, KeyError, TypeError):
        said = response.text
    return " ".join(str(said).split())[:500]


def _until(timeout: float) -> Iterator[None]:
    """One turn now, and one every moment until the time is over."""
    end = time.monotonic() + timeout
    yield
    while time.monotonic() < end:
        time.sleep(_POLL)
        yield
