"""Plain requests, in order: at least one for every endpoint of surface.json that MLflow's own server answers here.

`{…}` is filled in from what earlier answers `kept`; `{s}` is new in every walk, so that names are free. Where Assayer
differs on purpose the step says why (a reason of differences.json) and what its answer is instead.
"""

from dataclasses import dataclass

ANY = object()  # a body that is looked at elsewhere
M = "/2.0/mlflow"
A = "/2.0/mlflow-artifacts"


@dataclass
class Step:
    call: str  # method and path, without /api or /ajax-api
    send: dict | list | bytes | None = None  # a JSON body, a query for GET, or the bytes of a file
    keep: dict | None = None  # name → where in the answer, as "run.info.run_id"
    why: str | None = None
    assayer: dict | None = None  # {"status": …, "body": …}, in place of what MLflow answers
    body: bool = True  # False where it holds what is made up
    said: bool = False  # the message of the refusal is MLflow's to the letter: programs match on it


def models() -> list[Step]:
    R = f"{M}/registered-models"
    name = "m{s}"
    tags = [{"key": "k", "value": "v"}, {"key": "k2", "value": ""}]
    return [
        Step(f"POST {R}/create", {"name": name, "tags": tags, "description": "d"}),
        Step(f"POST {R}/create", {"name": name}, said=True),
        Step(f"POST {R}/create", {}, said=True),
        Step(f"POST {R}/create", {"name": ""}, said=True),
        Step(f"POST {R}/create", {"name": 1}),
        Step(f"POST {R}/create", {"name": "a/b"}),
        Step(f"POST {R}/create", {"name": "other{s}", "tags": [{"key": "a//b", "value": "x"}]}),
        Step(f"POST {R}/create", {"name": "plain{s}", "unknown": 1, "description": None}),
        Step(f"GET {R}/get", {"name": name}),
        Step(f"GET {R}/get", {"name": "absent{s}"}, said=True),
        Step(f"GET {R}/get", {}, said=True),
        Step(f"PATCH {R}/update", {"name": name, "description": "d2"}),
        Step(f"PATCH {R}/update", {"name": "absent{s}", "description": "d2"}, said=True),
        Step(f"POST {R}/set-tag", {"name": name, "key": "a b/c.d-e:f", "value": "✓"}),
        Step(f"POST {R}/set-tag", {"name": name, "key": "k", "value": "x" * 100_001}),
        Step(f"POST {R}/set-tag", {"name": name, "key": "x" * 251, "value": "v"}),
        Step(f"POST {R}/set-tag", {"name": name, "value": "v"}, said=True),
        Step(f"POST {R}/set-tag", {"name": "absent{s}", "key": "k", "value": "v"}, said=True),
        Step(f"DELETE {R}/delete-tag", {"name": name, "key": "k2"}),
        Step(f"DELETE {R}/delete-tag", {"name": name, "key": "k2"}),
        Step(f"DELETE {R}/delete-tag", {"name": "absent{s}", "key": "k2"}),
        Step(f"POST {R}/rename", {"name": name, "new_name": "renamed{s}"}),
        Step(f"POST {R}/rename", {"name": "renamed{s}", "new_name": "renamed{s}"}),
        Step(f"POST {R}/rename", {"name": "renamed{s}", "new_name": "plain{s}"}),
        Step(f"POST {R}/rename", {"name": name, "new_name": "x"}, said=True),
        Step(f"POST {R}/rename", {"name": "renamed{s}", "new_name": name}),
        Step(f"GET {R}/search", {"filter": f"name LIKE '{name}%'", "max_results": 1}),
        Step(f"GET {R}/search", {"filter": "name LIKE '%{s}'", "order_by": ["name DESC"]}),
        Step(f"GET {R}/search", {"filter": "name = 'absent{s}'"}),
        Step(f"GET {R}/search", {"filter": "name ="}),
        Step(f"GET {R}/search", {"max_results": 1001}),
        Step(
            f"GET {R}/search",
            {"max_results": 0},
            why="silent",
            assayer={"status": 400, "error_code": "INVALID_PARAMETER_VALUE"},
        ),
        Step(
            f"GET {R}/search",
            {"order_by": ["name", "name DESC"]},
            why="bad-input",
            assayer={"status": 400, "error_code": "INVALID_PARAMETER_VALUE"},
        ),
        Step(f"GET {R}/search", {"max_results": 1, "page_token": "?"}),
        Step(f"POST {M}/model-versions/create", {"name": name, "source": "s3://bucket/1"}),
        Step(f"POST {M}/model-versions/create", {"name": name, "source": "s3://bucket/2"}),
        Step(f"POST {R}/alias", {"name": name, "alias": "champion", "version": "1"}),
        Step(f"POST {R}/alias", {"name": name, "alias": "champion", "version": 1}),
        Step(f"POST {R}/alias", {"name": name, "alias": "champion", "version": "9"}, said=True),
        Step(f"POST {R}/alias", {"name": "absent{s}", "alias": "champion", "version": "1"}, said=True),
        Step(f"POST {R}/alias", {"name": name, "alias": "latest", "version": "1"}),
        Step(f"GET {R}/alias", {"name": name, "alias": "champion"}),
        Step(f"GET {R}/alias", {"name": name, "alias": "latest"}),
        Step(f"GET {R}/alias", {"name": name, "alias": "absent"}, said=True),
        Step(f"GET {R}/alias", {"name": "absent{s}", "alias": "champion"}, said=True),
        Step(f"GET {R}/get", {"name": name}),
        Step(f"POST {R}/get-latest-versions", {"name": name}),
        Step(f"POST {R}/get-latest-versions", {"name": name, "stages": ["Production"]}),
        Step(f"POST {R}/get-latest-versions", {"name": name, "stages": ["Live"]}, said=True),
        Step(f"GET {R}/get-latest-versions", {"name": name, "stages": ["None", "Staging"]}),
        Step(f"GET {R}/get-latest-versions", {"name": "absent{s}"}, said=True),
        Step(f"DELETE {R}/alias", {"name": name, "alias": "champion"}),
        Step(f"DELETE {R}/alias", {"name": name, "alias": "champion"}),
        Step(f"DELETE {R}/alias", {"name": "absent{s}", "alias": "champion"}),
        Step(f"DELETE {R}/delete", {"name": name}),
        Step(f"DELETE {R}/delete", {"name": name}, said=True),
        Step(f"DELETE {R}/delete", {"name": "plain{s}"}),
    ]


