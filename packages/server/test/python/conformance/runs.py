"""Runs, and what is logged to them in numbers and words."""

import math
import time

import mlflow
from mlflow.entities import Metric, Param, RunTag
from suite import capability, equal


@capability("run-lifecycle", "Runs are started, updated, ended, deleted and restored")
def lifecycle(t):
    t.experiment()
    with mlflow.start_run(run_name="first", tags={"stage": "one"}, description="what it is about") as run:
        equal(t.client.get_run(run.info.run_id).info.status, "RUNNING")
    run = t.client.get_run(run.info.run_id)
    equal(run.info.status, "FINISHED")
    equal(run.info.run_name, "first")
    equal(run.data.tags["mlflow.runName"], "first")
    equal(run.data.tags["stage"], "one")
    equal(run.data.tags["mlflow.note.content"], "what it is about")
    assert run.info.end_time >= run.info.start_time > 1_500_000_000_000
    equal(run.info.artifact_uri, f"mlflow-artifacts:/{run.info.experiment_id}/{run.info.run_id}/artifacts")
    id = run.info.run_id
    t.client.update_run(id, status="FAILED", name="renamed")
    equal(t.client.get_run(id).info.status, "FAILED")
    equal(t.client.get_run(id).data.tags["mlflow.runName"], "renamed")
    t.client.set_tag(id, "mlflow.runName", "by tag")
    equal(t.client.get_run(id).info.run_name, "by tag")
    with mlflow.start_run(run_id=id):  # taken up again
        mlflow.log_param("late", 1)
    equal(t.client.get_run(id).info.status, "FINISHED")
    try:
        with mlflow.start_run() as failing:
            raise ValueError
    except ValueError:
        equal(t.client.get_run(failing.info.run_id).info.status, "FAILED")
    assert t.client.get_run(failing.info.run_id).info.run_name, "a run without a name gets one"

    t.client.delete_run(id)
    equal(t.client.get_run(id).info.lifecycle_stage, "deleted")
    t.client.delete_run(id)
    with t.refuses("INVALID_PARAMETER_VALUE", "must be in the 'active' state"):
        t.client.log_metric(id, "m", 1)
    t.client.restore_run(id)
    t.client.restore_run(id)
    t.client.log_metric(id, "m", 1)
    equal(t.client.get_run(id).info.lifecycle_stage, "active")


@capability("run-nested", "Nested runs know their parent, and are found by it")
def nested(t):
    experiment = t.experiment()
    with mlflow.start_run() as parent:
        children = []
        for depth in range(3):
            with mlflow.start_run(nested=True, run_name=f"child {depth}") as child:
                mlflow.log_metric("depth", depth)
                children.append(child.info.run_id)
    found = t.client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'")
    equal(sorted(run.info.run_id for run in found), sorted(children))
    equal(t.client.get_parent_run(children[0]).info.run_id, parent.info.run_id)
    equal(t.client.get_parent_run(parent.info.run_id), None)


@capability("run-params", "Params are written once: the same again is fine, another value is refused")
def params(t):
    run = t.client.create_run(t.experiment()).info.run_id
    t.client.log_param(run, "depth", 3)
    t.client.log_param(run, "depth", 3)
    with t.refuses("INVALID_PARAMETER_VALUE", "depth"):
        t.client.log_param(run, "depth", 4)
    with t.refuses("INVALID_PARAMETER_VALUE"):
        t.client.log_batch(run, params=[Param("other", "1"), Param("depth", "5")])
    t.client.log_param(run, "long", "x" * 6001)
    t.client.log_param(run, "words", "ünï ✓ 'quoted' \"twice\"\n")
    t.client.log_param(run, "empty", "")
    got = t.client.get_run(run).data.params
    equal(got, {"depth": "3", "long": "x" * 6000, "words": "ünï ✓ 'quoted' \"twice\"\n", "empty": ""})


@capability("run-tags", "Tags of runs are set, overwritten and deleted")
def tags(t):
    run = t.client.create_run(t.experiment(), tags={"a": "1"}).info.run_id
    t.client.set_tag(run, "a", "2")
    t.client.set_tag(run, "b/c.d-e f:g", "spaces and / . - : are fine")
    t.client.set_tag(run, "number", 5)
    t.client.set_tag(run, "long", "y" * 8001)
    got = t.client.get_run(run).data.tags
    equal(got["a"], "2")
    equal(got["b/c.d-e f:g"], "spaces and / . - : are fine")
    equal(got["number"], "5")
    equal(len(got["long"]), 8000)
    t.client.delete_tag(run, "a")
    assert "a" not in t.client.get_run(run).data.tags
    with t.refuses("RESOURCE_DOES_NOT_EXIST"):
        t.client.delete_tag(run, "a")
    with t.refuses("INVALID_PARAMETER_VALUE"):
        t.client.set_tag(run, "../up", "x")


