"""Artifacts of every size, number and name, through the proxy."""

import hashlib
import http.client
import os
import random
from urllib.parse import quote, urlsplit

import mlflow
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from suite import capability, environment, equal

ODD_NAMES = [
    "with space.txt",
    "ünïcode-模型-🦉.bin",
    'it\'s "quoted".txt',
    "plus+and&equals=.txt",
    "semi;colon,comma.txt",
    "[brackets]{braces}(round).txt",
    "~tilde!exclaim$dollar@at.txt",
    ".hidden",
    "a" * 200 + ".txt",
]


@capability("artifact-empty", "A file of 0 bytes is kept, and comes back with 0 bytes")
def empty(t):
    run = t.client.create_run(t.experiment()).info.run_id
    t.client.log_artifact(run, str(t.file("nothing.bin", b"")))
    t.client.log_artifact(run, t.file("nothing.bin", b""), "folder")
    (listed,) = [f for f in t.client.list_artifacts(run) if not f.is_dir]
    equal((listed.path, listed.file_size or 0), ("nothing.bin", 0))
    equal(os.path.getsize(t.client.download_artifacts(run, "folder/nothing.bin", str(t.folder))), 0)


@capability("artifact-large", "A file of 200 MB goes up and comes down as a stream, byte for byte")
def large(t):
    run = t.client.create_run(t.experiment()).info.run_id
    file, block = t.file("large.bin"), random.Random(1).randbytes(1_000_000)
    sent = hashlib.sha256()
    with file.open("wb") as out:
        for n in range(200):
            piece = n.to_bytes(4, "big") + block[4:]
            out.write(piece)
            sent.update(piece)
    t.client.log_artifact(run, str(file))
    equal([f.file_size for f in t.client.list_artifacts(run)], [200_000_000])
    got = t.client.download_artifacts(run, "large.bin", str(t.file("got/.keep").parent))
    with open(got, "rb") as back:
        equal(hashlib.file_digest(back, "sha256").hexdigest(), sent.hexdigest())
    uri = t.client.get_run(run).info.artifact_uri.removeprefix("mlflow-artifacts:/")
    part = t.raw(
        "GET", f"/api/2.0/mlflow-artifacts/artifacts/{uri}/large.bin", headers={"Range": "bytes=1000000-1000003"}
    )
    equal((part.status_code, part.content), (206, (1).to_bytes(4, "big")))


@capability(
    "artifact-many", "A folder of 5,000 files (500 with the older client) goes up, is listed and comes down whole"
)
def many(t):
    run, count = t.client.create_run(t.experiment()).info.run_id, 5000 if t.major >= 3 else 500
    wanted = {f"{n % 50:02}/{n:04}.txt": f"file {n}" for n in range(count)}
    for path, text in wanted.items():
        t.file(f"many/{path}", text)
    t.client.log_artifacts(run, str(t.folder / "many"), "many")
    equal(len(t.client.list_artifacts(run, "many")), 50)
    equal(
        [f.path for f in t.client.list_artifacts(run, "many/07")], [f"many/07/{n:04}.txt" for n in range(7, count, 50)]
    )
    folder = t.client.download_artifacts(run, "many", str(t.file("got/.keep").parent))
    got = {}
    for at, _, files in os.walk(folder):
        for name in files:
            with open(os.path.join(at, name)) as file:
                got[os.path.relpath(os.path.join(at, name), folder)] = file.read()
    equal(got == wanted, True, f"{len(got)} files came back")


@capability(
    "artifact-odd-names", "Names with spaces, quotes, other alphabets and marks of addresses come back as they were"
)
def odd(t):
    run = t.client.create_run(t.experiment()).info.run_id
    for name in ODD_NAMES:
        t.client.log_artifact(run, t.file(name, name), "odd names")
    listed = [os.path.basename(f.path) for f in t.client.list_artifacts(run, "odd names")]
    equal(sorted(listed), sorted(ODD_NAMES))
    for n, name in enumerate(ODD_NAMES):
        got = t.client.download_artifacts(run, f"odd names/{name}", str(t.file(f"got{n}/.keep").parent))
        with open(got) as file:
            equal(file.read(), name)