def versions() -> list[Step]:
    V = f"{M}/model-versions"
    name = "v{s}"
    return [
        Step(f"POST {M}/registered-models/create", {"name": name}),
        Step(f"POST {M}/experiments/create", {"name": "e{s}"}, keep={"exp": "experiment_id"}),
        Step(f"POST {M}/runs/create", {"experiment_id": "{exp}", "run_name": "r"}, keep={"run": "run.info.run_id"}),
        Step(
            f"POST {V}/create",
            {
                "name": name,
                "source": "runs:/{run}/model",
                "run_id": "{run}",
                "run_link": "https://ci.example/1",
                "description": "d",
                "tags": [{"key": "k", "value": "v"}],
            },
        ),
        Step(f"POST {V}/create", {"name": name, "source": "s3://bucket/a b"}),
        Step(f"POST {V}/create", {"name": name, "source": "models:/{n}/1".replace("{n}", name)}),
        Step(f"POST {V}/create", {"name": name}, said=True),
        Step(f"POST {V}/create", {"name": "absent{s}", "source": "s3://bucket/1"}, said=True),
        Step(f"POST {V}/create", {"name": name, "source": "s3://bucket/../1"}),
        Step(f"POST {V}/create", {"name": name, "source": "/etc/passwd"}),
        Step(f"POST {V}/create", {"name": name, "source": "http://127.0.0.1/x"}),
        Step(f"POST {V}/create", {"name": name, "source": "runs:/{run}/model"}),
        Step(f"POST {V}/create", {"name": name, "source": "models:/absent{s}/1"}),
        Step(f"GET {V}/get", {"name": name, "version": "1"}),
        Step(f"GET {V}/get", {"name": name, "version": "2"}),
        Step(f"GET {V}/get", {"name": name, "version": "3"}),
        Step(f"GET {V}/get", {"name": name, "version": "01"}),
        Step(f"GET {V}/get", {"name": name, "version": "9"}, said=True),
        Step(f"GET {V}/get", {"name": name, "version": "x"}, said=True),
        Step(f"GET {V}/get", {"name": name}, said=True),
        Step(f"PATCH {V}/update", {"name": name, "version": "1", "description": "d2"}),
        Step(f"PATCH {V}/update", {"name": name, "version": "9", "description": "d2"}, said=True),
        Step(f"POST {V}/set-tag", {"name": name, "version": "1", "key": "t", "value": "1"}),
        Step(f"POST {V}/set-tag", {"name": name, "version": "9", "key": "t", "value": "1"}, said=True),
        Step(f"POST {V}/set-tag", {"name": name, "version": "1", "key": "../t", "value": "1"}),
        Step(f"DELETE {V}/delete-tag", {"name": name, "version": "1", "key": "t"}),
        Step(f"DELETE {V}/delete-tag", {"name": name, "version": "1", "key": "t"}),
        Step(f"DELETE {V}/delete-tag", {"name": name, "version": "9", "key": "t"}, said=True),
        Step(
            f"POST {V}/transition-stage",
            {"name": name, "version": "1", "stage": "production", "archive_existing_versions": False},
        ),
        Step(
            f"POST {V}/transition-stage",
            {"name": name, "version": "2", "stage": "Production", "archive_existing_versions": True},
        ),
        Step(
            f"POST {V}/transition-stage",
            {"name": name, "version": "2", "stage": "Live", "archive_existing_versions": False},
            said=True,
        ),
        Step(f"POST {V}/transition-stage", {"name": name, "version": "2", "stage": "Staging"}),
        Step(
            f"POST {V}/transition-stage",
            {"name": name, "version": "2", "stage": "None", "archive_existing_versions": True},
            why="bad-input",
            assayer={"status": 400, "error_code": "INVALID_PARAMETER_VALUE"},
        ),
        Step(
            f"POST {V}/transition-stage",
            {"name": name, "version": "9", "stage": "Staging", "archive_existing_versions": False},
            said=True,
        ),
        Step(f"GET {V}/get-download-uri", {"name": name, "version": "2"}),
        Step(f"GET {V}/get-download-uri", {"name": name, "version": "9"}, said=True),
        Step(f"GET {V}/search", {"filter": f"name = '{name}'", "order_by": ["version_number ASC"]}),
        Step(f"GET {V}/search", {"filter": f"name = '{name}'", "max_results": 1}),
        Step(f"GET {V}/search", {"filter": "run_id = '{run}' AND tags.k = 'v'"}),
        Step(f"GET {V}/search", {"filter": "name = 'absent{s}'"}),
        Step(f"GET {V}/search", {"filter": "version_number = 'x'"}),
        Step(f"GET {V}/search", {"max_results": 0}),
        Step(f"GET {V}/search", {"max_results": 200_001}),
        Step(f"DELETE {V}/delete", {"name": name, "version": "2"}),
        Step(f"DELETE {V}/delete", {"name": name, "version": "2"}, said=True),
        Step(f"GET {V}/get", {"name": name, "version": "2"}, said=True),
        Step(f"POST {V}/create", {"name": name, "source": "s3://bucket/next"}),
        Step(f"GET {M}/registered-models/get", {"name": name}),
    ]


