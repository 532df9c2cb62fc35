"""Train two classifiers and take them through Assayer with nothing but the MLflow client.

    export MLFLOW_TRACKING_URI=http://127.0.0.1:5050
    python examples/mlflow_train.py

Not a line of it knows of Assayer: the same script runs against MLflow's own server, and then says what that one lost.
Needs mlflow 3 and scikit-learn.
"""

import argparse
import os
import sys
import tempfile

os.environ.setdefault("MLFLOW_TRACKING_URI", "http://127.0.0.1:5050")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")

import mlflow
import mlflow.data
import numpy as np
from mlflow.models import infer_signature
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def say(step: str, text: str) -> None:
    print(f"{step:<10} {text}", flush=True)


def check(text: str, holds: bool) -> None:
    if not holds:
        sys.exit(f"failed: {text}")
    say("check", text)


def main() -> None:
    asks = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asks.add_argument("--model", default="breast-cancer-mlflow", help="its name in the registry")
    name = asks.parse_args().model
    client = mlflow.MlflowClient()

    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=0, stratify=y)
    data = mlflow.data.from_pandas(X_train.assign(benign=y_train), name="breast-cancer", targets="benign")
    experiment = mlflow.set_experiment(name).experiment_id

    def train(strength: float):
        """One run: params, metrics, data set, and the model with its signature, as a new version."""
        with mlflow.start_run(run_name=f"C={strength}") as run:
            model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=1000)).fit(X_train, y_train)
            mlflow.log_params({"C": strength, "rows": len(X_train)})
            mlflow.log_input(data, context="training")
            mlflow.log_metric("accuracy", accuracy_score(y_test, model.predict(X_test)))
            mlflow.log_metric("roc_auc", roc_auc_score(y_test, model.predict_proba(X_test)[:, 1]))
            info = mlflow.sklearn.log_model(
                model,
                name="model",
                signature=infer_signature(X_test, model.predict(X_test)),
                input_example=X_test[:2],
                pip_requirements=["scikit-learn"],  # or MLflow finds them out, which takes a while
                registered_model_name=name,
            )
        say("version", f"{name}/{info.registered_model_version} from run {run.info.run_name}")
        return info, model.predict(X_test)

    def predicts(uri: str, expected) -> bool:
        return np.array_equal(mlflow.sklearn.load_model(uri).predict(X_test), expected)

    # Train and register; a second run of this script finds the model there and adds versions to it.
    there = client.search_registered_models(f"name = '{name}'")
    say("register", f"{name}: {'there already' if there else 'new'}")
    info, expected = train(1.0)
    number = str(info.registered_model_version)
    client.update_registered_model(name, description="Benign or malignant")
    client.set_registered_model_tag(name, "data", "breast-cancer")

    # Give it a name that callers can rely on, and promote it.
    client.set_registered_model_alias(name, "champion", number)
    say("alias", f"@champion is {name}/{number}")
    client.transition_model_version_stage(name, number, "Staging")
    client.transition_model_version_stage(name, number, "Production", archive_existing_versions=True)
    say("promote", f"{name}/{number} is in Production")

    # A second version is staged beside it.
    second_info, other = train(0.0001)
    second = str(second_info.registered_model_version)
    client.transition_model_version_stage(name, second, "Staging")
    say("promote", f"{name}/{second} is in Staging")

    # Find them again.
    good = client.search_runs([experiment], "metrics.roc_auc > 0.98 AND params.C = '1.0'", order_by=["start_time DESC"])
    check("search finds the run by: metrics.roc_auc > 0.98 AND params.C = '1.0'", good[0].info.run_id == info.run_id)
    found = client.search_model_versions(f"name = '{name}' AND run_id = '{info.run_id}'")
    check(f"search finds {name}/{number} by its run", [str(v.version) for v in found] == [number])

    # Load them by every kind of name.
    for uri, wanted in (
        (f"models:/{name}@champion", expected),
        (f"models:/{name}/{number}", expected),
        (f"models:/{name}/Production", expected),
        (f"models:/{name}/Staging", other),
    ):
        check(f"{uri} predicts the same for all {len(X_test)} rows", predicts(uri, wanted))

    # What a registry is for: somebody overwrites the files that were logged, and deletes the run.
    spoilt = os.path.join(tempfile.mkdtemp(), "model")
    flipped = make_pipeline(StandardScaler(), LogisticRegression()).fit(X_train, 1 - y_train)
    mlflow.sklearn.save_model(flipped, spoilt, pip_requirements=["scikit-learn"])
    client.log_model_artifacts(info.model_id, spoilt)
    client.delete_run(info.run_id)
    say("damage", "the files that were logged were overwritten, and the run was deleted")
    kept = predicts(f"models:/{name}@champion", expected)
    say("kept" if kept else "lost", f"models:/{name}@champion predicts {'as before' if kept else 'something else'}")
    if not kept:
        say("lost", f"{name}/{number} is in Production, and nobody was told that it is another model now")


if __name__ == "__main__":
    main()
