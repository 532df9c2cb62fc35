"""What lies past MLflow's registry: what Assayer keeps of it, and what it does not serve."""

import mlflow
from mlflow.exceptions import MlflowException
from suite import SURFACE, capability, equal
from training import classifier, constant, log, same, signature


@capability(
    "native-view",
    "What the client logged stands in the native API: sealed, with digest, facts, verdict and signature",
    of="assayer",
)
def native(t):
    t.experiment()
    name = t.name()
    with mlflow.start_run() as run:
        log(t, classifier(), signature=signature(), registered_model_name=name)
    t.client.set_registered_model_alias(name, "champion", "1")
    t.client.transition_model_version_stage(name, "1", "Production")
    version = t.native(f"/models/{name}/versions/1")
    equal((version["number"], version["status"]), (1, "production"))
    assert version["digest"].startswith("sha256:"), version
    equal(version["lineage"]["run_id"], run.info.run_id)
    equal(len(version["signature"]["inputs"]), 4)
    artifacts = {a["path"]: a for a in t.native(f"/models/{name}/versions/1/artifacts")["items"]}
    assert {"MLmodel", "requirements.txt"} <= set(artifacts), sorted(artifacts)
    found = t.native("/versions", filter=f"name = '{name}' AND alias = 'champion' AND status = 'production'")
    equal([v["number"] for v in found["items"]], [1])
    kinds = [event["type"] for event in t.native("/events", subject=name)["items"]]
    assert "version.promoted" in kinds, kinds


@capability("pinned", "A version keeps its bytes when its run's artifacts are overwritten and deleted")
def pinned(t):
    t.experiment()
    with mlflow.start_run() as run:
        path = str(t.folder / "first")
        mlflow.sklearn.save_model(constant(1), path, pip_requirements=["scikit-learn"])
        mlflow.log_artifacts(path, "model")
    name = t.name()
    t.client.create_registered_model(name)
    t.client.create_model_version(name, f"{run.info.artifact_uri}/model", run.info.run_id)
    second = str(t.folder / "second")
    mlflow.sklearn.save_model(constant(2), second, pip_requirements=["scikit-learn"])
    t.client.log_artifacts(run.info.run_id, second, "model")
    same(mlflow.sklearn.load_model(f"models:/{name}/1"), t.differs("pinned", assayer=constant(1), mlflow=constant(2)))


@capability("restored", "What the client deleted is restored by the native API", of="assayer")
def restored(t):
    name = t.name()
    t.client.create_registered_model(name)
    t.client.create_model_version(name, "s3://bucket/x")
    t.client.delete_registered_model(name)
    trash = t.native("/trash")["items"]
    assert any(name in str(item) for item in trash), "it is in the trash"
    t.differs("deregistered", assayer=None, mlflow=None)


@capability("traces", "Functions that are traced run on, though traces are not kept", may_answer=(501,))
def traces(t):
    t.experiment()

    @mlflow.trace
    def double(n):
        return 2 * n

    equal(double(21), 42)
    if hasattr(mlflow, "flush_trace_async_logging"):
        mlflow.flush_trace_async_logging()
    if t.assayer:
        t.differs("not-served", assayer=None, mlflow=None)
        seen = [call.status for call in t.calls if "/traces" in call.path]
        assert all(status in (404, 501) for status in seen), seen


@capability("webhooks", "Webhooks are refused in MLflow's form", clients=(3,), may_answer=(501,), of="assayer")
def webhooks(t):
    for call in (
        lambda: t.client.create_webhook("hook", "https://example.com/", ["model_version.created"]),
        lambda: t.client.list_webhooks(),
        lambda: t.client.get_webhook("1"),
    ):
        try:
            call()
        except MlflowException as refused:
            equal(refused.error_code, "NOT_IMPLEMENTED")
        else:
            raise AssertionError("not refused")
    hooks = [row for row in SURFACE if "/webhooks" in row["path"]]
    for prefix in ("/api", "/ajax-api"):
        for row in hooks:
            answer = t.raw(row["method"], prefix + row["path"].replace("{id}", "1"), json={})
            equal((answer.status_code, answer.json()["error_code"]), (501, "NOT_IMPLEMENTED"), row["path"])
    t.differs("not-served", assayer=None, mlflow=None)


@capability("unknown-routes", "Addresses that are not there are answered as JSON")
def unknown(t):
    for method, path in (("GET", "/api/2.0/mlflow/no-such/call"), ("POST", "/api/3.0/mlflow/nothing")):
        answer = t.raw(method, path)
        equal(answer.status_code, 404)
        kind = answer.headers["content-type"].split(";")[0]
        equal(kind, t.differs("unknown-routes", assayer="application/json", mlflow="text/html"))
        if t.assayer:
            equal(answer.json()["error_code"], "ENDPOINT_NOT_FOUND")