def experiments() -> list[Step]:
    E = f"{M}/experiments"
    return [
        Step(f"POST {E}/create", {"name": "x{s}", "tags": [{"key": "k", "value": "v"}]}, keep={"exp": "experiment_id"}),
        Step(f"POST {E}/create", {"name": "x{s}"}),
        Step(f"POST {E}/create", {}, said=True),
        Step(f"POST {E}/create", {"name": 7}),
        Step(f"GET {E}/get", {"experiment_id": "{exp}"}),
        Step(f"GET {E}/get", {"experiment_id": "99999999"}, said=True),
        Step(f"GET {E}/get", {"experiment_id": "x"}),
        Step(f"GET {E}/get-by-name", {"experiment_name": "x{s}"}),
        Step(f"GET {E}/get-by-name", {"experiment_name": "absent{s}"}, said=True),
        Step(f"POST {E}/update", {"experiment_id": "{exp}", "new_name": "y{s}"}),
        Step(f"POST {E}/update", {"experiment_id": "99999999", "new_name": "z{s}"}),
        Step(f"POST {E}/set-experiment-tag", {"experiment_id": "{exp}", "key": "t", "value": "1"}),
        Step(f"POST {E}/set-experiment-tag", {"experiment_id": "99999999", "key": "t", "value": "1"}),
        Step(f"POST {E}/delete-experiment-tag", {"experiment_id": "{exp}", "key": "t"}),
        Step(f"POST {E}/delete-experiment-tag", {"experiment_id": "{exp}", "key": "t"}),
        Step(f"POST {E}/search", {"max_results": 10, "filter": "name = 'y{s}'"}),
        Step(f"POST {E}/search", {"max_results": 10, "filter": "name = 'absent{s}'"}),
        Step(f"POST {E}/search", {"filter": "name = 'y{s}'"}),
        Step(f"POST {E}/search", {"max_results": 50_001}),
        Step(f"POST {E}/search", {"max_results": 10, "filter": "bogus = 'x'"}),
        Step(f"GET {E}/search", {"max_results": 1, "filter": "tags.k = 'v' AND name ILIKE 'Y{s}'", "view_type": "ALL"}),
        Step(f"POST {E}/delete", {"experiment_id": "{exp}"}),
        Step(f"POST {E}/delete", {"experiment_id": "{exp}"}),
        Step(f"POST {E}/update", {"experiment_id": "99999999", "new_name": "z{s}"}),
        Step(
            f"POST {E}/update",
            {"experiment_id": "{exp}", "new_name": "z{s}"},
            why="bad-input",
            assayer={"status": 400, "error_code": "INVALID_PARAMETER_VALUE"},
        ),
        Step(f"GET {E}/get", {"experiment_id": "{exp}"}),
        Step(f"POST {E}/restore", {"experiment_id": "{exp}"}),
        Step(f"POST {E}/restore", {"experiment_id": "{exp}"}),
    ]


