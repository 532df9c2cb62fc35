"""What a registry must not lose, in four steps that any client can take.

    python loss.py --server http://127.0.0.1:5050                                      # Assayer
    python loss.py --server http://127.0.0.1:5000 --backend sqlite:///mlflow.db …      # MLflow's own server

A model is logged, registered and promoted. Then its files are overwritten, and its run is deleted and purged (with
`mlflow gc` on MLflow's server). Then the model is loaded by alias, by number and by stage. All of it once with a model
in the files of a run, and, where the client has them, once with a logged model. Prints one line of JSON: what each
gave, `first` for what was registered, `second` for what overwrote it, else the error.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
asks.add_argument("--server", required=True)
asks.add_argument("--backend", help="of MLflow's own server: its --backend-store-uri, for mlflow gc")
asks.add_argument("--artifacts", help="of MLflow's own server: its --artifacts-destination, for mlflow gc")
asked = asks.parse_args()
os.environ.update(
    MLFLOW_TRACKING_URI=asked.server,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES="1",
    MLFLOW_DISABLE_TELEMETRY="true",
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false",
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
    GIT_PYTHON_REFRESH="quiet",
)

import mlflow  # noqa: E402: reads its environment when it is imported
import requests  # noqa: E402
from sklearn.dummy import DummyClassifier  # noqa: E402

NAME, LOGGED = "churn", "churn-logged"


def model(answer: int) -> DummyClassifier:
    """Can be told from every other by what it predicts."""
    return DummyClassifier(strategy="constant", constant=answer).fit([[0], [1]], [answer, answer])


def files_of(answer: int) -> str:
    folder = os.path.join(tempfile.mkdtemp(), "model")
    mlflow.sklearn.save_model(model(answer), folder, pip_requirements=["scikit-learn"])
    return folder


def loaded(uri: str) -> str:
    try:
        (answer,) = mlflow.sklearn.load_model(uri).predict([[0]])
        return {1: "first", 2: "second"}[int(answer)]
    except Exception as error:  # noqa: BLE001: whatever it is, it is what the user gets
        return f"{type(error).__name__}: {error}"[:300]


def purge(run_id: str) -> None:
    if not asked.backend:
        requests.post(f"{asked.server}/api/v1/runs/{run_id}/purge", timeout=60).raise_for_status()
        return
    gc = ["gc", "--backend-store-uri", asked.backend, "--artifacts-destination", asked.artifacts, "--run-ids", run_id]
    subprocess.run([sys.executable, "-m", "mlflow", *gc], check=True, stdout=sys.stderr)


def of_a_run(client) -> tuple:
    """A model in the files of a run: how it is overwritten, and what deletes it."""
    with mlflow.start_run() as run:
        mlflow.log_metric("auc", 0.93)
        mlflow.log_artifacts(files_of(1), "model")
    client.create_registered_model(NAME)
    client.create_model_version(NAME, f"{run.info.artifact_uri}/model", run.info.run_id)
    return run.info.run_id, lambda: client.log_artifacts(run.info.run_id, files_of(2), "model"), lambda: None


def of_a_logged_model(client) -> tuple:
    """A logged model, as MLflow 3 has them."""
    with mlflow.start_run() as run:
        mlflow.log_metric("auc", 0.93)
        info = mlflow.sklearn.log_model(
            model(1), name="model", registered_model_name=LOGGED, pip_requirements=["scikit-learn"]
        )
    return (
        run.info.run_id,
        lambda: client.log_model_artifacts(info.model_id, files_of(2)),
        lambda: client.delete_logged_model(info.model_id),
    )


def lose(client, name: str, log) -> dict:
    # 1. log, register, promote
    run_id, overwrite, delete = log(client)
    client.set_registered_model_alias(name, "champion", "1")
    client.transition_model_version_stage(name, "1", "Production")
    uris = {"alias": f"models:/{name}@champion", "number": f"models:/{name}/1", "stage": f"models:/{name}/Production"}

    def all_loaded() -> dict[str, str]:
        return {how: loaded(uri) for how, uri in uris.items()}

    result = {"registered": all_loaded()}
    # 2. overwrite its files
    overwrite()
    result["overwritten"] = all_loaded()
    # 3. delete the run, and purge it
    delete()
    client.delete_run(run_id)
    purge(run_id)
    # 4. load it
    result["purged"] = all_loaded()
    return result


def main() -> None:
    client = mlflow.MlflowClient()
    mlflow.set_experiment("loss")
    results = {"run": lose(client, NAME, of_a_run)}
    if hasattr(client, "delete_logged_model"):
        results["logged model"] = lose(client, LOGGED, of_a_logged_model)
    print(json.dumps(results))


main()
