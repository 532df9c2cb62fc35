"""A small client of Assayer's REST API over requests. One file: copy it into your project.

    registry = Assayer("http://127.0.0.1:5050")
    registry.register("churn", description="Who will leave")
    version = registry.create_version("churn", metrics={"auc": 0.93})
    registry.upload("churn", version["number"], "model.pkl", Path("model.pkl"))
    registry.seal("churn", version["number"])
    registry.promote("churn", version["number"], "production")
    registry.download("churn", "production", "model.pkl", Path("live.pkl"))

Answers are the API's JSON as plain dictionaries; what the server refuses is raised as a `Problem`.
"""

import base64
import hashlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

CHUNK = 1024 * 1024
TIMEOUT = (10, 300)  # seconds to connect, and between two pieces of an answer


class Problem(Exception):
    """What the server refused (RFC 9457): `kind` is for programs, `detail` says what to do next."""

    def __init__(self, answer: requests.Response):
        try:
            members = answer.json()
        except ValueError:
            members = {}
        self.members = members
        self.status = answer.status_code
        self.kind = str(members.get("type", "")).removeprefix("/problems/") or "unknown"
        self.detail = members.get("detail", answer.reason)
        self.checks = members.get("checks", [])  # of a refused promotion: every check, passed and failed
        self.errors = members.get("errors", [])  # of a refused body: path and message of each field
        super().__init__(f"{self.status} {self.kind}: {self.detail}")