def runs() -> list[Step]:
    logged = (
        '{"artifact_path": "m", "flavors": {"sklearn": {}}, "run_id": "{run}", '
        '"utc_time_created": "2026-01-01 00:00:00.000000", "model_uuid": "u"}'
    )
    R = f"{M}/runs"
    start = {"experiment_id": "{exp}", "run_name": "first", "start_time": 1700000000000, "user_id": "ann"}
    dataset = {
        "dataset": {
            "name": "iris",
            "digest": "abc",
            "source_type": "http",
            "source": "{}",
            "schema": "s",
            "profile": "p",
        },
        "tags": [{"key": "mlflow.data.context", "value": "training"}],
    }
    metric = {"key": "loss", "value": 0.25, "timestamp": 1700000000001, "step": 1}
    return [
        Step(f"POST {M}/experiments/create", {"name": "runs{s}"}, keep={"exp": "experiment_id"}),
        Step(f"POST {R}/create", {**start, "tags": [{"key": "k", "value": "v"}]}, keep={"run": "run.info.run_id"}),
        Step(f"POST {R}/create", {"experiment_id": "99999999"}),
        Step(f"POST {R}/create", {}, why="default-experiment", assayer={"status": 200, "body": ANY}),
        Step(f"POST {M}/experiments/create", {"name": "other{s}"}, keep={"elsewhere": "experiment_id"}),
        Step(f"POST {R}/create", {"experiment_id": "{elsewhere}"}, keep={"other": "run.info.run_id"}, body=False),
        Step(f"POST {R}/create", {**start, "tags": [{"key": "mlflow.runName", "value": "other"}]}),
        Step(f"POST {R}/create", {"experiment_id": 1}),
        Step(f"GET {R}/get", {"run_id": "{run}"}),
        Step(f"GET {R}/get", {"run_uuid": "{run}"}),
        Step(f"GET {R}/get", {"run_id": "0" * 32}, said=True),
        Step(f"GET {R}/get", {}, said=True),
        Step(f"POST {R}/log-parameter", {"run_id": "{run}", "key": "p", "value": "1"}),
        Step(f"POST {R}/log-parameter", {"run_id": "{run}", "key": "p", "value": "1"}),
        Step(f"POST {R}/log-parameter", {"run_id": "{run}", "key": "p", "value": "2"}),
        Step(f"POST {R}/log-parameter", {"run_id": "{run}", "value": "2"}, said=True),
        Step(f"POST {R}/log-parameter", {"run_id": "0" * 32, "key": "p", "value": "1"}, said=True),
        Step(f"POST {R}/log-metric", {"run_id": "{run}", **metric}),
        Step(f"POST {R}/log-metric", {"run_id": "{run}", **metric, "key": "nan", "value": "NaN"}),
        Step(f"POST {R}/log-metric", {"run_id": "{run}", **metric, "key": "inf", "value": "-Infinity"}),
        Step(f"POST {R}/log-metric", {"run_id": "{run}", **metric, "value": "x"}),
        Step(f"POST {R}/log-metric", {"run_id": "{run}", "key": "loss", "value": 1}),
        Step(f"POST {R}/log-metric", {"run_id": "{run}", **metric, "timestamp": -1}),
        Step(f"POST {R}/set-tag", {"run_id": "{run}", "key": "t", "value": "1"}),
        Step(f"POST {R}/set-tag", {"run_id": "{run}", "key": "a//b", "value": "1"}),
        Step(f"POST {R}/delete-tag", {"run_id": "{run}", "key": "t"}),
        Step(f"POST {R}/delete-tag", {"run_id": "{run}", "key": "t"}),
        Step(
            f"POST {R}/log-batch",
            {
                "run_id": "{run}",
                "metrics": [metric, {**metric, "step": 2, "value": 0.125}, {**metric, "key": "acc", "value": "0.5"}],
                "params": [{"key": "q", "value": "2"}],
                "tags": [{"key": "u", "value": "3"}],
            },
        ),
        Step(f"POST {R}/log-batch", {"run_id": "{run}", "metrics": [{"key": "x", "timestamp": 1}]}),
        Step(
            f"POST {R}/log-batch",
            {"run_id": "{other}", "metrics": [{**metric, "value": "x"}]},
            why="silent",
            assayer={"status": 400, "error_code": "INVALID_PARAMETER_VALUE"},
        ),
        Step(
            f"POST {R}/log-batch",
            {"run_id": "{run}", "params": [{"key": "q", "value": "9"}, {"key": "r", "value": "1"}]},
        ),
        Step(
            f"POST {R}/log-batch",
            {"run_id": "{run}", "params": [{"key": "d", "value": "1"}, {"key": "d", "value": "2"}]},
        ),
        Step(
            f"POST {R}/log-batch", {"run_id": "{run}", "params": [{"key": f"p{n}", "value": "1"} for n in range(101)]}
        ),
        Step(f"POST {R}/log-batch", {"run_id": "0" * 32, "metrics": [metric]}, said=True),
        Step(f"POST {R}/log-batch", {}, said=True),
        Step(f"POST {R}/log-inputs", {"run_id": "{run}", "datasets": [dataset]}),
        Step(
            f"POST {R}/log-inputs",
            {"run_id": "{other}", "datasets": [{"tags": []}]},
            why="silent",
            assayer={"status": 400, "error_code": "INVALID_PARAMETER_VALUE"},
        ),
        Step(f"POST {R}/log-inputs", {"datasets": [dataset]}),
        Step(
            f"POST {M}/logged-models", {"experiment_id": "{exp}", "name": "net"}, keep={"model": "model.info.model_id"}
        ),
        Step(f"POST {R}/outputs", {"run_id": "{run}", "models": [{"model_id": "{model}", "step": 3}]}),
        Step(f"POST {R}/log-inputs", {"run_id": "{run}", "models": [{"model_id": "{model}"}]}),
        Step(
            f"POST {R}/log-model",
            {
                "run_id": "{run}",
                "model_json": logged,
            },
        ),
        Step(f"GET {R}/get", {"run_id": "{run}"}),
        Step(f"GET {M}/metrics/get-history", {"run_id": "{run}", "metric_key": "loss"}),
        Step(f"GET {M}/metrics/get-history", {"run_id": "{run}", "metric_key": "loss", "max_results": 1}),
        Step(f"GET {M}/metrics/get-history", {"run_id": "{run}", "metric_key": "absent"}),
        Step(f"GET {M}/metrics/get-history", {"run_id": "{run}"}, said=True),
        Step(f"GET {M}/metrics/get-history", {"run_id": "{run}", "metric_key": "loss", "max_results": 0}),
        Step(
            f"GET {M}/metrics/get-history-bulk-interval",
            {"run_ids": ["{run}"], "metric_key": "loss", "max_results": 10},
        ),
        Step(f"GET {M}/metrics/get-history-bulk-interval", {"metric_key": "loss"}),
        Step(
            f"POST {R}/update",
            {"run_id": "{run}", "status": "FINISHED", "end_time": 1700000001000, "run_name": "second"},
        ),
        Step(f"POST {R}/update", {"run_id": "{run}", "status": "BOGUS"}),
        Step(f"POST {R}/update", {"run_id": "0" * 32, "status": "FINISHED"}, said=True),
        Step(
            f"POST {R}/search",
            {"experiment_ids": ["{exp}"], "filter": "params.p = '1' AND metrics.loss < 1"},
            why="model-inputs",
            assayer={"inputs": {"model_inputs": [{"model_id": "{model}"}]}},
        ),
        Step(f"POST {R}/search", {"experiment_ids": ["{exp}"], "filter": "metrics.loss > 1"}),
        Step(f"POST {R}/search", {"experiment_ids": ["{exp}"], "filter": "metrics.loss > 'x'"}),
        Step(f"POST {R}/search", {"experiment_ids": ["{exp}"], "max_results": 50_001}),
        Step(f"POST {R}/search", {"experiment_ids": ["{exp}"], "order_by": ["metrics.loss UP"]}),
        Step(f"POST {R}/search", {}),
        Step(f"GET {M}/artifacts/list", {"run_id": "{run}"}),
        Step(f"GET {M}/artifacts/list", {"run_id": "0" * 32}, said=True),
        Step(f"POST {R}/delete", {"run_id": "{run}"}),
        Step(f"POST {R}/delete", {"run_id": "{run}"}),
        Step(f"POST {R}/set-tag", {"run_id": "{run}", "key": "t", "value": "1"}, said=True),
        Step(f"POST {R}/search", {"experiment_ids": ["{exp}"], "run_view_type": "ACTIVE_ONLY"}),
        Step(f"GET {R}/get", {"run_id": "{run}"}),
        Step(f"POST {R}/restore", {"run_id": "{run}"}),
        Step(f"POST {R}/restore", {"run_id": "0" * 32}),
    ]


