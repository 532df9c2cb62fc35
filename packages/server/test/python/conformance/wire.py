"""Every endpoint, asked with plain requests, answers field for field what MLflow's own server was seen to answer.

`wire.json` holds those answers; `python main.py --server … --mlflow-server --record` writes it anew.
"""

import contextlib
import json
import os
import re

import wire_steps as steps
from suite import HERE, SURFACE, Call, capability, endpoints_of, equal
from wire_steps import ANY

RECORDED = HERE / "wire.json"
TIMES = {
    "creation_timestamp", "last_updated_timestamp", "creation_time", "last_update_time", "start_time", "end_time",
    "creation_timestamp_ms", "last_updated_timestamp_ms",
}  # fmt: skip
recording = None  # a dict while answers are recorded


def filled(value, kept: dict):
    """`{name}` in texts, however deep, is what was kept under that name."""
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda m: kept.get(m[1], m[0]), value)
    if isinstance(value, list):
        return [filled(item, kept) for item in value]
    if isinstance(value, dict):
        return {key: filled(item, kept) for key, item in value.items()}
    return value


def normal(value, kept: dict, key: str = ""):
    """The same for two servers that mean the same: ids as `{name}`, times of now as T, tags in order."""
    if isinstance(value, dict):
        # A run without outputs may say so or not.
        return {
            name: normal(item, kept, name) for name, item in sorted(value.items()) if (name, item) != ("outputs", {})
        }
    if isinstance(value, list):
        items = [normal(item, kept, key) for item in value]
        return (
            sorted(items, key=json.dumps)
            if key in ("tags", "aliases", "params", "metrics", "latest_versions")
            else items
        )
    if key in TIMES and isinstance(value, int) and value > 1_750_000_000_000:
        return "T"
    if key == "next_page_token":
        return "TOKEN"
    if isinstance(value, str):
        if value.startswith(("[{", "{")):  # documents kept as text: how they are spaced is nobody's business
            with contextlib.suppress(ValueError):
                value = json.dumps(json.loads(value), sort_keys=True)
        for name, text in kept.items():
            if name in ("exp", "elsewhere"):  # a small number, which stands for an experiment in few places
                if key == "experiment_id" and value == text:
                    return f"{{{name}}}"
                value = re.sub(rf"(mlflow-artifacts:/|id=){text}\b", rf"\g<1>{{{name}}}", value)
            else:
                value = value.replace(text, f"{{{name}}}")
    return value


def asked(t, prefix: str, step, kept: dict):
    method, path = filled(step.call, kept).split(" ", 1)
    send = filled(step.send, kept)
    if path.startswith("/health") or path.startswith("/version"):
        prefix = ""
    how = {"data": send} if isinstance(send, bytes) else {"params" if method == "GET" else "json": send}
    return method, path, t.raw(method, prefix + path, **how)


def walk(t, group: str, prefix: str) -> None:
    recorded = json.loads(RECORDED.read_text()).get(group, []) if recording is None else []
    kept, seen, wrong = {"s": os.urandom(4).hex() + "z"}, [], []
    for at, step in enumerate(getattr(steps, group)()):
        method, path, answer = asked(t, prefix, step, kept)
        kind = answer.headers.get("content-type", "").split(";")[0]
        body = answer.json() if kind == "application/json" and answer.content else answer.text
        for name, place in (step.keep or {}).items():
            found = body
            for part in place.split("."):
                found = found[part]
            kept[name] = found
        got = {"call": step.call, "status": answer.status_code, "body": normal(body, kept)}
        if answer.status_code >= 400:
            refused = isinstance(got["body"], dict) and "error_code" in got["body"]
            got["body"] = {k: got["body"][k] for k in ("error_code", "message")} if refused else None
        seen.append(got)
        if recording is None:
            problem = compared(t, step, got, recorded[at])
            if problem:
                wrong.append(f"step {at} {step.call} {json.dumps(step.send, default=str)[:200]}\n    {problem}")
    if recording is not None and prefix == "/api":
        recording[group] = seen
    assert not wrong, f"{len(wrong)} of {len(seen)} answers differ:\n" + "\n".join(wrong)


def compared(t, step, got: dict, wanted: dict) -> str | None:
    equal(wanted["call"], step.call, "wire.json is not of these steps: record it anew")
    status, body = wanted["status"], wanted["body"]
    instead = None
    if step.why:
        instead = t.differs(step.why, assayer=step.assayer, mlflow=None)
        if instead is not None:
            status, body = instead.get("status", status), instead.get("body", body)
            for part, more in instead.get("more", {}).items():
                body = {**body, part: {**body[part], **more}}
            for run in body.get("runs", []) if "inputs" in instead else []:
                run["inputs"] |= instead["inputs"]
            if "error_code" in instead:
                body = {"error_code": instead["error_code"], "message": ""}
    if got["status"] != status:
        return f"answers {got['status']} {json.dumps(got['body'])[:300]}, MLflow {status} {json.dumps(body)[:300]}"
    if status >= 400:
        if body is None or got["body"] is None:
            return None if body is None else "answers no JSON"
        if got["body"]["error_code"] != body["error_code"]:
            return f"answers {got['body']}, MLflow {body}"
        said, wanted_text = got["body"]["message"], body["message"]
        if step.said and said != wanted_text:
            goes_on = t.differs("messages", assayer=said.startswith(wanted_text.rstrip(".")), mlflow=False)
            return None if goes_on else f"says {said!r}, MLflow {wanted_text!r}"
        if os.environ.get("CONFORMANCE_MESSAGES") and got["body"]["message"] != body["message"]:
            return f"(says {got['body']['message']!r}, MLflow {body['message']!r})"
        return None
    if body is ANY or not step.body:
        return None
    if t.assayer:
        body = without_workspace(t, body)
    if got["body"] != body:
        return (
            f"answers {json.dumps(got['body'], ensure_ascii=False)}\n    MLflow  {json.dumps(body, ensure_ascii=False)}"
        )
    return None


