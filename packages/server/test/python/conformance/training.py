"""Small real models, made once and in no time."""

import functools

import numpy as np
import pandas as pd
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

FEATURES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
NO_INFERENCE = {"pip_requirements": ["scikit-learn"]}  # or every model costs an interpreter that imports everything


@functools.cache
def iris() -> pd.DataFrame:
    """150 rows: four features and `species`, one of 0, 1, 2."""
    X, y = load_iris(return_X_y=True)
    return pd.DataFrame(X, columns=FEATURES).assign(species=y)


def features() -> pd.DataFrame:
    return iris()[FEATURES]


@functools.cache
def classifier(strength: float = 1.0) -> LogisticRegression:
    return LogisticRegression(C=strength, max_iter=500).fit(features(), iris()["species"])


@functools.cache
def constant(answer: int):
    """A model that can be told from every other by what it predicts."""
    from sklearn.dummy import DummyClassifier

    return DummyClassifier(strategy="constant", constant=answer).fit(features(), iris()["species"])


@functools.cache
def onnx_classifier():
    from skl2onnx import to_onnx

    return to_onnx(classifier(), features().to_numpy()[:1].astype(np.float32), options={"zipmap": False})


def signature():
    from mlflow.models import infer_signature

    return infer_signature(features(), classifier().predict(features()))


def log(test, model, name: str = "model", flavor=None, **more):
    """`log_model` under the name that the client of either line takes."""
    import mlflow

    flavor = flavor or mlflow.sklearn
    more.setdefault("pip_requirements", NO_INFERENCE["pip_requirements"])
    if flavor is mlflow.pyfunc:
        more["python_model"] = model
        return flavor.log_model(**{"name" if test.major >= 3 else "artifact_path": name}, **more)
    return flavor.log_model(model, **{"name" if test.major >= 3 else "artifact_path": name}, **more)


def same(loaded, expected=None) -> None:
    """The loaded model predicts what `expected` (the classifier) does."""
    wanted = (expected or classifier()).predict(features())
    got = np.asarray(loaded.predict(features())).reshape(-1)
    assert np.array_equal(got, wanted), f"predicts {got[:5]} …, wanted {wanted[:5]} …"