@capability("artifact-marks", "Names with % and ? come back as they were; # is refused by the client")
def marks(t):
    run = t.client.create_run(t.experiment()).info.run_id
    root = t.client.get_run(run).info.artifact_uri.removeprefix("mlflow-artifacts:/")
    base = "/api/2.0/mlflow-artifacts/artifacts"
    names = ["100%.txt", "per%20cent.txt", "what?.txt"]
    for name in names:
        equal(t.raw("PUT", f"{base}/{root}/{quote(name)}", data=name.encode()).status_code, 200, name)
    listed = [f["path"] for f in t.raw("GET", base, params={"path": root}).json()["files"]]
    equal(listed, t.differs("percent", assayer=sorted(names), mlflow=["100%.txt", "per cent.txt", "what?.txt"]))
    for name in names:
        answer = t.raw("GET", f"{base}/{root}/{quote(name)}")
        equal((answer.status_code, answer.content), (200, name.encode()), name)


@capability("artifact-delete", "Artifacts are overwritten and deleted, files and folders")
def delete(t):
    run = t.client.create_run(t.experiment()).info.run_id
    t.client.log_text(run, "one", "a/b.txt")
    t.client.log_text(run, "two", "a/b.txt")
    t.client.log_text(run, "three", "a/c/d.txt")
    t.client.log_text(run, "four", "e.txt")
    uri = t.client.get_run(run).info.artifact_uri
    equal(mlflow.artifacts.load_text(f"{uri}/a/b.txt"), "two")
    store = get_artifact_repository(uri)
    store.delete_artifacts("a/c")
    equal([f.path for f in t.client.list_artifacts(run, "a")], ["a/b.txt"])
    store.delete_artifacts("e.txt")
    store.delete_artifacts("absent.txt")
    equal([f.path for f in t.client.list_artifacts(run)], ["a"])
    gone = t.raw("GET", f"/api/2.0/mlflow-artifacts/artifacts/{uri.removeprefix('mlflow-artifacts:/')}/e.txt")
    equal((gone.status_code, gone.json()["error_code"]), (404, "RESOURCE_DOES_NOT_EXIST"))


@capability(
    "artifact-parts",
    "A file goes up in parts when the client is told to, and is whole",
    clients=(3,),
    may_answer=(501,),
)
def parts(t):
    run = t.client.create_run(t.experiment()).info.run_id
    file = t.file("parts.bin", random.Random(2).randbytes(12_000_000))
    with environment(
        MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD="true",
        MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE="6000000",
        MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE="5242880",
    ):
        t.client.log_artifact(run, str(file))
    seen = {call.status for call in t.calls if "/mpu/create/" in call.path}
    equal(seen, t.differs("multipart", assayer={200}, mlflow={501}))
    got = t.client.download_artifacts(run, "parts.bin", str(t.file("got/.keep").parent))
    with open(got, "rb") as back:
        equal(back.read() == file.read_bytes(), True, "the bytes")


@capability("artifact-hostile", "Paths that lead out of the store are refused, however they are spelt")
def hostile(t):
    run = t.client.create_run(t.experiment()).info.run_id
    root = t.client.get_run(run).info.artifact_uri.removeprefix("mlflow-artifacts:/")
    base = "/api/2.0/mlflow-artifacts/artifacts"
    refused = t.differs("bad-input", assayer=range(400, 500), mlflow=range(200, 600))
    for path in (
        "%2e%2e/x",
        "a/%2e%2e/%2e%2e/x",
        "%252e%252e/x",
        "..%2fx",
        "%2fetc%2fpasswd",
        "a%00b",
        "C:%5Cx",
        "a%23b",
    ):
        for method in ("PUT", "GET", "DELETE"):
            # Past `requests`, which would tidy the path up.
            plain = http.client.HTTPConnection(urlsplit(t.server).netloc, timeout=30)
            plain.request(method, f"{base}/{root}/{path}", body=b"x" if method == "PUT" else None)
            status = plain.getresponse().status
            plain.close()
            assert status in refused, f"{method} {path}: {status}"
    equal(len(t.client.list_artifacts(run)), t.differs("bad-input", assayer=0, mlflow=1))
