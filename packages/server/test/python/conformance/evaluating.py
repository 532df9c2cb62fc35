"""mlflow.evaluate on a small classifier."""

import mlflow
from suite import capability, equal
from training import classifier, iris, log, signature

CONFIG = {"log_model_explainability": False, "metric_prefix": "val_"}


@capability("evaluate", "mlflow.models.evaluate of a registered classifier logs metrics, plots and the data set")
def evaluate(t):
    t.experiment()
    name = t.name()
    with mlflow.start_run():
        info = log(t, classifier(), signature=signature(), registered_model_name=name)
    run_evaluation = mlflow.models.evaluate if t.major >= 3 else mlflow.evaluate
    uri = f"models:/{info.model_id}" if t.major >= 3 else f"models:/{name}/1"
    data = mlflow.data.from_pandas(iris(), name="iris", targets="species") if t.major >= 3 else iris()
    with mlflow.start_run() as run:
        targets = None if t.major >= 3 else "species"
        result = run_evaluation(uri, data, targets=targets, model_type="classifier", evaluator_config=CONFIG)
    assert result.metrics["val_accuracy_score"] > 0.9, result.metrics
    got = t.client.get_run(run.info.run_id)
    equal(got.data.metrics["val_accuracy_score"], result.metrics["val_accuracy_score"])
    assert got.inputs.dataset_inputs, "the data set is an input of the run"
    paths = [f.path for f in t.client.list_artifacts(run.info.run_id)]
    assert any("confusion_matrix" in path for path in paths), paths
    if t.major >= 3:
        metrics = {m.key: m.value for m in mlflow.get_logged_model(info.model_id).metrics}
        equal(metrics["val_accuracy_score"], result.metrics["val_accuracy_score"])


@capability("evaluate-function", "mlflow.models.evaluate of a function and of predictions in the data")
def of_function(t):
    t.experiment()
    run_evaluation = mlflow.models.evaluate if t.major >= 3 else mlflow.evaluate
    data = iris()[["petal_width", "species"]]
    with mlflow.start_run() as run:
        result = run_evaluation(
            lambda rows: (rows["petal_width"] > 0.8).astype(int) + (rows["petal_width"] > 1.7).astype(int),
            data,
            targets="species",
            model_type="classifier",
            evaluator_config=CONFIG,
        )
    assert result.metrics["val_accuracy_score"] > 0.9
    assert "val_f1_score" in t.client.get_run(run.info.run_id).data.metrics


@capability(
    "evaluation",
    "mlflow.models.evaluate on a named data set becomes an evaluation of the version, and a place on the leaderboard",
    of="assayer",
    clients=(3,),
)
def recorded(t):
    t.experiment()
    name, dataset = t.name(), t.name("iris")
    with mlflow.start_run():
        info = log(t, classifier(), signature=signature(), registered_model_name=name)
    data = mlflow.data.from_pandas(iris(), name=dataset, targets="species")
    config = {"log_model_explainability": False}
    for uri in (f"models:/{info.model_id}", f"models:/{name}/1"):
        with mlflow.start_run() as run:
            result = mlflow.models.evaluate(uri, data, model_type="classifier", evaluator_config=config)
        newest = t.native(f"/models/{name}/versions/1/evaluations")["items"][0]
        equal(newest["dataset"], {"name": dataset, "digest": data.digest})
        equal(newest["metrics"], result.metrics)
        equal((newest["n"], newest["source"]["run_id"]), (len(iris()), run.info.run_id))
    equal(len(t.native(f"/models/{name}/versions/1/evaluations")["items"]), 2)
    ranked = t.native(f"/datasets/{dataset}/leaderboard", metric="accuracy_score")["items"]
    equal([(row["rank"], row["model"], row["number"]) for row in ranked], [(1, name, 1)])
    assert ranked[0]["interval"]["low"] < result.metrics["accuracy_score"], ranked
