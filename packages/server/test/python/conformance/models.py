"""Registered models: every method of the client."""

from suite import capability, equal


@capability("model-create", "Models are registered with description and tags, and read back")
def create(t):
    name = t.name()
    made = t.client.create_registered_model(name, tags={"team": "risk", "n": 1}, description="Who leaves")
    equal((made.name, made.description, made.tags), (name, "Who leaves", {"team": "risk", "n": "1"}))
    assert made.creation_timestamp > 1_500_000_000_000
    equal(made.last_updated_timestamp, made.creation_timestamp)
    got = t.client.get_registered_model(name)
    equal((got.description, got.tags, got.latest_versions, got.aliases), ("Who leaves", made.tags, [], {}))


@capability("model-change", "Models are described, renamed and tagged")
def change(t):
    name, renamed = t.name(), t.name("renamed")
    t.client.create_registered_model(name, description="first")
    t.client.create_model_version(name, "s3://bucket/one")
    t.client.set_registered_model_alias(name, "champion", "1")
    updated = t.client.update_registered_model(name, description="second")
    equal(updated.description, "second")
    t.client.set_registered_model_tag(name, "team", "risk")
    t.client.set_registered_model_tag(name, "team", "fraud ✓")
    t.client.set_registered_model_tag(name, "gone", "x")
    t.client.delete_registered_model_tag(name, "gone")
    t.client.delete_registered_model_tag(name, "never was")
    equal(t.client.get_registered_model(name).tags, {"team": "fraud ✓"})
    t.client.rename_registered_model(name, renamed)
    equal(t.client.get_model_version(renamed, "1").name, renamed)
    equal(
        t.client.get_model_version_by_alias(renamed, "champion").version, t.client.get_model_version(renamed, 1).version
    )
    with t.refuses("RESOURCE_DOES_NOT_EXIST"):
        t.client.get_registered_model(name)


@capability("model-delete", "Models are deleted with their versions, and their names can be registered anew")
def delete(t):
    name = t.name()
    t.client.create_registered_model(name)
    t.client.create_model_version(name, "s3://bucket/one")
    t.client.delete_registered_model(name)
    with t.refuses("RESOURCE_DOES_NOT_EXIST", f"Registered Model with name={name} not found"):
        t.client.get_registered_model(name)
    with t.refuses("RESOURCE_DOES_NOT_EXIST"):
        t.client.get_model_version(name, "1")
    with t.refuses("RESOURCE_DOES_NOT_EXIST"):
        t.client.delete_registered_model(name)
    equal(t.client.search_model_versions(f"name = '{name}'"), [])
    equal(t.client.search_registered_models(f"name = '{name}'"), [])
    t.client.create_registered_model(name)
    again = t.client.create_model_version(name, "s3://bucket/two")
    equal(int(again.version), t.differs("numbers", assayer=2, mlflow=1))


@capability("model-errors", "Models that cannot be are refused with MLflow's codes and messages")
def errors(t):
    name = t.name()
    t.client.create_registered_model(name)
    with t.refuses("RESOURCE_ALREADY_EXISTS", r"Registered Model \(name=.*\) already exists"):
        t.client.create_registered_model(name)
    with t.refuses("RESOURCE_DOES_NOT_EXIST", "Registered Model with name=absent-model not found"):
        t.client.get_registered_model("absent-model")
    with t.refuses("RESOURCE_DOES_NOT_EXIST"):
        t.client.update_registered_model("absent-model", description="x")
    with t.refuses("RESOURCE_DOES_NOT_EXIST"):
        t.client.set_registered_model_tag("absent-model", "k", "v")
    with t.refuses("INVALID_PARAMETER_VALUE"):
        t.client.set_registered_model_tag(name, "a//b", "v")
    for wrong in ("", "a/b", "a:b", ".."):
        with t.refuses("INVALID_PARAMETER_VALUE"):
            t.client.create_registered_model(wrong)
    other = t.name("other")
    t.client.create_registered_model(other)
    with t.refuses("RESOURCE_ALREADY_EXISTS"):
        t.client.rename_registered_model(other, name)
    with t.refuses("RESOURCE_DOES_NOT_EXIST"):
        t.client.rename_registered_model("absent-model", "anything")


