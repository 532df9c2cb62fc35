"""Who asks: basic and bearer authentication, and the workspace header."""

import mlflow
from suite import capability, environment, equal


@capability("auth-basic", "MLFLOW_TRACKING_USERNAME and _PASSWORD name the actor of every change", of="assayer")
def basic(t):
    name = t.name()
    with environment(MLFLOW_TRACKING_USERNAME="ann", MLFLOW_TRACKING_PASSWORD="secret"):
        t.client.create_registered_model(name)
        run = t.client.create_run(t.experiment()).info.run_id
        t.client.log_text(run, "x", "a.txt")
        t.client.create_model_version(name, f"runs:/{run}/", run)
    events = t.native("/events", subject=name)["items"]
    assert len(events) >= 1
    equal({event["actor"] for event in events}, {"ann"})


@capability("auth-bearer", "MLFLOW_TRACKING_TOKEN is accepted with every call")
def bearer(t):
    name = t.name()
    with environment(MLFLOW_TRACKING_TOKEN="not-a-secret"):
        t.client.create_registered_model(name)
        run = t.client.create_run(t.experiment()).info.run_id
        t.client.log_text(run, "x", "a.txt")
        equal(mlflow.artifacts.load_text(f"runs:/{run}/a.txt"), "x")
    equal(t.client.get_registered_model(name).name, name)


@capability("workspace-header", "Calls with MLflow's workspace header are served", may_answer=(500,))
def workspace(t):
    name = t.name()
    answer = t.raw(
        "POST",
        "/api/2.0/mlflow/registered-models/create",
        json={"name": name},
        headers={"X-MLFLOW-WORKSPACE": "default"},
    )
    equal(answer.status_code, t.differs("workspaces", assayer=200, mlflow=500))
    if t.major >= 3:
        # The client asks server-info first whether there are workspaces, is told no, and says so itself.
        with environment(MLFLOW_WORKSPACE="risk"), t.refuses("FEATURE_DISABLED"):
            t.client.get_registered_model(name)
