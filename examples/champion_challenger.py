"""A challenger is refused, improves, is approved by somebody else, goes live, and is rolled back to the champion.

    npm run example

Or against a server that runs already: python examples/champion_challenger.py --server URL. Both are trained on one
data set. A policy says what a version has to meet to go live; every door of Assayer asks it. What each version was judged
by, and by whom, ends up in a pack of evidence that is verified without a server.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import joblib
import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from assayer_rest import Assayer, Problem, encoded, version_path
from walkthrough import (
    actor,
    check,
    digest_of,
    flags,
    git_commit,
    run,
    say,
    say_artifact,
    say_history,
    say_promotion,
    say_register,
    say_seal,
    say_version,
)

FILE = "model.joblib"
HOLDOUT = "breast-cancer-holdout"
ROOT = Path(__file__).resolve().parent.parent

CARD = """---
license: bsd-3-clause
library_name: sklearn
pipeline_tag: tabular-classification
tags: [tabular-classification]
---
# Benign or malignant

Predicts from measurements of cell nuclei whether a breast mass is benign.
For demonstration only: not for use in medicine.
"""

# What a version has to meet to be in production. One version is there at a time, and somebody else has to approve it.
ON_HOLDOUT = {"dataset": {"name": HOLDOUT}}
POLICY = {
    "statuses": {
        "production": {
            "single": True,
            "approvals": 1,
            "checks": [
                {"check": "verdict", "not_worse_than": "clean"},
                {"check": "has", "fields": ["card", "lineage.datasets"]},
                {"check": "evaluated_on", "within_days": 30, **ON_HOLDOUT},
                {"check": "metric", "metric": "accuracy", "comparator": ">=", "value": 0.92, **ON_HOLDOUT},
                {"check": "not_worse_than_live", "metric": "auc", "tolerance": 0.002, **ON_HOLDOUT},
            ],
        }
    }
}


def main() -> None:
    parser = flags(__doc__.splitlines()[0], model="tumours")
    parser.add_argument("--charts", metavar="DIR", type=Path, help="save the charts there as SVG, light and dark")
    given = parser.parse_args()
    registry, name = Assayer(given.server, actor=actor()), given.model
    reviewer = Assayer(given.server, actor=os.environ.get("ASSAYER_REVIEWER", "grace"))

    X, y = load_breast_cancer(return_X_y=True)
    X_train, X_holdout, y_train, y_holdout = train_test_split(X, y, test_size=0.4, random_state=7, stratify=y)
    holdout = {"name": HOLDOUT, "digest": digest_of(X_holdout, y_holdout)}
    say("data", f"{holdout['name']}: {len(y_holdout)} rows that no model is trained on, {holdout['digest'][:19]}…")
    radius, texture = X_holdout[:, 0], X_holdout[:, 1]
    slices = {
        "radius=small": radius < np.median(X_train[:, 0]),
        "radius=large": radius >= np.median(X_train[:, 0]),
        "texture=smooth": texture < np.median(X_train[:, 1]),
        "texture=rough": texture >= np.median(X_train[:, 1]),
    }

    def publish(model, algorithm: str, folder: Path, card: str | None) -> dict:
        """Trains, publishes and seals a version, and records what it comes to on the holdout."""
        model.fit(X_train, y_train)
        probability = model.predict_proba(X_holdout)[:, 1]
        version = registry.create_version(
            name,
            description=algorithm,
            tags={"algorithm": algorithm},
            framework="sklearn",
            lineage={**git_commit(), "datasets": [{"name": "breast-cancer", "digest": digest_of(X, y)}]},
            metrics=measured(y_holdout, probability),
            **({"card": card} if card else {}),
        )
        number = version["number"]
        say_version(version)
        folder.mkdir()
        joblib.dump(model, folder / FILE)
        say_artifact(registry.upload(name, number, FILE, folder / FILE))
        sealed = registry.seal(name, number)
        say_seal(sealed)
        evaluation = registry.evaluate(
            name,
            number,
            dataset=holdout,
            n=len(y_holdout),
            metrics=measured(y_holdout, probability),
            slices=[
                {"slice": key, "n": int(rows.sum()), "metrics": measured(y_holdout[rows], probability[rows])}
                for key, rows in slices.items()
            ],
            curves=curves(y_holdout, probability),
            evaluator="scikit-learn",
        )
        say_evaluation(evaluation)
        return sealed

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        about = {"description": "Benign or malignant", "owner": "examples", "tags": {"data": "breast-cancer"}}
        say_register(*registry.register(name, **about))

        # The champion looks at five measurements only. Nobody has set a policy yet, so that it goes live at once.
        five = make_column_transformer(("passthrough", list(range(5))))
        model = make_pipeline(five, StandardScaler(), LogisticRegression())
        champion = publish(model, "logistic regression on five measurements", folder / "champion", CARD)
        go_live(registry, reviewer, name, champion["number"], "the first one")
        registry.set_alias(name, "champion", champion["number"])
        policy = registry.set_policy(name, POLICY)
        checks = policy["statuses"]["production"]["checks"]
        say("policy", f"{name}, version {policy['version']}: production asks for {len(checks)} checks and 1 approval")

        # The challenger is worse, and says nothing of itself: each failed check is named, with what would make it pass.
        model = DecisionTreeClassifier(max_depth=2, random_state=0)
        challenger = publish(model, "decision tree of depth 2", folder / "challenger", None)
        refused(lambda: registry.promote(name, challenger["number"], "production", reason="a tree is easy to read"))
        live = registry.version(name, "production")["number"]
        check(f"production is still {name}/{live}, the champion", live == champion["number"])

        # A better one, with a card. The dry run says beforehand what is missing: an approval.
        model = RandomForestClassifier(n_estimators=50, random_state=0)
        improved = publish(model, "random forest on all measurements", folder / "improved", CARD)
        number = improved["number"]
        asked = registry.check(name, number, "production")
        passed = f"{sum(one['outcome'] == 'passed' for one in asked['checks'])} of {len(asked['checks'])} checks pass"
        say("dry run", f"{name}/{number} to production: {asked['outcome']}, {passed}")
        promotion = registry.promote(name, number, "production", reason="finds more of the large tumours")
        say("request", f"promotion {promotion['id']} is {promotion['state']}, approvals: {promotion['approvals_needed']}")
        say("request", f"{given.server}/api/v1/promotions/{promotion['id']}")
        refused(lambda: registry.approve(promotion["id"], reason="mine, and good"))
        decided = reviewer.approve(promotion["id"], reason="the slices hold")
        by = ", ".join(one["by"] for one in decided["approvals"])
        say("approve", f"promotion {decided['id']} was approved by {by}, and is {decided['state']}")
        say_promotion(decided)
        was = registry.version(name, champion["number"])["status"]
        check(f"{name}/{champion['number']}, the champion, was archived by the same promotion", was == "archived")

        # Like is compared with like only: the same data set, by its digest.
        for one in registry.leaderboard(HOLDOUT, "auc", digest=holdout["digest"]):
            if one["model"] == name:
                say("ranking", f"{one['rank']}. {name}/{one['number']} auc {one['value']:.4f} ({one['status']})")
        numbers = [champion["number"], challenger["number"], number]
        show_charts(registry, given.server, name, numbers, given.charts)

        # The evidence of the live version, verified by a program that asks no server.
        pack = folder / "evidence.zip"
        registry.evidence(name, number, pack)
        key = registry.call("GET", "/ledger/key").text.strip()
        url = f"{given.server}/api/v1{version_path(name, number)}/evidence.zip"
        say("evidence", f"{url}: {pack.stat().st_size:,} bytes")
        code, told = verify(pack, "--key", key, "--artifacts", str(folder / "improved"))
        for line in told:
            say("verify", line)
        check("the pack of evidence holds", code == 0)
        damaged = bytearray(pack.read_bytes())
        damaged[damaged.index(b'"production"') + 1] ^= 1
        pack.write_bytes(damaged)
        code, told = verify(pack, "--key", key)
        for line in told[:2]:
            say("verify", line.strip())
        check("with one bit changed it does not", code == 1)

        back = registry.rollback(name, reason="a drill: the champion has to be able to come back")
        say("rollback", f"{name}/{back['number']} is back in {back['to']}, {back['superseded']} left: {back['reason']}")
        live = registry.version(name, "production")["number"]
        check(f"production is {name}/{live}, the champion again", live == champion["number"])

    say_history(registry, name, most=40)


def measured(truth: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    predicted = probability >= 0.5
    return {
        "accuracy": float(accuracy_score(truth, predicted)),
        "auc": float(roc_auc_score(truth, probability)),
        "f1": float(f1_score(truth, predicted)),
        "log_loss": float(log_loss(truth, probability)),
    }


def curves(truth: np.ndarray, probability: np.ndarray) -> dict:
    """Points from which the server draws; it computes none itself."""
    fpr, tpr, _ = roc_curve(truth, probability)
    precision, recall, _ = precision_recall_curve(truth, probability)
    return {
        "roc": [{"fpr": float(x), "tpr": float(y)} for x, y in zip(fpr, tpr)],
        "precision_recall": [
            {"recall": float(x), "precision": float(y)} for x, y in zip(recall[::-1], precision[::-1])
        ],
        "confusion": {
            "labels": ["malignant", "benign"],
            "counts": confusion_matrix(truth, probability >= 0.5).tolist(),
        },
    }


def say_evaluation(evaluation: dict) -> None:
    def worded(metrics: dict) -> str:
        return ", ".join(f"{key} {value:.4g}" for key, value in sorted(metrics.items()))

    name = f"{evaluation['model']}/{evaluation['number']}"
    say("evaluate", f"{name} on {evaluation['dataset']['name']}, n={evaluation['n']}: {worded(evaluation['metrics'])}")
    for one in evaluation["slices"]:
        say("evaluate", f"  {one['slice']}, n={one['n']}: {worded(one['metrics'])}")


def go_live(registry: Assayer, reviewer: Assayer, name: str, number: int, reason: str) -> None:
    """Promotes; where a policy of an earlier run asks for an approval, the reviewer gives it."""
    promotion = registry.promote(name, number, "production", reason=reason)
    if promotion["state"] == "waiting":
        promotion = reviewer.approve(promotion["id"], reason="as before")
    say_promotion(promotion)


def refused(attempt: Callable[[], object]) -> None:
    """Something that must be refused: says why, and what would make it pass."""
    try:
        attempt()
    except Problem as problem:
        say("refused", f"{problem.status} {problem.kind}")
        for one in problem.checks:
            if one["outcome"] == "failed":
                say("failed", f"{one['check']}: {one['detail']} → {one['remedy']}")
        if not problem.checks:
            say("refused", problem.detail)
    else:
        sys.exit("failed: what has to be refused was not")


def show_charts(registry: Assayer, server: str, name: str, numbers: list[int], into: Path | None) -> None:
    """Says where the charts are, and saves them if it is asked to. Besides .svg there are .json and .vl.json."""
    versions = [("version", f"{name}/{number}") for number in numbers]
    metrics = [("metric", metric) for metric in ("accuracy", "auc", "log_loss")]
    on = [("dataset", HOLDOUT)]
    of = f"/models/{encoded(name)}"
    charts = {
        "metrics": ("/compare/charts/metrics.svg", [*versions, *metrics]),
        "slices": ("/compare/charts/slices.svg", [*versions, ("metric", "accuracy"), *on]),
        "roc": ("/compare/charts/roc.svg", [*versions, *on]),
        "over-versions": (f"{of}/charts/metric.svg", [("metric", "auc"), *on]),
        "confusion-matrix": (f"{of}/versions/{numbers[-1]}/charts/confusion-matrix.svg", on),
        "badge": (f"{of}/badge.svg", []),
    }
    for title, (path, query) in charts.items():
        say("chart", f"{title}: {server}/api/v1{path}{'?' if query else ''}{urlencode(query)}")
        if into is None:
            continue
        into.mkdir(parents=True, exist_ok=True)
        (into / f"{title}.svg").write_bytes(registry.call("GET", path, params=query).content)
        if title != "badge":
            dark = registry.call("GET", path, params=[*query, ("theme", "dark")])
            (into / f"{title}-dark.svg").write_bytes(dark.content)
    say("compare", f"{server}/api/v1/compare?{urlencode(versions)}")


def verify(pack: Path, *more: str) -> tuple[int, list[str]]:
    """Runs `assayer evidence verify` of this checkout, which speaks to nobody."""
    own = ROOT / "node_modules" / ".bin" / "node"
    node = str(own) if own.exists() else shutil.which("node") or "node"
    cli = ROOT / "packages" / "server" / "bin" / "assayer.js"
    command = [node, str(cli), "evidence", "verify", str(pack), *more]
    ran = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    return ran.returncode, (ran.stdout + ran.stderr).replace(str(pack), pack.name).strip().splitlines()


if __name__ == "__main__":
    run(main)
