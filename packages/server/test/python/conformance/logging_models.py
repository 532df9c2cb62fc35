"""Models that are logged: by flavor, by autolog, and as MLflow 3's logged models."""

import os

import mlflow
import numpy as np
import yaml
from suite import capability, equal
from training import FEATURES, classifier, features, iris, log, onnx_classifier, same, signature


def model_file(t, info) -> dict:
    folder = mlflow.artifacts.download_artifacts(info.model_uri, dst_path=str(t.file("model/.keep").parent))
    with open(os.path.join(folder, "MLmodel")) as file:
        return yaml.safe_load(file)


@capability("autolog-sklearn", "sklearn autolog keeps params, metrics, the data set, the model and its signature")
def autolog(t):
    experiment = t.experiment()
    from sklearn.linear_model import LogisticRegression

    name = t.name()
    mlflow.sklearn.autolog(log_input_examples=True, registered_model_name=name, silent=True)
    with mlflow.start_run() as run:
        fitted = LogisticRegression(C=0.5, max_iter=300).fit(features(), iris()["species"])
        fitted.score(features(), iris()["species"])
    mlflow.sklearn.autolog(disable=True)
    got = t.client.get_run(run.info.run_id)
    equal((got.data.params["C"], got.data.params["max_iter"]), ("0.5", "300"))
    assert got.data.metrics["training_accuracy_score"] > 0.9
    assert any(key.startswith("LogisticRegression_score") for key in got.data.metrics)
    equal(got.data.tags["estimator_name"], "LogisticRegression")
    equal(len(got.inputs.dataset_inputs), 1)
    assert "training_confusion_matrix.png" in [f.path for f in t.client.list_artifacts(run.info.run_id)]
    version = t.client.get_model_version(name, "1")
    equal(version.run_id, run.info.run_id)
    folder = mlflow.artifacts.download_artifacts(f"models:/{name}/1", dst_path=str(t.folder))
    loaded = mlflow.pyfunc.load_model(folder)
    same(loaded, fitted)
    with open(os.path.join(folder, "requirements.txt")) as file:
        assert "scikit-learn==" in file.read(), "the requirements were found out"
    equal(loaded.metadata.signature.inputs.input_names(), FEATURES)
    if t.major >= 3:
        (model,) = mlflow.search_logged_models([experiment], output_format="list")
        equal((model.source_run_id, model.status.name), (run.info.run_id, "READY"))


@capability("log-model-sklearn", "sklearn.log_model with signature and input example, registered at once")
def sklearn(t):
    t.experiment()
    name = t.name()
    with mlflow.start_run() as run:
        example = features()[:3]
        info = log(t, classifier(), signature=signature(), input_example=example, registered_model_name=name)
        again = log(t, classifier(), "again", signature=signature(), registered_model_name=name)
    same(mlflow.sklearn.load_model(info.model_uri))
    same(mlflow.pyfunc.load_model(again.model_uri))
    equal(
        [int(v.version) for v in t.client.search_model_versions(f"name = '{name}'", order_by=["version_number ASC"])],
        [1, 2],
    )
    equal(t.client.get_model_version(name, "1").run_id, run.info.run_id)
    described = model_file(t, info)
    equal(sorted(described["flavors"]), ["python_function", "sklearn"])
    assert "petal_width" in described["signature"]["inputs"]
    equal(mlflow.pyfunc.load_model(f"models:/{name}/1").input_example.shape, (3, 4))


@capability("log-model-onnx", "onnx.log_model with signature and input example, and what ONNX Runtime predicts")
def onnx(t):
    t.experiment()
    name = t.name()
    example = features().to_numpy()[:2].astype(np.float32)
    with mlflow.start_run():
        info = log(
            t,
            onnx_classifier(),
            "onnx",
            mlflow.onnx,
            signature=mlflow.models.infer_signature(example, np.array([0, 0], dtype=np.int64)),
            input_example=example,
            registered_model_name=name,
            pip_requirements=["onnx", "onnxruntime"],
        )
    equal(sorted(model_file(t, info)["flavors"]), ["onnx", "python_function"])
    loaded = mlflow.pyfunc.load_model(f"models:/{name}/1")
    predicted = loaded.predict(features().to_numpy().astype(np.float32))
    equal(np.asarray(predicted["label"]).reshape(-1).tolist(), classifier().predict(features()).tolist())
    equal(mlflow.onnx.load_model(f"models:/{name}/1").graph.name, onnx_classifier().graph.name)


class Doubling(mlflow.pyfunc.PythonModel):
    """A model of one's own, with an artifact beside it."""

    def load_context(self, context):
        with open(context.artifacts["factor"]) as file:
            self.factor = int(file.read())

    def predict(self, context, model_input, params=None):
        return model_input * self.factor