def without_workspace(t, value):
    """What MLflow answers, but for the workspace that it names even where there are none."""
    if isinstance(value, list):
        return [without_workspace(t, item) for item in value]
    if not isinstance(value, dict):
        return value
    if "workspace" in value:
        t.differs("workspaces", assayer=None, mlflow=None)
    return {key: without_workspace(t, item) for key, item in value.items() if key != "workspace"}


def both(t, group: str) -> None:
    problems = {}
    for prefix in ("/api", "/ajax-api"):
        try:
            walk(t, group, prefix)
        except AssertionError as problem:
            problems.setdefault(str(problem), []).append(prefix)
    assert not problems, "\n".join(f"{' and '.join(where)}: {what}" for what, where in problems.items())


@capability("wire-service", "/health, /version and server-info say what the client asks first", clients=(3,))
def service(t):
    equal((t.raw("GET", "/health").status_code, t.raw("GET", "/health").text), (200, "OK"))
    equal(t.raw("GET", "/version").text, "3.17.2")
    wanted = {"store_type", "workspaces_enabled", "multipart_uploads_enabled", "multipart_downloads_enabled"}
    for prefix in ("/api", "/ajax-api"):
        info = t.raw("GET", f"{prefix}/3.0/mlflow/server-info").json()
        assert wanted <= set(info), info
        equal((info["workspaces_enabled"], info["multipart_downloads_enabled"]), (False, False))


@capability(
    "wire-models",
    "Every call on registered models, raw, answers as MLflow 3.17.2 was recorded to",
    clients=(3,),
    may_answer=(500,),
)
def models(t):
    both(t, "models")


@capability("wire-versions", "Every call on model versions, raw, answers as recorded", clients=(3,), may_answer=(500,))
def versions(t):
    both(t, "versions")


@capability("wire-experiments", "Every call on experiments, raw, answers as recorded", clients=(3,), may_answer=(500,))
def experiments(t):
    both(t, "experiments")


@capability("wire-runs", "Every call on runs, metrics and inputs, raw, answers as recorded", clients=(3,))
def runs(t):
    both(t, "runs")


@capability("wire-logged-models", "Every call on logged models, raw, answers as recorded", clients=(3,))
def logged_models(t):
    both(t, "logged_models")


@capability("wire-artifacts", "Every call on artifacts, raw, answers as recorded", clients=(3,), may_answer=(501,))
def artifacts(t):
    both(t, "artifacts")


@capability(
    "wire-bodies",
    "Bodies that are no JSON, no object, or in camelCase are taken as MLflow takes them",
    clients=(3,),
    may_answer=(500,),
)
def bodies(t):
    path, json_type = "/api/2.0/mlflow/registered-models/create", {"Content-Type": "application/json"}

    def refused(**request):
        answer = t.raw("POST", path, **request)
        return answer.status_code, answer.json().get("error_code")

    equal(refused(data="{", headers=json_type), (400, "INVALID_PARAMETER_VALUE"))
    equal(refused(data="x", headers={"Content-Type": "text/plain"}), (400, "INVALID_PARAMETER_VALUE"))
    equal(refused(data="", headers=json_type), (400, "INVALID_PARAMETER_VALUE"))
    array = t.raw("POST", path, data="[1]", headers=json_type).status_code
    equal(array, t.differs("bad-input", assayer=400, mlflow=500))
    name = t.name()
    made = t.raw("POST", path, json={"name": name}).json()["registered_model"]
    assert isinstance(made["creation_timestamp"], int)
    version = {"name": name, "source": "s3://b/x", "runLink": "https://x.example/"}
    answer = t.raw("POST", "/api/2.0/mlflow/model-versions/create", json=version).json()["model_version"]
    equal((answer["version"], answer["run_link"]), ("1", "https://x.example/"))
    twice = {"name": name, "new_name": "a", "newName": "b"}
    equal(t.raw("POST", "/api/2.0/mlflow/registered-models/rename", json=twice).status_code, 400)


@capability("wire-whole", "No endpoint of the surface was left out", clients=(3,))
def whole(t):
    groups = [step for group in ("models", "versions", "experiments", "runs", "logged_models", "artifacts")
              for step in getattr(steps, group)()]  # fmt: skip
    called = endpoints_of([Call(*(f"{step.call} 0".split(" ")[:2]), 0) for step in groups])
    wanted = {f"{row['method']} {row['path']}" for row in SURFACE if "webhooks" not in row["path"]}
    service = {"GET /health", "GET /version", "GET /3.0/mlflow/server-info"}
    equal(sorted(wanted - set(called) - service), [])
