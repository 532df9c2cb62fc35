"""Train a random forest with scikit-learn, save it with joblib, and take it through Assayer.

    python examples/sklearn_joblib.py

joblib writes NumPy arrays beside the pickle stream, compressed or not; the server reads through both without loading
anything.
"""

import tempfile
from pathlib import Path

import joblib
import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split

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

FILES = {"model.joblib": 0, "model.zlib.joblib": ("zlib", 3), "model.gzip.joblib": ("gzip", 3)}

CARD = """---
license: bsd-3-clause
library_name: sklearn
tags: [image-classification]
---
# Handwritten digits

A random forest on pictures of 8 by 8 pixels, each from 0 (white) to 16 (black). Predicts the digit.
"""


def main() -> None:
    registry, name = start(__doc__.splitlines()[0], model="digits")
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=0, stratify=y)

    def measured(model) -> dict[str, float]:
        """Metrics on the rows that were held out."""
        probabilities = model.predict_proba(X_test)
        return {
            "accuracy": float(accuracy_score(y_test, model.predict(X_test))),
            "log_loss": float(log_loss(y_test, probabilities)),
        }

    def described(trees: int, depth: int | None, model) -> dict:
        """What both versions say of themselves."""
        return {
            "description": f"Random forest of {trees} trees",
            "tags": {"data": "digits", "algorithm": "random-forest"},
            "properties": {"training": {"rows": len(X_train), "trees": trees, "depth": depth or "unbounded"}},
            "card": CARD,
            "framework": "sklearn",
            "lineage": {**git_commit(), "datasets": [{"name": "digits", "digest": digest_of(X, y)}]},
            "metrics": measured(model),
        }

    with tempfile.TemporaryDirectory() as folder:
        # Train, and save once as it is and twice compressed: one artifact each.
        model = RandomForestClassifier(n_estimators=40, random_state=0).fit(X_train, y_train)
        expected = model.predict_proba(X_test)
        for file, compress in FILES.items():
            joblib.dump(model, Path(folder, file), compress=compress)
        say("train", f"random forest on {len(X_train)} rows, measured on {len(X_test)} others")

        # Register the model; a second run finds it there and adds versions to it.
        about = {"description": "Handwritten digits", "owner": "examples", "tags": {"data": "digits"}}
        say_register(*registry.register(name, **about))

        # Create a version, upload its artifacts, look at what the server read in them, and seal.
        version = registry.create_version(name, **described(40, None, model))
        number = version["number"]
        say_version(version)
        for file in FILES:
            say_artifact(registry.upload(name, number, file, Path(folder, file)))
        sealed = registry.seal(name, number)
        say_seal(sealed)

        # Promote it, and give it a name that callers can rely on.
        say_promotion(registry.promote(name, number, "staging"))
        say_promotion(registry.promote(name, number, "production", reason="the best so far"))
        registry.set_alias(name, "champion", number)
        say("alias", f"@champion is {name}/{number}")

        # Find it again, as a colleague would who does not know its name.
        wanted = "alias = 'champion' AND metrics.log_loss < 0.5 AND tags.algorithm LIKE 'random%'"
        found = [(one["model"], one["number"]) for one in registry.versions(filter=wanted, sort="metrics.log_loss")]
        check(f"search finds {name}/{number} by: {wanted}", (name, number) in found)
        found = [one["name"] for one in registry.models(q="handwritten digit")]
        check(f"search finds {name} by the words: handwritten digit", name in found)

        # A second version goes live, turns out to be worse, and is rolled back.
        small = RandomForestClassifier(n_estimators=3, max_depth=3, random_state=0).fit(X_train, y_train)
        second = registry.create_version(name, **described(3, 3, small))
        say_version(second)
        joblib.dump(small, Path(folder, "small.joblib"), compress=3)
        say_artifact(registry.upload(name, second["number"], "model.joblib", Path(folder, "small.joblib")))
        registry.seal(name, second["number"])
        say_promotion(registry.promote(name, second["number"], "staging"))
        say_promotion(registry.promote(name, second["number"], "production"))
        live = registry.version(name, "production")["number"]
        check(f"production is {name}/{live}, the second one", live == second["number"])
        back = registry.rollback(name, reason=f"accuracy fell to {second['metrics']['accuracy']:.3f}")
        say("rollback", f"{name}/{back['number']} is back in {back['to']}, {back['superseded']} left: {back['reason']}")
        live = registry.version(name, "production")["number"]
        check(f"production is {name}/{live}, the first one again", live == number)

        # Pull the live model and use it.
        for ref in ("@champion", "production"):
            for file in FILES:
                pulled = Path(folder, f"pulled.{file}")
                sha256 = registry.download(name, ref, file, pulled)
                same = pulled.read_bytes() == Path(folder, file).read_bytes()
                check(f"{ref} {file} came back byte for byte, sha256 {sha256[:12]}…", same)
                # joblib.load runs what is in the file, as pickle does. These bytes were just compared with the ones
                # that this very program made; never load others because a registry, even this one, calls them clean.
                loaded = joblib.load(pulled)
                equal = np.array_equal(loaded.predict_proba(X_test), expected)
                check(f"{ref} {file} predicts the same for all {len(X_test)} rows", equal)

    say_history(registry, name)


if __name__ == "__main__":
    run(main)