def logged_models() -> list[Step]:
    L = f"{M}/logged-models"
    made = {
        "experiment_id": "{exp}",
        "name": "net",
        "model_type": "agent",
        "source_run_id": "{run}",
        "params": [{"key": "lr", "value": "0.1"}],
        "tags": [{"key": "k", "value": "v"}],
    }
    metric = {"key": "auc", "value": 0.5, "timestamp": 1700000000001, "step": 1}
    return [
        Step(f"POST {M}/experiments/create", {"name": "lm{s}"}, keep={"exp": "experiment_id"}),
        Step(f"POST {M}/runs/create", {"experiment_id": "{exp}", "run_name": "r"}, keep={"run": "run.info.run_id"}),
        Step(f"POST {L}", made, keep={"model": "model.info.model_id"}),
        Step(f"POST {L}", {"name": "net"}),
        Step(f"POST {L}", {**made, "name": "a/b"}),
        Step(f"POST {L}", {**made, "experiment_id": "99999999"}),
        Step(f"GET {L}/{{model}}"),
        Step(f"GET {L}/m-{'0' * 32}", said=True),
        Step(f"PATCH {L}/{{model}}", {"model_id": "{model}", "status": "LOGGED_MODEL_READY"}),
        Step(f"PATCH {L}/{{model}}", {"model_id": "{model}"}),
        Step(f"PATCH {L}/{{model}}/tags", {"tags": [{"key": "t", "value": "1"}, {"key": "k", "value": "w"}]}),
        Step(f"PATCH {L}/m-{'0' * 32}/tags", {"tags": [{"key": "t", "value": "1"}]}),
        Step(f"DELETE {L}/{{model}}/tags/t"),
        Step(f"DELETE {L}/{{model}}/tags/t"),
        Step(f"POST {L}/{{model}}/params", {"model_id": "{model}", "params": [{"key": "depth", "value": "3"}]}),
        Step(f"POST {M}/runs/log-metric", {"run_id": "{run}", "model_id": "{model}", **metric}),
        Step(
            f"POST {M}/runs/log-batch",
            {
                "run_id": "{run}",
                "metrics": [{**metric, "key": "f1", "model_id": "{model}", "dataset_name": "d", "dataset_digest": "x"}],
            },
        ),
        Step(f"GET {L}/{{model}}"),
        Step(f"POST {L}/search", {"experiment_ids": ["{exp}"]}),
        Step(f"POST {L}/search", {"experiment_ids": ["{exp}"], "filter": "name = 'net' AND metrics.auc > 0.1"}),
        Step(f"POST {L}/search", {"experiment_ids": ["{exp}"], "filter": "name = 'absent'"}),
        Step(
            f"POST {L}/search",
            {"experiment_ids": ["{exp}"], "order_by": [{"field_name": "metrics.auc", "ascending": True}]},
        ),
        Step(f"POST {L}/search", {"experiment_ids": ["{exp}"], "filter": "name ="}),
        Step(f"GET {L}/{{model}}/artifacts/directories"),
        Step(f"POST {M}/registered-models/create", {"name": "lm{s}"}),
        Step(
            f"POST {M}/model-versions/create",
            {"name": "lm{s}", "source": "models:/{model}", "model_id": "{model}", "run_id": "{run}"},
            why="model-id",
            assayer={"more": {"model_version": {"model_id": "{model}"}}},
        ),
        Step(f"POST {M}/model-versions/create", {"name": "lm{s}", "source": "models:/{model}"}),
        Step(f"DELETE {L}/{{model}}"),
        Step(f"GET {L}/{{model}}"),
        Step(f"GET {L}/{{model}}?allow_deleted=true"),
        Step(f"POST {L}/search", {"experiment_ids": ["{exp}"]}),
    ]