@capability("run-metrics", "The current value of a metric is the one of the last step, and odd numbers are kept")
def metrics(t):
    run = t.client.create_run(t.experiment()).info.run_id
    t.client.log_metric(run, "loss", 0.5, step=2, timestamp=1000)
    t.client.log_metric(run, "loss", 0.9, step=1, timestamp=2000)
    t.client.log_metric(run, "loss", 0.4, step=2, timestamp=500)
    equal(t.client.get_run(run).data.metrics["loss"], 0.5)
    t.client.log_metric(run, "nan", math.nan)
    t.client.log_metric(run, "infinite", math.inf)
    t.client.log_metric(run, "below", -math.inf)
    t.client.log_metric(run, "early", 1.0, step=-7)
    t.client.log_metric(run, "fine", 0.1 + 0.2)
    got = t.client.get_run(run).data.metrics
    assert math.isnan(got["nan"])
    equal(got["infinite"], 1.7976931348623157e308)
    equal(got["below"], -1.7976931348623157e308)
    equal(got["fine"], 0.1 + 0.2)
    equal(t.client.get_metric_history(run, "early")[0].step, -7)
    with t.refuses("INVALID_PARAMETER_VALUE"):
        t.client.log_metric(run, "early", 1.0, timestamp=-1)
    with t.refuses("INVALID_PARAMETER_VALUE"):
        t.client.log_metric(run, "a//b", 1.0)


@capability("metric-history", "The history of a metric comes in order, page after page, each point once")
def history(t):
    run = t.client.create_run(t.experiment()).info.run_id
    points = [Metric("loss", 1 / (step + 1), 1_000_000 + step, step) for step in range(950)]
    t.client.log_batch(run, metrics=list(reversed(points)))
    t.client.log_batch(run, metrics=points[:10])  # again: stored once
    got = t.client.get_metric_history(run, "loss")
    equal([(m.step, m.timestamp, m.value) for m in got], [(m.step, m.timestamp, m.value) for m in points])
    equal(t.client.get_metric_history(run, "absent"), [])
    seen, token = [], ""
    while token is not None:
        query = {"run_id": run, "metric_key": "loss", "max_results": 400} | ({"page_token": token} if token else {})
        page = t.raw("GET", "/api/2.0/mlflow/metrics/get-history", params=query).json()
        seen += [metric["step"] for metric in page["metrics"]]
        token = page.get("next_page_token")
    equal(seen, list(range(950)))


@capability("run-batch", "Batches of 1,000 metrics, 100 params and 100 tags; larger ones are cut up or refused")
def batch(t):
    run = t.client.create_run(t.experiment()).info.run_id
    now = int(time.time() * 1000)
    t.client.log_batch(run, metrics=[Metric(f"m{n % 50}", n, now + n, n) for n in range(1000)])
    t.client.log_batch(run, params=[Param(f"p{n}", str(n)) for n in range(100)])
    t.client.log_batch(run, tags=[RunTag(f"t{n}", str(n)) for n in range(100)])
    data = t.client.get_run(run).data
    equal(data.metrics, {f"m{n}": 950.0 + n for n in range(50)})
    equal(data.params, {f"p{n}": str(n) for n in range(100)})
    equal({key: value for key, value in data.tags.items() if key[0] == "t"}, {f"t{n}": str(n) for n in range(100)})
    with mlflow.start_run(run_id=run):
        mlflow.log_metrics({f"n{n}": n for n in range(120)}, step=1)
        mlflow.log_params({f"q{n}": n for n in range(90)})
        mlflow.set_tags({f"u{n}": n for n in range(90)})
    equal(len(t.client.get_run(run).data.metrics), 170)
    too_many = {"run_id": run, "metrics": [{"key": "k", "value": n, "timestamp": n, "step": n} for n in range(1001)]}
    answer = t.raw("POST", "/api/2.0/mlflow/runs/log-batch", json=too_many)
    equal((answer.status_code, answer.json()["error_code"]), (400, "INVALID_PARAMETER_VALUE"))


@capability("run-errors", "Runs that are not there are refused with MLflow's codes")
def errors(t):
    with t.refuses("RESOURCE_DOES_NOT_EXIST", "0{32}"):
        t.client.get_run("0" * 32)
    with t.refuses("RESOURCE_DOES_NOT_EXIST"):
        t.client.log_metric("0" * 32, "m", 1)
    with t.refuses("RESOURCE_DOES_NOT_EXIST"):
        t.client.delete_run("0" * 32)
    with t.refuses("RESOURCE_DOES_NOT_EXIST"):
        t.client.create_run("99999999")


@capability("run-datasets", "Datasets are logged as inputs of runs, and found by name and digest")
def datasets(t):
    from training import iris

    experiment = t.experiment()
    data = mlflow.data.from_pandas(iris(), name="iris", targets="species", source="https://example.com/iris.csv")
    with mlflow.start_run() as run:
        mlflow.log_input(data, context="training", tags={"split": "all"} if t.major >= 3 else None)
        mlflow.log_input(mlflow.data.from_numpy(iris().to_numpy(), name="matrix"), context="validation")
    with mlflow.start_run() as other:
        mlflow.log_input(data, context="testing")
    inputs = {i.dataset.name: i for i in t.client.get_run(run.info.run_id).inputs.dataset_inputs}
    equal(sorted(inputs), ["iris", "matrix"])
    equal(inputs["iris"].dataset.digest, data.digest)
    equal({tag.key: tag.value for tag in inputs["iris"].tags}["mlflow.data.context"], "training")
    assert "species" in inputs["iris"].dataset.schema and "150" in inputs["iris"].dataset.profile
    assert mlflow.data.get_source(inputs["iris"].dataset) is not None

    def found(filter):
        return {run.info.run_id for run in t.client.search_runs([experiment], filter)}

    equal(found("dataset.name = 'iris'"), {run.info.run_id, other.info.run_id})
    equal(found("dataset.name = 'matrix'"), {run.info.run_id})
    equal(found(f"dataset.digest = '{data.digest}' AND dataset.context = 'testing'"), {other.info.run_id})
    equal(found("datasets.context IN ('validation')"), {run.info.run_id})
