"""What runs log besides numbers: texts, documents, figures, pictures, tables, files."""

import json

import mlflow
import numpy as np
from suite import capability, equal


@capability("log-texts", "log_text, log_dict, log_figure and log_artifact put files into the run")
def texts(t):
    import matplotlib.pyplot as plt

    t.experiment()
    with mlflow.start_run() as run:
        mlflow.log_text("grüße ✓\n", "notes/hello.txt")
        mlflow.log_dict({"a": [1, {"b": None}]}, "config.json")
        mlflow.log_dict({"a": 1}, "config.yaml")
        figure, axes = plt.subplots(figsize=(1, 1))
        axes.plot([1, 2])
        mlflow.log_figure(figure, "plots/line.png")
        plt.close(figure)
        mlflow.log_artifact(t.file("weights.bin", bytes(range(256))), "deep/er")
        mlflow.log_text("overwritten", "config.yaml")
        equal(mlflow.artifacts.load_text(f"{run.info.artifact_uri}/notes/hello.txt"), "grüße ✓\n")
        equal(mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/config.json"), {"a": [1, {"b": None}]})
    id = run.info.run_id

    def listed(path=None):
        return [(f.path, f.is_dir, f.file_size) for f in t.client.list_artifacts(id, path)]

    top = listed()
    equal(
        [(path, folder) for path, folder, _ in top],
        [
            ("config.json", False),
            ("config.yaml", False),
            ("deep", True),
            ("notes", True),
            ("plots", True),
        ],
    )
    equal(listed("deep"), [("deep/er", True, None)])
    equal(listed("deep/er"), [("deep/er/weights.bin", False, 256)])
    equal(listed("config.json"), [])
    equal(listed("absent"), [])
    folder = t.client.download_artifacts(id, "", str(t.file("got/.keep").parent))
    with open(f"{folder}/deep/er/weights.bin", "rb") as file:
        equal(file.read(), bytes(range(256)))
    with open(f"{folder}/plots/line.png", "rb") as file:
        equal(file.read(4), b"\x89PNG")
    with open(f"{folder}/config.yaml") as file:
        equal(file.read(), "overwritten")


@capability("log-images", "log_image keeps pictures, by path and by key and step")
def images(t):
    t.experiment()
    picture = np.zeros((8, 8, 3), dtype=np.uint8)
    picture[:, :4] = 255
    with mlflow.start_run() as run:
        mlflow.log_image(picture, "single.png")
        for step in range(3):
            mlflow.log_image(picture, key="heat map", step=step, synchronous=True)
        loaded = mlflow.artifacts.load_image(f"{run.info.artifact_uri}/single.png")
    equal(np.asarray(loaded).tolist(), picture.tolist())
    paths = [f.path for f in t.client.list_artifacts(run.info.run_id, "images")]
    equal(len([path for path in paths if path.endswith(".png")]), 3)
    equal(len(paths), 6)
    assert "mlflow.loggedImages" in t.client.get_run(run.info.run_id).data.tags


@capability("log-tables", "log_table appends to a table, and load_table reads it over several runs")
def tables(t):
    import pandas as pd

    experiment = t.experiment()
    ids = []
    for n in range(2):
        with mlflow.start_run() as run:
            mlflow.log_table({"question": ["why?"], "score": [n]}, "answers.json")
            mlflow.log_table(pd.DataFrame({"question": ["how?"], "score": [n + 10]}), "answers.json")
            ids.append(run.info.run_id)
    table = mlflow.load_table("answers.json", run_ids=[ids[0]])
    equal(table.to_dict("list"), {"question": ["why?", "how?"], "score": [0, 10]})
    every = mlflow.load_table("answers.json", extra_columns=["run_id"])
    equal(sorted(every["score"]), [0, 1, 10, 11])
    equal(set(every["run_id"]), set(ids))
    tag = json.loads(t.client.get_run(ids[0]).data.tags["mlflow.loggedArtifacts"])
    equal(tag, [{"path": "answers.json", "type": "table"}])
    equal(t.client.get_run(ids[0]).info.experiment_id, experiment)
