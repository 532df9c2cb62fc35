"""Train a regressor with scikit-learn, convert it to ONNX, and take it through Assayer.

    python examples/sklearn_onnx.py

An ONNX file states its inputs and outputs: the server reads them and makes them the signature of the version. Loading
it runs nothing but its operators.
"""

import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeRegressor

from walkthrough import (
    check,
    digest_of,
    git_commit,
    run,
    say,
    say_artifact,
    say_history,
    say_promotion,
    say_register,
    say_seal,
    say_version,
    start,
)

FILE = "model.onnx"
TOLERANCE = 1e-3  # of a target between 25 and 346: ONNX computes in float32, scikit-learn in float64

CARD = """---
license: bsd-3-clause
library_name: onnx
tags: [tabular-regression]
---
# Progression of diabetes

Gradient boosting on ten measurements of a patient. Predicts a score of how far the disease has come a year later.
For demonstration only: not for use in medicine.
"""


def main() -> None:
    registry, name = start(__doc__.splitlines()[0], model="diabetes")
    X, y = load_diabetes(return_X_y=True)
    X = X.astype(np.float32)  # as the converted model takes it
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=0)

    def measured(model) -> dict[str, float]:
        """Metrics on the rows that were held out."""
        predicted = model.predict(X_test)
        return {
            "rmse": float(root_mean_squared_error(y_test, predicted)),
            "mae": float(mean_absolute_error(y_test, predicted)),
            "r2": float(r2_score(y_test, predicted)),
        }

    def described(algorithm: str, model) -> dict:
        """What both versions say of themselves."""
        return {
            "description": f"{algorithm} as ONNX",
            "tags": {"data": "diabetes", "algorithm": algorithm},
            "properties": {"training": {"rows": len(X_train), "features": X.shape[1]}, "converted_from": "sklearn"},
            "card": CARD,
            "framework": "onnx",
            "lineage": {**git_commit(), "datasets": [{"name": "diabetes", "digest": digest_of(X, y)}]},
            "metrics": measured(model),
        }

    def convert(model, file: Path) -> None:
        # A symbolic first dimension: any number of rows.
        file.write_bytes(to_onnx(model, X_train[:1], target_opset={"": 18, "ai.onnx.ml": 3}).SerializeToString())

    def predictions(file: Path) -> np.ndarray:
        session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        return session.run(None, {session.get_inputs()[0].name: X_test})[0].ravel()

    with tempfile.TemporaryDirectory() as folder:
        # Train, convert, and see that the conversion says what the original says.
        model = GradientBoostingRegressor(n_estimators=60, max_depth=2, random_state=0).fit(X_train, y_train)
        file = Path(folder, FILE)
        convert(model, file)
        expected = predictions(file)
        say("train", f"gradient boosting on {len(X_train)} rows, measured on {len(X_test)} others")
        furthest = float(np.abs(expected - model.predict(X_test)).max())
        check(f"onnxruntime predicts what scikit-learn predicts, within {TOLERANCE} of y", furthest < TOLERANCE)

        # Register the model; a second run finds it there and adds versions to it.
        about = {"description": "Progression of diabetes", "owner": "examples", "tags": {"data": "diabetes"}}
        say_register(*registry.register(name, **about))

        # Create a version, upload its artifact, look at what the server read in it, and seal.
        version = registry.create_version(name, **described("gradient-boosting", model))
        number = version["number"]
        say_version(version)
        say_artifact(registry.upload(name, number, FILE, file))
        sealed = registry.seal(name, number)
        say_seal(sealed)
        for side in ("inputs", "outputs"):  # nobody sent this: it was read from the file
            for tensor in (sealed["signature"] or {}).get(side, []):
                say("signature", f"{side}: {tensor['name']} {tensor['type']} {tensor.get('shape')}")

        # Promote it, and give it a name that callers can rely on.
        say_promotion(registry.promote(name, number, "staging"))
        say_promotion(registry.promote(name, number, "production", reason="the best so far"))
        registry.set_alias(name, "champion", number)
        say("alias", f"@champion is {name}/{number}")

        # Find it again, as a colleague would who does not know its name.
        wanted = "metrics.rmse < 60 AND NOT metrics.r2 < 0.3 AND tags.data IN ('diabetes', 'insulin')"
        found = [(one["model"], one["number"]) for one in registry.versions(filter=wanted, sort="metrics.rmse")]
        check(f"search finds {name}/{number} by: {wanted}", (name, number) in found)
        found = [one["name"] for one in registry.models(q="diabetes progress")]
        check(f"search finds {name} by the words: diabetes progress", name in found)

        # A second version goes live, turns out to be worse, and is rolled back.
        stump = DecisionTreeRegressor(max_depth=1, random_state=0).fit(X_train, y_train)
        second = registry.create_version(name, **described("decision-stump", stump))
        say_version(second)
        convert(stump, Path(folder, "stump.onnx"))
        say_artifact(registry.upload(name, second["number"], FILE, Path(folder, "stump.onnx")))
        registry.seal(name, second["number"])
        say_promotion(registry.promote(name, second["number"], "staging"))
        say_promotion(registry.promote(name, second["number"], "production"))
        live = registry.version(name, "production")["number"]
        check(f"production is {name}/{live}, the second one", live == second["number"])
        back = registry.rollback(name, reason=f"rmse rose to {second['metrics']['rmse']:.1f}")
        say("rollback", f"{name}/{back['number']} is back in {back['to']}, {back['superseded']} left: {back['reason']}")
        live = registry.version(name, "production")["number"]
        check(f"production is {name}/{live}, the first one again", live == number)

        # Pull the live model and use it.
        for ref in ("@champion", "production"):
            pulled = Path(folder, f"pulled.{FILE}")
            sha256 = registry.download(name, ref, FILE, pulled)
            same = pulled.read_bytes() == file.read_bytes()
            check(f"{ref} {FILE} came back byte for byte, sha256 {sha256[:12]}…", same)
            equal = np.array_equal(predictions(pulled), expected)
            check(f"{ref} {FILE} predicts the same for all {len(X_test)} rows", equal)

    say_history(registry, name)


if __name__ == "__main__":
    run(main)
