"""Versions: every method of the client."""

from suite import capability, equal


def made(t, count: int = 1) -> str:
    name = t.name()
    t.client.create_registered_model(name)
    for n in range(1, count + 1):
        t.client.create_model_version(name, f"s3://bucket/{name}/{n}")
    return name


@capability("version-create", "Versions are created with description, tags and run, and read back")
def create(t):
    name = made(t)
    run = t.client.create_run(t.experiment()).info.run_id
    version = t.client.create_model_version(
        name, f"runs:/{run}/model", run, tags={"k": "v"}, run_link="https://ci.example/7", description="second"
    )
    equal((int(version.version), version.status, version.current_stage), (2, "READY", "None"))
    got = t.client.get_model_version(name, "2")
    equal((got.name, got.run_id, got.run_link), (name, run, "https://ci.example/7"))
    equal((got.source, got.description, got.tags), (f"runs:/{run}/model", "second", {"k": "v"}))
    equal((got.status, got.aliases, got.current_stage), ("READY", [], "None"))
    first = t.client.get_model_version(name, "1")
    equal((first.description or "", first.run_id or "", first.source), ("", "", f"s3://bucket/{name}/1"))
    equal([int(v.version) for v in t.client.get_registered_model(name).latest_versions], [2])


@capability("version-change", "Versions are described and tagged")
def change(t):
    name = made(t)
    updated = t.client.update_model_version(name, "1", description="better")
    equal(updated.description, "better")
    assert updated.last_updated_timestamp >= updated.creation_timestamp
    t.client.set_model_version_tag(name, "1", "checked", "no")
    t.client.set_model_version_tag(name, "1", "checked", "yes")
    t.client.set_model_version_tag(name, "1", "gone", "x")
    t.client.delete_model_version_tag(name, "1", "gone")
    t.client.delete_model_version_tag(name, "1", "never was")
    got = t.client.get_model_version(name, "1")
    equal((got.description, got.tags), ("better", {"checked": "yes"}))


@capability("version-stages", "Stages are asked for by any spelling, found, and earlier versions archived")
def stages(t):
    name = made(t, 4)
    moved = t.client.transition_model_version_stage(name, "1", "production")
    equal(moved.current_stage, "Production")
    t.client.transition_model_version_stage(name, "2", "Staging")
    t.client.transition_model_version_stage(name, "3", "PRODUCTION")
    latest = {v.current_stage: int(v.version) for v in t.client.get_latest_versions(name)}
    equal(latest, {"Production": 3, "Staging": 2, "None": 4})
    equal([int(v.version) for v in t.client.get_latest_versions(name, ["production", "Archived"])], [3])
    t.client.transition_model_version_stage(name, "4", "Production", archive_existing_versions=True)
    now = {int(v.version): v.current_stage for v in t.client.search_model_versions(f"name = '{name}'")}
    equal(now, {1: "Archived", 2: "Staging", 3: "Archived", 4: "Production"})
    t.client.transition_model_version_stage(name, "4", "None")
    equal(t.client.get_model_version(name, "4").current_stage, "None")
    with t.refuses("INVALID_PARAMETER_VALUE", "Invalid Model Version stage: Live"):
        t.client.transition_model_version_stage(name, "1", "Live")
    with t.refuses("INVALID_PARAMETER_VALUE"):
        t.client.get_latest_versions(name, ["Live"])
    with t.refuses("RESOURCE_DOES_NOT_EXIST"):
        t.client.transition_model_version_stage(name, "99", "Staging")
    equal(t.client.get_model_version_stages(name, "1"), ["None", "Staging", "Production", "Archived"])


@capability("version-delete", "Versions are deleted, their aliases with them, and their numbers are not used again")
def delete(t):
    name = made(t, 3)
    t.client.set_registered_model_alias(name, "champion", "3")
    t.client.delete_model_version(name, "3")
    for call in (
        lambda: t.client.get_model_version(name, "3"),
        lambda: t.client.delete_model_version(name, "3"),
        lambda: t.client.update_model_version(name, "3", description="x"),
        lambda: t.client.set_model_version_tag(name, "3", "k", "v"),
        lambda: t.client.get_model_version_download_uri(name, "3"),
    ):
        with t.refuses("RESOURCE_DOES_NOT_EXIST", r"Model Version \(name=.*, version=3\) not found"):
            call()
    equal(t.client.get_registered_model(name).aliases, {})
    equal(int(t.client.get_model_version_by_alias(name, "latest").version), 2)
    equal(int(t.client.create_model_version(name, "s3://bucket/next").version), 4)


@capability("version-errors", "Versions that cannot be are refused with MLflow's codes and messages")
def errors(t):
    name = made(t)
    with t.refuses("RESOURCE_DOES_NOT_EXIST", r"Model Version \(name=.*, version=9\) not found"):
        t.client.get_model_version(name, "9")
    with t.refuses("INVALID_PARAMETER_VALUE", "must be an integer, got 'x'"):
        t.client.get_model_version(name, "x")
    with t.refuses("RESOURCE_DOES_NOT_EXIST"):
        t.client.create_model_version("absent-model", "s3://bucket/x")
    with t.refuses("INVALID_PARAMETER_VALUE"):
        t.client.set_model_version_tag(name, "1", "a//b", "v")
    with t.refuses("RESOURCE_DOES_NOT_EXIST"):
        t.client.get_model_version_download_uri("absent-model", "1")


@capability("version-times", "Timestamps move when MLflow's do")
def times(t):
    import time

    name = made(t, 2)

    def now():
        time.sleep(0.005)
        model = t.client.get_registered_model(name)
        return [model.last_updated_timestamp] + [
            t.client.get_model_version(name, n).last_updated_timestamp for n in ("1", "2")
        ]

    steps = {
        "model description": (lambda: t.client.update_registered_model(name, description="d"), [True, False, False]),
        "version description": (lambda: t.client.update_model_version(name, "1", "d"), [False, True, False]),
        "stage": (lambda: t.client.transition_model_version_stage(name, "1", "Production"), [True, True, False]),
        "tag": (lambda: t.client.set_model_version_tag(name, "1", "k", "v"), [False, False, False]),
        "model tag": (lambda: t.client.set_registered_model_tag(name, "k", "v"), [False, False, False]),
        "alias": (lambda: t.client.set_registered_model_alias(name, "a", "1"), [False, False, False]),
        "create": (lambda: t.client.create_model_version(name, "s3://bucket/x"), [True, False, False]),
    }
    for what, (change, moves) in steps.items():
        before = now()
        change()
        equal([a != b for a, b in zip(before, now(), strict=True)], moves, what)
