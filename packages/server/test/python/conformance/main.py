"""Runs the suite with the MLflow client of this interpreter against a server.

    python main.py --server http://127.0.0.1:5050 --results results.json [--only ID …] [--mlflow-server]

`--mlflow-server` says that the server is MLflow's own: then the suite asserts what that one does, which shows that the
suite is right about MLflow. Exit code 0 when all passed.
"""

import argparse
import contextlib
import importlib
import json
import os
import platform
import sys
from importlib.metadata import version

PARTS = [
    "wire",
    "experiments",
    "runs",
    "searches",
    "logging_files",
    "logging_models",
    "models",
    "versions",
    "registering",
    "loading",
    "prompts",
    "evaluating",
    "artifacts",
    "identity",
    "beyond",
]

asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
asks.add_argument("--server", required=True)
asks.add_argument("--results", default=os.devnull)
asks.add_argument("--only", nargs="*")
asks.add_argument("--mlflow-server", action="store_true")
asks.add_argument("--record", action="store_true", help="write wire.json from the answers of this server")
asked = asks.parse_args()

os.environ.update(
    MLFLOW_TRACKING_URI=asked.server,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES="1",  # a 5xx fails at once: the suite knows of none that passes by itself
    MLFLOW_HTTP_REQUEST_TIMEOUT="60",
    MLFLOW_DISABLE_TELEMETRY="true",
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false",
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
    MLFLOW_REQUIREMENTS_INFERENCE_RAISE_ERRORS="false",
    GIT_PYTHON_REFRESH="quiet",
    MPLBACKEND="agg",
    TQDM_DISABLE="1",
)
for name in ("MLFLOW_REGISTRY_URI", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_TOKEN", "MLFLOW_WORKSPACE"):
    os.environ.pop(name, None)

import suite  # noqa: E402: mlflow reads its environment when it is imported

for part in PARTS:
    importlib.import_module(part)

mlflow_version = version("mlflow")
test = suite.Test(
    server=asked.server.rstrip("/"), assayer=not asked.mlflow_server, major=int(mlflow_version.split(".")[0])
)
suite.record(test)

wire = sys.modules["wire"]
if asked.record:
    wire.recording = {}

rows = []
for one in suite.CAPABILITIES:
    if asked.only and one.id not in asked.only:
        continue
    if test.major not in one.clients or (one.of == "assayer" and not test.assayer):
        continue
    with contextlib.redirect_stdout(sys.stderr):
        row = suite.run(test, one)
    rows.append(row)
    print(f"{row['outcome']:7} {row['id']:32} {row['ms']:6} ms {row['requests']:5} requests", flush=True)
    if row["error"]:
        print(row["error"], flush=True)

if asked.record:
    wire.RECORDED.write_text(json.dumps(wire.recording, indent=2, ensure_ascii=False) + "\n")
with open(asked.results, "w") as file:
    json.dump({"mlflow": mlflow_version, "python": platform.python_version(), "capabilities": rows}, file, indent=1)
failed = sum(row["outcome"] == "failed" for row in rows)
print(f"{len(rows) - failed} passed, {failed} failed")
sys.exit(1 if failed else 0)