def artifacts() -> list[Step]:
    return [
        Step(f"POST {M}/experiments/create", {"name": "a{s}"}, keep={"exp": "experiment_id"}),
        Step(f"POST {M}/runs/create", {"experiment_id": "{exp}", "run_name": "r"}, keep={"run": "run.info.run_id"}),
        Step(f"PUT {A}/artifacts/{{exp}}/{{run}}/artifacts/a/b.txt", b"hello"),
        Step(f"PUT {A}/artifacts/{{exp}}/{{run}}/artifacts/empty.txt", b""),
        Step(f"GET {A}/artifacts/{{exp}}/{{run}}/artifacts/a/b.txt"),
        Step(f"GET {A}/artifacts/{{exp}}/{{run}}/artifacts/absent.txt"),
        Step(f"GET {A}/artifacts/{{exp}}/{{run}}/artifacts/a"),
        Step(f"GET {A}/artifacts", {"path": "{exp}/{run}/artifacts"}),
        Step(f"GET {A}/artifacts", {"path": "{exp}/{run}/artifacts/a"}),
        Step(f"GET {A}/artifacts", {"path": "{exp}/{run}/artifacts/a/b.txt"}),
        Step(f"GET {A}/artifacts", {"path": "{exp}/absent"}),
        Step(f"GET {A}/artifacts", {"path": "../x"}),
        Step(f"GET {M}/artifacts/list", {"run_id": "{run}"}),
        Step(f"GET {M}/artifacts/list", {"run_id": "{run}", "path": "a"}),
        Step(f"GET {M}/artifacts/list", {"run_id": "{run}", "path": "../x"}),
        Step(f"DELETE {A}/artifacts/{{exp}}/{{run}}/artifacts/a"),
        Step(f"DELETE {A}/artifacts/{{exp}}/{{run}}/artifacts/a"),
        Step(f"GET {A}/artifacts", {"path": "{exp}/{run}/artifacts"}),
        Step(
            f"POST {A}/mpu/create/{{exp}}/{{run}}/artifacts",
            {"path": "/tmp/x.bin", "num_parts": 2},
            why="multipart",
            assayer={"status": 200, "body": ANY},
        ),
        Step(
            f"POST {A}/mpu/complete/{{exp}}/{{run}}/artifacts",
            {"path": "/tmp/x.bin", "upload_id": "u", "parts": []},
            why="multipart",
            assayer={"status": 404, "error_code": "RESOURCE_DOES_NOT_EXIST"},
        ),
        Step(
            f"POST {A}/mpu/abort/{{exp}}/{{run}}/artifacts",
            {"path": "/tmp/x.bin", "upload_id": "u"},
            why="multipart",
            assayer={"status": 200, "body": {}},
        ),
        Step(f"GET {A}/presigned/{{exp}}/{{run}}/artifacts/empty.txt"),
        Step(f"POST {M}/artifacts/presigned-upload-url", {"run_id": "{run}", "path": "x.bin"}),
        Step(f"POST {M}/artifacts/presigned-download-url", {"run_id": "{run}", "path": "x.bin"}),
    ]
