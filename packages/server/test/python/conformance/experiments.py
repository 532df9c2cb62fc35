"""Experiments: made, found, renamed, tagged, deleted, restored."""

import mlflow
from mlflow.entities import ViewType
from suite import capability, equal


@capability("experiment-create", "Experiments are created, and found by id and by name")
def create(t):
    name = t.name()
    made = t.client.create_experiment(name, tags={"team": "risk"})
    found = t.client.get_experiment(made)
    equal(found.name, name)
    equal(found.tags["team"], "risk")
    equal(found.lifecycle_stage, "active")
    equal(found.artifact_location, f"mlflow-artifacts:/{made}")
    assert found.creation_time > 1_500_000_000_000 and found.last_update_time >= found.creation_time
    equal(t.client.get_experiment_by_name(name).experiment_id, made)
    assert int(made) > 0
    equal(t.client.get_experiment("0").name, "Default")
    equal(t.client.get_experiment_by_name(t.name("absent")), None)


@capability("experiment-set", "set_experiment makes an experiment the first time, and finds it the second")
def set_experiment(t):
    name = t.name()
    first = mlflow.set_experiment(name)
    equal(mlflow.set_experiment(name).experiment_id, first.experiment_id)
    equal(mlflow.set_experiment(experiment_id=first.experiment_id).name, name)
    with mlflow.start_run() as run:
        equal(run.info.experiment_id, first.experiment_id)


@capability("experiment-change", "Experiments are renamed and tagged")
def change(t):
    made = t.client.create_experiment(t.name())
    renamed = t.name("renamed")
    t.client.rename_experiment(made, renamed)
    equal(t.client.get_experiment(made).name, renamed)
    t.client.set_experiment_tag(made, "team", "risk")
    t.client.set_experiment_tag(made, "team", "fraud")
    t.client.set_experiment_tag(made, "note", "значение ✓\nsecond line")
    equal(t.client.get_experiment(made).tags, {"team": "fraud", "note": "значение ✓\nsecond line"})
    if t.major >= 3:
        t.client.delete_experiment_tag(made, "team")
        equal(t.client.get_experiment(made).tags, {"note": "значение ✓\nsecond line"})
        with t.refuses("RESOURCE_DOES_NOT_EXIST"):
            t.client.delete_experiment_tag(made, "team")


@capability("experiment-delete", "Experiments are deleted with their runs, and restored with them")
def delete(t):
    name = t.name()
    made = t.client.create_experiment(name)
    run = t.client.create_run(made).info.run_id
    t.client.delete_experiment(made)
    equal(t.client.get_experiment(made).lifecycle_stage, "deleted")
    equal(t.client.get_experiment_by_name(name).lifecycle_stage, "deleted")
    equal(t.client.get_run(run).info.lifecycle_stage, "deleted")
    with t.refuses("RESOURCE_ALREADY_EXISTS"):
        t.client.create_experiment(name)
    with t.refuses("RESOURCE_DOES_NOT_EXIST"):
        t.client.delete_experiment(made)
    equal([e.experiment_id for e in t.client.search_experiments(filter_string=f"name = '{name}'")], [])
    deleted = t.client.search_experiments(view_type=ViewType.DELETED_ONLY, filter_string=f"name = '{name}'")
    equal([e.experiment_id for e in deleted], [made])
    t.client.restore_experiment(made)
    equal(t.client.get_experiment(made).lifecycle_stage, "active")
    equal(t.client.get_run(run).info.lifecycle_stage, "active")
    with t.refuses("RESOURCE_DOES_NOT_EXIST"):
        t.client.restore_experiment(made)


@capability("experiment-errors", "Experiments that cannot be are refused with MLflow's codes")
def errors(t):
    name = t.name()
    t.client.create_experiment(name)
    with t.refuses("RESOURCE_ALREADY_EXISTS", "already exists"):
        t.client.create_experiment(name)
    with t.refuses("RESOURCE_DOES_NOT_EXIST", "No Experiment with id=99999999 exists"):
        t.client.get_experiment("99999999")
    with t.refuses("INVALID_PARAMETER_VALUE"):
        t.client.create_experiment("x" * 501)
    with t.refuses("INVALID_PARAMETER_VALUE"):
        t.client.create_experiment("")
    with t.refuses("RESOURCE_DOES_NOT_EXIST"):
        t.client.rename_experiment("99999999", "anything")
    with t.refuses("INVALID_PARAMETER_VALUE"):
        t.client.set_experiment_tag("0", "a//b", "x")
