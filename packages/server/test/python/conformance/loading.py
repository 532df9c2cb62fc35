"""Models that are loaded, by every kind of URI."""

import mlflow
from suite import capability
from training import constant, log, same


def two_versions(t):
    """A model whose version 1 always answers 1, and whose version 2 always answers 2."""
    t.experiment()
    name, infos = t.name(), []
    for answer in (1, 2):
        with mlflow.start_run():
            infos.append(log(t, constant(answer), registered_model_name=name))
    return name, infos


@capability("load-number", "load_model by number: models:/name/2")
def number(t):
    name, _ = two_versions(t)
    same(mlflow.pyfunc.load_model(f"models:/{name}/1"), constant(1))
    same(mlflow.sklearn.load_model(f"models:/{name}/2"), constant(2))
    with t.refuses("RESOURCE_DOES_NOT_EXIST"):
        mlflow.pyfunc.load_model(f"models:/{name}/3")


@capability("load-alias", "load_model by alias: models:/name@champion, which moves")
def alias(t):
    name, _ = two_versions(t)
    t.client.set_registered_model_alias(name, "champion", "1")
    same(mlflow.pyfunc.load_model(f"models:/{name}@champion"), constant(1))
    t.client.set_registered_model_alias(name, "champion", "2")
    same(mlflow.pyfunc.load_model(f"models:/{name}@champion"), constant(2))
    with t.refuses("INVALID_PARAMETER_VALUE"):
        mlflow.pyfunc.load_model(f"models:/{name}@absent")


@capability("load-stage", "load_model by stage: models:/name/Production")
def stage(t):
    name, _ = two_versions(t)
    t.client.transition_model_version_stage(name, "1", "Production")
    same(mlflow.pyfunc.load_model(f"models:/{name}/Production"), constant(1))
    t.client.transition_model_version_stage(name, "2", "Production", archive_existing_versions=True)
    same(mlflow.pyfunc.load_model(f"models:/{name}/production"), constant(2))
    same(mlflow.pyfunc.load_model(f"models:/{name}/Archived"), constant(1))


@capability("load-latest", "load_model of the latest: models:/name/latest")
def latest(t):
    name, _ = two_versions(t)
    same(mlflow.pyfunc.load_model(f"models:/{name}/latest"), constant(2))
    t.client.delete_model_version(name, "2")
    same(mlflow.pyfunc.load_model(f"models:/{name}/latest"), constant(1))


@capability("load-logged-model", "load_model by model id: models:/m-…", clients=(3,))
def logged_model(t):
    _, infos = two_versions(t)
    for answer, info in enumerate(infos, 1):
        same(mlflow.pyfunc.load_model(f"models:/{info.model_id}"), constant(answer))


@capability("load-run", "load_model from a run: runs:/…")
def of_run(t):
    _, infos = two_versions(t)
    for answer, info in enumerate(infos, 1):
        same(mlflow.pyfunc.load_model(f"runs:/{info.run_id}/model"), constant(answer))


@capability("load-files", "download_artifacts and get_model_info of a version")
def files(t):
    name, _ = two_versions(t)
    folder = mlflow.artifacts.download_artifacts(f"models:/{name}/1", dst_path=str(t.folder))
    same(mlflow.sklearn.load_model(folder), constant(1))
    assert "sklearn" in mlflow.models.get_model_info(f"models:/{name}/2").flavors
    listed = {f.path for f in mlflow.artifacts.list_artifacts(f"models:/{name}/1")}
    assert {"MLmodel", "requirements.txt"} <= listed, listed