@capability("model-names", "Names of any alphabet, with quotes, percent signs and question marks, round-trip")
def names(t):
    for name in ("客户 流失", "it's", 'so "called"', "100%25 #?&+é", "50% off", "🦉", "back\\slash", "_%", "İstanbul"):
        name = f"{name} {t.name()}"
        t.client.create_registered_model(name)
        t.client.create_model_version(name, "s3://bucket/x")
        t.client.set_registered_model_alias(name, "größe-1", "1")
        equal(t.client.get_registered_model(name).name, name)
        equal(t.client.get_model_version_by_alias(name, "größe-1").name, name)
        equal(t.client.get_model_version_download_uri(name, "1"), "s3://bucket/x")
        quote = '"' if "'" in name else "'"
        equal([m.name for m in t.client.search_registered_models(f"name = {quote}{name}{quote}")], [name])
        t.client.delete_registered_model(name)
    for odd in (" " + t.name(), t.name() + " ", t.name() + "\n2", t.name() + "\t", t.name() + "x" * 257):
        answer = t.raw("POST", "/api/2.0/mlflow/registered-models/create", json={"name": odd})
        equal(answer.status_code, t.differs("names", assayer=400, mlflow=200), odd)


@capability(
    "model-retired", "A name that another model gave numbers under is free for new models, and not for renaming"
)
def retired(t):
    first, second = t.name("first"), t.name("second")
    t.client.create_registered_model(first)
    t.client.create_model_version(first, "s3://bucket/one")
    t.client.rename_registered_model(first, second)
    t.client.create_registered_model(first)
    again = t.client.create_model_version(first, "s3://bucket/two")
    equal(int(again.version), t.differs("numbers", assayer=2, mlflow=1))
    t.client.delete_registered_model(second)
    answer = t.raw("POST", "/api/2.0/mlflow/registered-models/rename", json={"name": first, "new_name": second})
    equal(answer.status_code, t.differs("retired", assayer=400, mlflow=200))


@capability("model-aliases", "Aliases are set, moved, read and deleted; reserved ones are refused")
def aliases(t):
    name = t.name()
    t.client.create_registered_model(name)
    for n in range(3):
        t.client.create_model_version(name, f"s3://bucket/{n}")
    t.client.set_registered_model_alias(name, "champion", "1")
    t.client.set_registered_model_alias(name, "champion", 2)
    t.client.set_registered_model_alias(name, "Champion", "3")
    t.client.set_registered_model_alias(name, "challenger", "2")
    got = t.client.get_registered_model(name)
    equal(
        {alias: int(version) for alias, version in got.aliases.items()}, {"champion": 2, "Champion": 3, "challenger": 2}
    )
    equal(sorted(t.client.get_model_version(name, "2").aliases), ["challenger", "champion"])
    equal(int(t.client.get_model_version_by_alias(name, "champion").version), 2)
    equal(int(t.client.get_model_version_by_alias(name, "latest").version), 3)
    found = {int(v.version): sorted(v.aliases) for v in t.client.search_model_versions(f"name = '{name}'")}
    equal(found[2], t.differs("aliases-in-searches", assayer=["challenger", "champion"], mlflow=[]))
    t.client.delete_registered_model_alias(name, "challenger")
    t.client.delete_registered_model_alias(name, "challenger")
    with t.refuses("INVALID_PARAMETER_VALUE", "Registered model alias challenger not found"):
        t.client.get_model_version_by_alias(name, "challenger")
    for reserved in ("latest", "LATEST", "v1", "V22"):
        with t.refuses("INVALID_PARAMETER_VALUE"):
            t.client.set_registered_model_alias(name, reserved, "1")
    for fine in ("v", "v1x", "7", "größe", "x" * 255):
        t.client.set_registered_model_alias(name, fine, "1")
        equal(int(t.client.get_model_version_by_alias(name, fine).version), 1)
    for wrong in ("", "a b", "a.b", "x" * 256):
        with t.refuses("INVALID_PARAMETER_VALUE"):
            t.client.set_registered_model_alias(name, wrong, "1")
    with t.refuses("RESOURCE_DOES_NOT_EXIST"):
        t.client.set_registered_model_alias(name, "champion", "99")
    with t.refuses("RESOURCE_DOES_NOT_EXIST"):
        t.client.get_model_version_by_alias("absent-model", "champion")
