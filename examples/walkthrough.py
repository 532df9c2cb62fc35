"""What the examples share besides the client: flags, one printed line per step, and where a model comes from."""

import argparse
import hashlib
import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import requests

from assayer_rest import Assayer, Problem


def flags(description: str, model: str) -> argparse.ArgumentParser:
    """The flags of every example; one may add its own."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    server = os.environ.get("ASSAYER_SERVER", "http://127.0.0.1:5050")
    parser.add_argument("--server", default=server, help="where Assayer serves; or set ASSAYER_SERVER")
    parser.add_argument("--model", default=model, metavar="NAME", help="name of the model in the registry")
    return parser


def actor() -> str | None:
    """While access is open, who you are is what you say; the ledger notes that nobody verified it."""
    return os.environ.get("ASSAYER_ACTOR") or os.environ.get("USER")


def start(description: str, model: str) -> tuple[Assayer, str]:
    """Reads the flags and answers the registry, and the name that the model is to have."""
    given = flags(description, model).parse_args()
    return Assayer(given.server, actor=actor()), given.model


def run(main: Callable[[], None]) -> None:
    """Exit code 0 when every step worked; else 1, and why on standard error."""
    try:
        main()
    except requests.ConnectionError as error:
        address = error.request.url if error.request else "this address"
        sys.exit(f"failed: nothing answers at {address}: start the server (npm start), or name one with --server")
    except (Problem, OSError, requests.RequestException) as error:
        sys.exit(f"failed: {error}")


def say(step: str, text: str) -> None:
    print(f"{step:<10} {text}", flush=True)


def check(what: str, holds: bool) -> None:
    if not holds:
        sys.exit(f"failed: not so: {what}")
    say("check", what)


def git_commit() -> dict[str, str]:
    """The commit of this folder, as a part of lineage; nothing where there is none."""
    command = ["git", "rev-parse", "--verify", "--quiet", "HEAD"]
    try:
        asked = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    except OSError:
        return {}  # git is not installed
    return {"git_commit": asked.stdout.strip()} if asked.returncode == 0 else {}


def digest_of(*arrays: np.ndarray) -> str:
    """A data set by its digest: whoever has the same numbers gets the same text."""
    sha256 = hashlib.sha256()
    for array in arrays:
        sha256.update(f"{array.dtype.str} {array.shape}\n".encode())
        sha256.update(np.ascontiguousarray(array).tobytes())
    return f"sha256:{sha256.hexdigest()}"


def say_register(model: dict, is_new: bool) -> None:
    latest = model["latest_version"]
    say("register", f"{model['name']}: {'new' if is_new else f'there already, latest version {latest}'}")


def say_version(version: dict) -> None:
    name = f"{version['model']}/{version['number']}"
    metrics = ", ".join(f"{key} {value:.4g}" for key, value in sorted(version["metrics"].items()))
    say("version", f"{name} created: {version['status']}, {version['state']}; {metrics}")


def say_artifact(artifact: dict) -> None:
    """What the server read from the bytes, without running them."""
    say("upload", f"{artifact['path']}: {artifact['size_bytes']:,} bytes, sha256 {artifact['sha256'][:12]}…")
    facts = {key: value for key, value in artifact["facts"].items() if key != "imports"}
    say("read", f"{artifact['path']}: format {artifact['format']}, verdict {artifact['verdict']}, {shortened(facts)}")
    imports = artifact["facts"].get("imports")
    if imports is not None:
        say("read", f"{artifact['path']}: {len(imports)} imports: {shortened(imports)}")
    for finding in artifact["findings"]:
        say("read", f"{artifact['path']}: {finding['severity']} at {finding['where']}: {finding['what']}")


def shortened(value: object, most: int = 300) -> str:
    text = ", ".join(f"{key} {inner}" for key, inner in value.items()) if isinstance(value, dict) else ", ".join(value)
    return text if len(text) <= most else f"{text[:most]}…"


def say_seal(version: dict) -> None:
    name = f"{version['model']}/{version['number']}"
    say("seal", f"{name}: {version['artifact_count']} artifacts, verdict {version['verdict']}, {version['digest']}")


def say_promotion(promotion: dict) -> None:
    name = f"{promotion['model']}/{promotion['number']}"
    checks = ", ".join(f"{one['check']} {one['outcome']}" for one in promotion["checks"])
    say("promote", f"{name}: {promotion['from']} → {promotion['to']} ({checks})")


def say_history(registry: Assayer, name: str, most: int = 30) -> None:
    """The newest events of a model, in the order in which they happened, and the head of the ledger."""
    newest = list(itertools.islice(registry.events(subject=name), most))
    for event in reversed(newest):
        reason = f": {event['reason']}" if "reason" in event else ""
        say("history", f"{event['seq']} {event['at']} {event['actor']} {event['type']} {event['subject']}{reason}")
    origin, size, root, *_ = registry.checkpoint().splitlines()
    say("ledger", f"{origin} has {size} events, root {root}")