@capability("log-model-pyfunc", "pyfunc.log_model with a model of one's own, artifacts, signature and input example")
def pyfunc(t):
    import pandas as pd

    t.experiment()
    name, factor = t.name(), t.file("factor.txt", "2")
    example = pd.DataFrame({"x": [1.0, 2.0]})
    with mlflow.start_run():
        info = log(
            t,
            Doubling(),
            "doubling",
            mlflow.pyfunc,
            artifacts={"factor": str(factor)},
            signature=mlflow.models.infer_signature(example, example * 2),
            input_example=example,
            registered_model_name=name,
            pip_requirements=["pandas"],
        )
    for uri in (info.model_uri, f"models:/{name}/1"):
        equal(mlflow.pyfunc.load_model(uri).predict(example)["x"].tolist(), [2.0, 4.0])


@capability(
    "logged-model", "Logged models are created, finished, tagged, deleted, and carry params and metrics", clients=(3,)
)
def logged_model(t):
    experiment = t.experiment()
    with mlflow.start_run() as run:
        model = mlflow.initialize_logged_model("net", tags={"a": "1"}, params={"lr": "0.1"}, model_type="agent")
        equal(t.client.get_logged_model(model.model_id).status.name, "PENDING")
        mlflow.log_metric("auc", 0.5, step=1, model_id=model.model_id)
        mlflow.log_metrics({"auc": 0.9, "loss": 0.1}, step=2, model_id=model.model_id)
        mlflow.log_model_params({"depth": 3}, model_id=model.model_id)
        mlflow.set_logged_model_tags(model.model_id, {"b": "2"})
        t.client.log_model_artifact(model.model_id, str(t.file("extra.txt", "extra")))
        mlflow.finalize_logged_model(model.model_id, "READY")
    got = mlflow.get_logged_model(model.model_id)
    equal((got.name, got.status.name, got.model_type, got.source_run_id), ("net", "READY", "agent", run.info.run_id))
    equal(got.experiment_id, experiment)
    equal({m.key: m.value for m in got.metrics}, {"auc": 0.9, "loss": 0.1})
    equal(got.params, {"lr": "0.1", "depth": "3"})
    equal((got.tags["a"], got.tags["b"]), ("1", "2"))
    equal(got.artifact_location, f"mlflow-artifacts:/{experiment}/models/{model.model_id}/artifacts")
    equal([f.path for f in t.client.list_logged_model_artifacts(model.model_id)], ["extra.txt"])
    mlflow.delete_logged_model_tag(model.model_id, "a")
    assert "a" not in mlflow.get_logged_model(model.model_id).tags
    with t.refuses("RESOURCE_DOES_NOT_EXIST"):
        mlflow.delete_logged_model_tag(model.model_id, "a")
    equal(t.client.get_run(run.info.run_id).data.metrics, {"auc": 0.9, "loss": 0.1})
    t.client.delete_logged_model(model.model_id)
    with t.refuses("RESOURCE_DOES_NOT_EXIST"):
        mlflow.get_logged_model(model.model_id)
    equal(mlflow.search_logged_models([experiment], output_format="list"), [])
    with t.refuses("RESOURCE_DOES_NOT_EXIST"):
        mlflow.get_logged_model("m-" + "0" * 32)


@capability(
    "logged-model-search",
    "Logged models are searched by name, params, tags and metrics, ordered, page after page",
    clients=(3,),
)
def search(t):
    experiment = t.experiment()
    with mlflow.start_run():
        for n in range(5):
            model = mlflow.initialize_logged_model(f"net-{n % 2}", tags={"n": str(n)}, params={"depth": n})
            mlflow.log_metric("auc", n / 10, model_id=model.model_id)
            if n != 4:
                mlflow.finalize_logged_model(model.model_id, "READY")

    def found(filter=None, order=None):
        models = mlflow.search_logged_models([experiment], filter, order_by=order, output_format="list")
        return [int(model.tags["n"]) for model in models]

    equal(found(), [4, 3, 2, 1, 0])
    equal(found("name = 'net-1'"), [3, 1])
    equal(found("metrics.auc > 0.15 AND params.depth != '3'"), [4, 2])
    equal(found("tags.n = '2'"), [2])
    equal(found(order=[{"field_name": "metrics.auc", "ascending": True}]), [0, 1, 2, 3, 4])
    first = t.client.search_logged_models([experiment], max_results=3)
    rest = t.client.search_logged_models([experiment], max_results=3, page_token=first.token)
    equal((len(first), len(rest), rest.token or None), (3, 2, None))
    table = mlflow.search_logged_models([experiment], "name = 'net-0'")
    equal(len(table), 3)


@capability(
    "logged-model-external", "Models that live elsewhere and active models are logged models, too", clients=(3,)
)
def external(t):
    t.experiment()
    model = mlflow.create_external_model("elsewhere", params={"region": "eu"}, model_type="agent")
    equal(mlflow.get_logged_model(model.model_id).params, {"region": "eu"})
    active = mlflow.set_active_model(name="agent-1")
    equal(mlflow.set_active_model(name="agent-1").model_id, active.model_id)
    equal(mlflow.get_active_model_id(), active.model_id)
