"""Versions from every kind of source."""

import mlflow
from suite import capability, equal
from training import classifier, log, same, signature


def logged(t, name: str = "model"):
    """A logged classifier, and its run."""
    t.experiment()
    with mlflow.start_run() as run:
        return log(t, classifier(), name, signature=signature()), run.info.run_id


@capability("register-run", "register_model from runs:/…")
def of_run(t):
    _, run = logged(t)
    name = t.name()
    version = mlflow.register_model(f"runs:/{run}/model", name, tags={"k": "v"})
    equal((version.name, int(version.version), version.run_id, version.tags), (name, 1, run, {"k": "v"}))
    equal(version.status, "READY")
    equal(int(mlflow.register_model(f"runs:/{run}/model", name).version), 2)
    same(mlflow.sklearn.load_model(f"models:/{name}/1"))


@capability("register-logged-model", "register_model from models:/m-…", clients=(3,))
def of_logged_model(t):
    info, run = logged(t)
    name = t.name()
    version = mlflow.register_model(f"models:/{info.model_id}", name)
    equal((int(version.version), version.run_id), (1, run))
    equal(version.source, f"models:/{info.model_id}")
    same(mlflow.sklearn.load_model(f"models:/{name}/1"))
    assert name in mlflow.get_logged_model(info.model_id).tags["mlflow.modelVersions"]


@capability("register-version", "register_model from models:/name/1 and create_model_version from an alias")
def of_version(t):
    _, run = logged(t)
    name, copied = t.name(), t.name("copied")
    mlflow.register_model(f"runs:/{run}/model", name)
    t.client.set_registered_model_alias(name, "champion", "1")
    version = mlflow.register_model(f"models:/{name}/1", copied)
    equal((int(version.version), version.source, version.run_id), (1, f"models:/{name}/1", run))
    by_alias = t.client.create_model_version(copied, f"models:/{name}@champion")
    equal((int(by_alias.version), by_alias.source), (2, f"models:/{name}/1"))
    t.client.delete_registered_model(name)
    same(mlflow.sklearn.load_model(f"models:/{copied}/1"))
    same(mlflow.sklearn.load_model(f"models:/{copied}/2"))


@capability("register-artifacts", "create_model_version from mlflow-artifacts:/…")
def of_artifacts(t):
    t.experiment()
    with mlflow.start_run() as run:
        path = str(t.folder / "saved")
        mlflow.sklearn.save_model(classifier(), path, signature=signature(), pip_requirements=["scikit-learn"])
        mlflow.log_artifacts(path, "plain")
    name = t.name()
    t.client.create_registered_model(name)
    source = f"{run.info.artifact_uri}/plain"
    assert source.startswith("mlflow-artifacts:/"), source
    version = t.client.create_model_version(name, source, run.info.run_id)
    equal((version.source, version.run_id), (source, run.info.run_id))
    same(mlflow.sklearn.load_model(f"models:/{name}/1"))
    with t.refuses("INVALID_PARAMETER_VALUE"):
        t.client.create_model_version(name, "mlflow-artifacts:/0/somewhere/else", run.info.run_id)


@capability("register-external", "create_model_version from s3://…, which is recorded and never opened")
def of_elsewhere(t):
    name = t.name()
    t.client.create_registered_model(name)
    for n, source in enumerate(["s3://bucket/a b/model", "gs://bucket/model", "dbfs:/models/1"], 1):
        equal(t.client.create_model_version(name, source).source, source)
        equal(t.client.get_model_version_download_uri(name, str(n)), source)
    if t.assayer:
        recorded = t.native(f"/models/{name}/versions/1")["source"]
        equal((recorded["uri"], recorded["protected"]), ("s3://bucket/a b/model", False))
        t.differs("outside", assayer=None, mlflow=None)
    for wrong in ("", "s3://bucket/../up", "s3://bucket/%2e%2e/up"):
        with t.refuses("INVALID_PARAMETER_VALUE"):
            t.client.create_model_version(name, wrong)


@capability("register-refused", "Sources that cannot be are refused")
def refused(t):
    _, run = logged(t)
    name = t.name()
    t.client.create_registered_model(name)
    for source, run_id in (
        (f"runs:/{run}/model", None),
        (f"runs:/{run}/model", "0" * 32),
        ("models:/absent-model", None),
    ):
        with t.refuses("INVALID_PARAMETER_VALUE"):
            t.client.create_model_version(name, source, run_id)
    for source in ("models:/absent-model/1", f"models:/{name}/9"):
        with t.refuses("RESOURCE_DOES_NOT_EXIST"):
            t.client.create_model_version(name, source)


@capability("copy-version", "copy_model_version, to another model and of a copy")
def copy(t):
    _, run = logged(t)
    name, second, third = t.name(), t.name("second"), t.name("third")
    mlflow.register_model(f"runs:/{run}/model", name, tags={"k": "v"})
    t.client.update_model_version(name, "1", description="the original")
    t.client.set_registered_model_alias(name, "champion", "1")
    made = t.client.copy_model_version(f"models:/{name}@champion", second)
    equal((made.name, int(made.version), made.source), (second, 1, f"models:/{name}/1"))
    equal((made.description, made.tags, made.run_id), ("the original", {"k": "v"}, run))
    equal(int(t.client.copy_model_version(f"models:/{name}/1", second).version), 2)
    equal(t.client.copy_model_version(f"models:/{second}/1", third).source, f"models:/{second}/1")
    t.client.delete_model_version(second, "1")
    t.client.delete_registered_model(name)
    same(mlflow.sklearn.load_model(f"models:/{third}/1"))
    with t.refuses("INTERNAL_ERROR", "RESOURCE_DOES_NOT_EXIST"):  # the client's own code around the server's
        t.client.copy_model_version(f"models:/{name}/1", second)
