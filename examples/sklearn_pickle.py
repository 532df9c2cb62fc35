"""Train a classifier with scikit-learn, save it with pickle, and take it through Assayer.

    python examples/sklearn_pickle.py

Every step is one call of the REST API; `assayer_rest.py` is the client that you would copy.
"""

import pickle
import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

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

PROTOCOLS = (0, 2, 4, 5)  # 0 is text and the oldest; 2 is what Python 2 writes; 4 and 5 are today's

CARD = """---
license: bsd-3-clause
library_name: sklearn
tags: [tabular-classification]
---
# Benign or malignant

A logistic regression on thirty measurements of cell nuclei. Predicts 1 for benign, 0 for malignant.
For demonstration only: not for use in medicine.
"""


def main() -> None:
    registry, name = start(__doc__.splitlines()[0], model="breast-cancer")
    X, y = load_breast_cancer(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=0, stratify=y)

    def measured(model) -> dict[str, float]:
        """Metrics on the rows that were held out."""
        probabilities = model.predict_proba(X_test)[:, 1]
        return {
            "accuracy": float(accuracy_score(y_test, model.predict(X_test))),
            "roc_auc": float(roc_auc_score(y_test, probabilities)),
        }

    lineage = {**git_commit(), "datasets": [{"name": "breast-cancer", "digest": digest_of(X, y)}]}
    training = {"rows": len(X_train), "features": X.shape[1], "random_state": 0, "scaled": True}

    with tempfile.TemporaryDirectory() as folder:
        # Train, and save under several protocols of pickle: one artifact each.
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(X_train, y_train)
        expected = model.predict_proba(X_test)
        files = {f"model.protocol-{protocol}.pkl": protocol for protocol in PROTOCOLS}
        for file, protocol in files.items():
            Path(folder, file).write_bytes(pickle.dumps(model, protocol=protocol))
        say("train", f"logistic regression on {len(X_train)} rows, measured on {len(X_test)} others")

        # Register the model; a second run finds it there and adds versions to it.
        about = {"description": "Benign or malignant", "owner": "examples", "tags": {"data": "breast-cancer"}}
        say_register(*registry.register(name, **about))

        # Create a version, upload its artifacts, look at what the server read in them, and seal.
        version = registry.create_version(
            name,
            description="Logistic regression on scaled measurements",
            tags={"data": "breast-cancer", "algorithm": "logistic-regression"},
            properties={"training": training},
            card=CARD,
            framework="sklearn",
            lineage=lineage,
            metrics=measured(model),
        )
        number = version["number"]
        say_version(version)
        for file in files:
            say_artifact(registry.upload(name, number, file, Path(folder, file)))
        sealed = registry.seal(name, number)
        say_seal(sealed)

        # Promote it, and give it a name that callers can rely on.
        say_promotion(registry.promote(name, number, "staging"))
        say_promotion(registry.promote(name, number, "production", reason="the best so far"))
        registry.set_alias(name, "champion", number)
        say("alias", f"@champion is {name}/{number}")

        # Find it again, as a colleague would who does not know its name.
        wanted = (
            "status = 'production' AND metrics.accuracy >= 0.95 AND tags.data = 'breast-cancer' "
            "AND properties.training.rows > 400"
        )
        found = [(one["model"], one["number"]) for one in registry.versions(filter=wanted)]
        check(f"search finds {name}/{number} by: {wanted}", (name, number) in found)
        found = [one["name"] for one in registry.models(q="breast canc")]
        check(f"search finds {name} by the words: breast canc", name in found)

        # A second version goes live, turns out to be worse, and is rolled back.
        columns = slice(0, 1)  # of thirty measurements it sees one
        narrow = LogisticRegression().fit(X_train[:, columns], y_train)
        metrics = {"accuracy": float(accuracy_score(y_test, narrow.predict(X_test[:, columns])))}
        second = registry.create_version(
            name,
            description="Sees the mean radius only",
            tags={"data": "breast-cancer", "algorithm": "logistic-regression"},
            framework="sklearn",
            lineage={**lineage, "base": {"model": name, "version": number, "relation": "retrained"}},
            metrics=metrics,
        )
        say_version(second)
        Path(folder, "narrow.pkl").write_bytes(pickle.dumps(narrow))
        say_artifact(registry.upload(name, second["number"], "model.pkl", Path(folder, "narrow.pkl")))
        registry.seal(name, second["number"])
        say_promotion(registry.promote(name, second["number"], "staging"))
        say_promotion(registry.promote(name, second["number"], "production"))
        live = registry.version(name, "production")["number"]
        check(f"production is {name}/{live}, the second one", live == second["number"])
        back = registry.rollback(name, reason=f"accuracy fell to {metrics['accuracy']:.3f}")
        say("rollback", f"{name}/{back['number']} is back in {back['to']}, {back['superseded']} left: {back['reason']}")
        live = registry.version(name, "production")["number"]
        check(f"production is {name}/{live}, the first one again", live == number)

        # Pull the live model and use it.
        for ref in ("@champion", "production"):
            for file, protocol in files.items():
                pulled = Path(folder, f"pulled.{file}")
                sha256 = registry.download(name, ref, file, pulled)
                same = pulled.read_bytes() == Path(folder, file).read_bytes()
                check(f"{ref} {file} came back byte for byte, sha256 {sha256[:12]}…", same)
                # Loading a pickle runs what is in it. These bytes were just compared with the ones that this very
                # program made; never load others because a registry, even this one, calls them clean.
                loaded = pickle.loads(pulled.read_bytes())
                equal = np.array_equal(loaded.predict_proba(X_test), expected)
                check(f"{ref} {file} predicts the same for all {len(X_test)} rows (protocol {protocol})", equal)

    say_history(registry, name)


if __name__ == "__main__":
    run(main)
