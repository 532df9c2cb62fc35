"""The bones of the suite: capabilities, what they found, and which endpoints the client really called for them.

A capability is a function that asserts; its id and title make a row of docs/mlflow.md. Every HTTP request of the client
is noted with its answer, so that an endpoint is called supported only where a passing capability was answered by it.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import tempfile
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).parent
SURFACE = json.loads((HERE / "surface.json").read_text())
DIFFERENCES = json.loads((HERE / "differences.json").read_text())
LIMIT_S = 240  # for one capability; the client repeats 5xx for minutes


@dataclass
class Capability:
    id: str
    title: str
    run: object
    clients: tuple = (2, 3)
    of: str = "both"  # or "assayer": what MLflow's own server cannot show
    may_answer: tuple = ()  # statuses from 500 on that are meant


CAPABILITIES: list[Capability] = []


def capability(id: str, title: str, **more):
    """Adds a capability. test/python/results.ts reads these calls, too: id, title and `clients` are literals."""

    def add(run):
        assert id not in [one.id for one in CAPABILITIES], f"{id} is there twice"
        CAPABILITIES.append(Capability(id, title, run, **more))
        return run

    return add


@dataclass
class Call:
    method: str
    path: str
    status: int


@dataclass
class Test:
    """What a capability gets: names of its own, a folder, and the server's address."""

    server: str
    assayer: bool
    major: int
    id: str = ""
    calls: list[Call] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    folder: Path = Path()

    @property
    def client(self):
        from mlflow import MlflowClient

        return MlflowClient()

    def name(self, what: str = "model") -> str:
        return f"{self.id}-{what}-{os.urandom(3).hex()}"

    def experiment(self, what: str = "experiment") -> str:
        """The id of a new experiment, which is the active one from now on."""
        import mlflow

        return mlflow.set_experiment(self.name(what)).experiment_id

    def file(self, path: str, content: bytes | str = b"content") -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def differs(self, why: str, *, assayer, mlflow):
        """What is expected where Assayer differs on purpose; `why` names a reason in differences.json."""
        assert why in DIFFERENCES, f"no reason in differences.json: {why}"
        self.shown.add(why)
        return assayer if self.assayer else mlflow

    @contextlib.contextmanager
    def refuses(self, code: str, message: str = ""):
        """The block must raise MLflow's exception with this code and a message that holds this pattern."""
        from mlflow.exceptions import MlflowException

        try:
            yield
        except MlflowException as refused:
            assert refused.error_code == code, f"{refused.error_code} instead of {code}: {refused.message}"
            assert re.search(message, refused.message), f"{refused.message!r} does not hold {message!r}"
        else:
            raise AssertionError(f"not refused with {code}")

    def raw(self, method: str, path: str, **request):
        """A plain request, past the client."""
        import requests

        return requests.request(method, self.server + path, timeout=60, **request)

    def native(self, path: str, **query) -> dict:
        """An answer of Assayer's own API."""
        answer = self.raw("GET", f"/api/v1{path}", params=query)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()


@contextlib.contextmanager
def environment(**values):
    """These variables hold inside the block."""
    os.environ.update(values)
    try:
        yield
    finally:
        for name in values:
            os.environ.pop(name, None)


def equal(got, wanted, what: str = "") -> None:
    assert got == wanted, f"{what + ': ' if what else ''}got {got!r}, wanted {wanted!r}"


def record(test: Test) -> None:
    """Notes every request that leaves through `requests`, whichever thread sends it."""
    from requests.adapters import HTTPAdapter

    send, lock = HTTPAdapter.send, threading.Lock()

    def noted(self, request, *args, **kwargs):
        answer = send(self, request, *args, **kwargs)
        if request.url.startswith(test.server):
            with lock:
                test.calls.append(Call(request.method, urlsplit(request.url).path, answer.status_code))
        return answer

    HTTPAdapter.send = noted


def patterns() -> list[tuple[str, str, re.Pattern]]:
    """(endpoint, method, expression) for every endpoint of the surface; those with fewer gaps first."""
    made = []
    for row in sorted(SURFACE, key=lambda row: row["path"].count("{")):
        expression = (
            re.escape(row["path"]).replace(r"\{path\}", ".+").replace(r"\{id\}", "[^/]+").replace(r"\{key\}", ".+")
        )
        made.append((f"{row['method']} {row['path']}", row["method"], re.compile(f"^(/ajax-api|/api)?{expression}$")))
    return made


def endpoints_of(calls: list[Call]) -> dict[str, list[int]]:
    """Endpoint to the statuses that it answered."""
    known, found = patterns(), {}
    for call in calls:
        for endpoint, method, expression in known:
            if method == call.method and expression.match(call.path):
                found.setdefault(endpoint, set()).add(call.status)
                break
    return {endpoint: sorted(statuses) for endpoint, statuses in sorted(found.items())}


def run(test: Test, one: Capability) -> dict:
    """Runs one capability and answers its row of the results."""
    test.id, test.calls, test.shown, test.notes = one.id, [], set(), []
    test.folder = Path(tempfile.mkdtemp(prefix="conformance-"))
    started, error = time.monotonic(), None
    signal.signal(signal.SIGALRM, overrun)
    signal.alarm(LIMIT_S)
    try:
        one.run(test)
        faults = [c for c in test.calls if c.status >= 500 and c.status not in one.may_answer]
        assert not faults, f"the server answered {faults[0].status} to {faults[0].method} {faults[0].path}"
    except BaseException as problem:  # noqa: BLE001: whatever it was belongs to the row
        if isinstance(problem, KeyboardInterrupt):
            raise
        error = "".join(traceback.format_exception(problem)[-12:])[-6000:]
    finally:
        signal.alarm(0)
        settle()
        shutil.rmtree(test.folder, ignore_errors=True)
    return {
        "id": one.id,
        "title": one.title,
        "outcome": "failed" if error else "passed",
        "error": error,
        "ms": round((time.monotonic() - started) * 1000),
        "requests": len(test.calls),
        "endpoints": endpoints_of(test.calls),
        "differences": sorted(test.shown),
    }


def settle() -> None:
    """No run, model or setting of one capability is active in the next."""
    import mlflow

    while mlflow.active_run():
        mlflow.end_run()
    mlflow.sklearn.autolog(disable=True)
    if hasattr(mlflow, "clear_active_model"):
        with contextlib.suppress(Exception):
            mlflow.clear_active_model()


def overrun(*_):
    raise TimeoutError(f"took longer than {LIMIT_S} s")