class Assayer:
    def __init__(self, server: str = "http://127.0.0.1:5050", actor: str | None = None):
        self.api = f"{server.rstrip('/')}/api/v1"
        self.session = requests.Session()
        if actor:
            self.session.headers["X-Assayer-Actor"] = actor.encode()
        # PUT, PATCH and DELETE can be sent again, and so can POST with its Idempotency-Key (see `call`).
        again = Retry(3, backoff_factor=0.2, status_forcelist=(429, 503), allowed_methods=None, raise_on_status=False)
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, HTTPAdapter(max_retries=again))

    def call(self, method: str, path: str, **request) -> requests.Response:
        """Any call of the API; `path` is what follows /api/v1, with its names percent-encoded."""
        headers = dict(request.pop("headers", {}))
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid.uuid4())
        answer = self.session.request(method, self.api + path, headers=headers, timeout=TIMEOUT, **request)
        if not answer.ok:
            raise Problem(answer)
        return answer

    def every(self, path: str, **query) -> Iterator[dict]:
        """Every item of a list, page after page."""
        while True:
            page = self.call("GET", path, params=query).json()
            yield from page["items"]
            if page["next_page_token"] is None:
                return
            query["page_token"] = page["next_page_token"]

    # Models

    def register(self, name: str, **metadata) -> tuple[dict, bool]:
        """The model, and whether it is new: one that is there already is left as it is."""
        try:
            return self.call("POST", "/models", json={"name": name, **metadata}).json(), True
        except Problem as problem:
            if problem.kind != "name-taken":
                raise
            return self.model(name), False

    def model(self, name: str) -> dict:
        return self.call("GET", f"/models/{encoded(name)}").json()

    def models(self, **query) -> Iterator[dict]:
        """Search: `q` is full text, `filter` compares, `sort` orders."""
        return self.every("/models", **query)

    def set_alias(self, name: str, alias: str, version: int | str) -> dict:
        return self.call("PUT", f"/models/{encoded(name)}/aliases/{encoded(alias)}", json={"version": version}).json()

    # Versions. `ref` is a number, "latest", "@alias" or a status such as "production".

    def create_version(self, name: str, **fields) -> dict:
        return self.call("POST", f"/models/{encoded(name)}/versions", json=fields).json()

    def version(self, name: str, ref: int | str) -> dict:
        return self.call("GET", version_path(name, ref)).json()

    def versions(self, **query) -> Iterator[dict]:
        """Search over the versions of all models: `filter="status = 'production' AND metrics.auc > 0.9"`."""
        return self.every("/versions", **query)

    def seal(self, name: str, ref: int | str) -> dict:
        """Freezes the artifacts; the answer holds the digest."""
        return self.call("POST", f"{version_path(name, ref)}/seal").json()

    def promote(self, name: str, ref: int | str, to: str, **asked) -> dict:
        return self.call("POST", f"{version_path(name, ref)}/promotions", json={"to": to, **asked}).json()

    def rollback(self, name: str, reason: str) -> dict:
        """Puts the previous version back into production."""
        return self.call("POST", f"/models/{encoded(name)}/rollback", json={"reason": reason}).json()

    # Evidence, and what a promotion has to meet

    def evaluate(self, name: str, ref: int | str, **evaluation) -> dict:
        """Records what a version came to on a data set: `dataset`, `metrics`, and maybe `slices`, `n` and `curves`."""
        return self.call("POST", f"{version_path(name, ref)}/evaluations", json=evaluation).json()

    def leaderboard(self, dataset: str, metric: str, **query) -> Iterator[dict]:
        """Versions by what they came to on a data set, the best first."""
        return self.every(f"/datasets/{encoded(dataset)}/leaderboard", metric=metric, **query)

    def set_policy(self, name: str, policy: dict) -> dict:
        """What a version of the model has to meet, by the status that it is to get."""
        return self.call("PUT", f"/models/{encoded(name)}/policy", json=policy).json()

    def check(self, name: str, ref: int | str, to: str) -> dict:
        """What would become of a promotion, without asking for it: every check, and what would make it pass."""
        return self.call("POST", f"{version_path(name, ref)}/check", params={"to": to}).json()

    def approve(self, promotion: int, reason: str) -> dict:
        """Approves a promotion that waits. Whoever asked for it cannot."""
        return self.call("POST", f"/promotions/{promotion}/approve", json={"reason": reason}).json()

    def evidence(self, name: str, ref: int | str, to: Path) -> None:
        """Fetches all that is known of a version as one ZIP: `assayer evidence verify` proves it without a server."""
        with self.call("GET", f"{version_path(name, ref)}/evidence.zip", stream=True) as answer, to.open("wb") as file:
            for chunk in answer.iter_content(CHUNK):
                file.write(chunk)

    # Artifacts

    def upload(self, name: str, ref: int | str, path: str, file: Path) -> dict:
        """Streams a file; the server keeps it only if its SHA-256 is the one announced here."""
        headers = {"Repr-Digest": repr_digest(sha256_of(file)), "Content-Type": "application/octet-stream"}
        with file.open("rb") as body:
            return self.call("PUT", artifact_path(name, ref, path), data=body, headers=headers).json()

    def artifacts(self, name: str, ref: int | str) -> Iterator[dict]:
        return self.every(f"{version_path(name, ref)}/artifacts")

    def download(self, name: str, ref: int | str, path: str, to: Path) -> str:
        """Streams an artifact into a file and answers its SHA-256. The file appears only if it is whole and right."""
        part = to.with_name(to.name + ".part")
        sha256 = hashlib.sha256()
        # "identity": a digest is of the bytes as they are, so no proxy on the way may compress them.
        headers = {"Accept-Encoding": "identity"}
        try:
            with self.call("GET", artifact_path(name, ref, path), stream=True, headers=headers) as answer:
                with part.open("wb") as file:
                    for chunk in answer.iter_content(CHUNK):
                        sha256.update(chunk)
                        file.write(chunk)
                if answer.headers.get("Repr-Digest") != repr_digest(sha256.digest()):
                    raise OSError(f"the bytes of {path} that arrived are not those that the server announced")
            os.replace(part, to)
        finally:
            part.unlink(missing_ok=True)
        return sha256.hexdigest()

    # Events and ledger

    def events(self, **query) -> Iterator[dict]:
        """The newest first; `subject` is a model, or model/number."""
        return self.every("/events", **query)

    def checkpoint(self) -> str:
        """The signed head of the ledger. Keep it elsewhere: it proves later that the history was not edited."""
        return self.call("GET", "/ledger/checkpoint").text


def encoded(name: str) -> str:
    """A name as one segment of an address: spaces, dots, CJK and percent signs are all allowed in names."""
    return quote(name, safe="")


def version_path(name: str, ref: int | str) -> str:
    return f"/models/{encoded(name)}/versions/{quote(str(ref), safe='@')}"


def artifact_path(name: str, ref: int | str, path: str) -> str:
    return f"{version_path(name, ref)}/artifacts/{quote(path, safe='/')}"


def sha256_of(file: Path) -> bytes:
    with file.open("rb") as body:
        return hashlib.file_digest(body, "sha256").digest()


def repr_digest(sha256: bytes) -> str:
    """RFC 9530, as the server reads and sends it."""
    return f"sha-256=:{base64.b64encode(sha256).decode()}:"
