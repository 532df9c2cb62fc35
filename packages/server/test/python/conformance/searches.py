"""Searches: filters, order and pages, on what the client can search."""

import mlflow
from mlflow.entities import ViewType
from suite import capability, equal


def every(search, **query):
    """Items of all pages, and how many pages there were."""
    items, pages, token = [], 0, None
    while True:
        page = search(page_token=token, **query)
        items += list(page)
        pages += 1
        token = page.token
        if not token:
            return items, pages


@capability("search-runs", "Runs are searched by attributes, params, tags and metrics, ordered, page after page")
def runs(t):
    experiment = t.experiment()
    for n in range(7):
        with mlflow.start_run(run_name=f"run {n}"):
            mlflow.log_params({"depth": n, "kind": "tree" if n % 2 else "linear"})
            mlflow.log_metric("auc", n / 10)
            mlflow.set_tag("owner", "Ann" if n < 4 else "bob")
            if n != 3:
                mlflow.log_metric("rare metric", -n)
    t.client.delete_run(t.client.search_runs([experiment], "attributes.run_name = 'run 6'")[0].info.run_id)

    def found(filter="", order=None, **more):
        return [int(r.info.run_name[4:]) for r in t.client.search_runs([experiment], filter, order_by=order, **more)]

    equal(found(), [5, 4, 3, 2, 1, 0])
    equal(found(run_view_type=ViewType.ALL), [6, 5, 4, 3, 2, 1, 0])
    equal(found(run_view_type=ViewType.DELETED_ONLY), [6])
    equal(found("metrics.auc > 0.15 AND metrics.auc <= 0.4"), [4, 3, 2])
    equal(found("params.kind = 'tree' and tags.owner = 'Ann'"), [3, 1])
    equal(found("params.depth != '3'"), [5, 4, 2, 1, 0])
    equal(found("metrics.`rare metric` != -1"), [5, 4, 2, 0])
    equal(found("tags.owner LIKE 'A%'"), [3, 2, 1, 0])
    equal(found("tags.owner ILIKE 'B_B'"), [5, 4])
    equal(found("tags.owner LIKE 'a%'"), [])
    equal(found("attributes.status = 'FINISHED' AND run_name LIKE '%2'"), [2])
    equal(found("attributes.start_time > 0", ["metrics.auc ASC"]), [0, 1, 2, 3, 4, 5])
    equal(found(order=["params.kind", "metrics.auc DESC"]), [4, 2, 0, 5, 3, 1])
    equal(found(order=["metrics.`rare metric`"]), [5, 4, 2, 1, 0, 3])
    equal(found(order=["metrics.`rare metric` DESC"]), [0, 1, 2, 4, 5, 3])
    equal(found("tags.absent != 'x'"), [])
    ids = [r.info.run_id for r in t.client.search_runs([experiment], order_by=["start_time ASC"])][:2]
    equal(found(f"attributes.run_id IN ('{ids[0]}', '{ids[1]}')"), [1, 0])
    if t.major >= 3:
        equal(found("tags.owner IS NOT NULL AND params.absent IS NULL", max_results=2), [5, 4])
    items, pages = every(t.client.search_runs, experiment_ids=[experiment], max_results=4, order_by=["metrics.auc"])
    equal(([int(r.info.run_name[4:]) for r in items], pages), ([0, 1, 2, 3, 4, 5], 2))
    table = mlflow.search_runs([experiment], "params.kind = 'tree'")
    equal(sorted(table["metrics.auc"]), [0.1, 0.3, 0.5])
    equal(len(mlflow.search_runs(experiment_names=[t.client.get_experiment(experiment).name])), 6)
    for wrong in ("metrics.auc ~ 1", "metrics.auc = 'x'", "params.depth > 3", "nothing = 1", "metrics.auc >", "(("):
        with t.refuses("INVALID_PARAMETER_VALUE"):
            found(wrong)
    with t.refuses("INVALID_PARAMETER_VALUE"):
        found(order=["metrics.auc UP"])


@capability("search-experiments", "Experiments are searched by name, tags and times, ordered, page after page")
def experiments(t):
    stem = t.name("e")
    ids = [t.client.create_experiment(f"{stem}-{n}", tags={"parity": str(n % 2), "stem": stem}) for n in range(5)]

    def found(filter, order=None, **more):
        return [e.name[-1] for e in t.client.search_experiments(filter_string=filter, order_by=order, **more)]

    equal(found(f"tags.stem = '{stem}'", ["name ASC"]), list("01234"))
    equal(found(f"tags.stem = '{stem}' AND tags.parity = '1'", ["name DESC"]), ["3", "1"])
    equal(found(f"name LIKE '{stem}%' AND name != '{stem}-0'", ["experiment_id"]), list("1234"))
    equal(found(f"name ILIKE '{stem.upper()}-2'"), ["2"])
    equal(found(f"name = '{stem}-3' AND creation_time > 0 AND last_update_time < 99999999999999"), ["3"])
    equal(found(f"tags.stem = '{stem}'", ["creation_time ASC", "name ASC"]), list("01234"))
    items, pages = every(t.client.search_experiments, filter_string=f"tags.stem = '{stem}'", max_results=2)
    equal((len(items), pages), (5, 3))
    equal({e.experiment_id for e in items}, set(ids))
    for wrong in ("id = 1", "name > 'a'", "tags.stem", "name = 'a"):
        with t.refuses("INVALID_PARAMETER_VALUE"):
            t.client.search_experiments(filter_string=wrong)


@capability("search-models", "Models are searched by name and tags, ordered, page after page")
def models(t):
    stem = t.name("M")
    for n in range(6):
        t.client.create_registered_model(f"{stem}-{n}", tags={"parity": str(n % 2)}, description=f"number {n}")
    t.client.create_registered_model(f"{stem}-bare")

    def found(filter, order=None):
        return [m.name[-1] for m in t.client.search_registered_models(filter, order_by=order)]

    own = f"name LIKE '{stem}-%'"
    equal(found(own), list("012345e"))
    equal(found(own, ["name DESC"]), list("e543210"))
    equal(found(own + " AND tags.parity = '1'"), list("135"))
    equal(found(own + " and tag.parity != '1'"), list("024"))
    equal(found(own + " AND tags.`parity` ILIKE '0'"), list("024"))
    equal(found(f"name = '{stem}-4'"), ["4"])
    equal(found(f"name ILIKE '{stem.lower()}-4'"), ["4"])
    equal(found(f"name LIKE '{stem.lower()}-4'"), [])
    equal(found(f"name LIKE '{stem}-_' AND name != '{stem}-0'"), list("12345"))
    t.client.update_registered_model(f"{stem}-2", description="touched")
    equal(found(own, ["last_updated_timestamp DESC"])[0], "2")
    equal(found(own, ["timestamp ASC", "name"])[-1], "2")
    items, pages = every(t.client.search_registered_models, filter_string=own, max_results=3)
    equal(([m.name[-1] for m in items], pages), (list("012345e"), 3))
    equal(len(mlflow.search_registered_models(max_results=2, filter_string=own)), 2)
    past = ("name > 'a'", "tags.parity > '1'", "owner = 'x'")
    for wrong in ("name = x", "name LIKE", "nothing = 'x'", *t.differs("filters", assayer=(), mlflow=past)):
        with t.refuses("INVALID_PARAMETER_VALUE"):
            found(wrong)
    with t.refuses("INVALID_PARAMETER_VALUE"):
        found(own, ["creation ASC"])


@capability("search-versions", "Versions are searched by name, run, number, source and tags, ordered, page after page")
def versions(t):
    name, other = t.name("v"), t.name("w")
    run = t.client.create_run(t.experiment()).info.run_id
    t.client.create_registered_model(name)
    t.client.create_registered_model(other)
    for n in range(1, 7):
        t.client.create_model_version(name, f"s3://bucket/{name}/{n}", tags={"parity": str(n % 2)})
    t.client.create_model_version(other, f"runs:/{run}/model", run)

    def found(filter, order=None):
        return [int(v.version) for v in t.client.search_model_versions(filter, order_by=order)]

    equal(sorted(found(f"name = '{name}'")), [1, 2, 3, 4, 5, 6])
    equal(found(f"name = '{name}'", ["version_number DESC"]), [6, 5, 4, 3, 2, 1])
    equal(found(f"name = '{name}' AND tags.parity = '0'", ["version_number ASC"]), [2, 4, 6])
    equal(found(f"name = '{name}' AND version_number > 4", ["creation_timestamp ASC", "version_number ASC"]), [5, 6])
    equal(found(f"source_path = 's3://bucket/{name}/3'"), [3])
    equal([v.name for v in t.client.search_model_versions(f"run_id = '{run}'")], [other])
    equal([v.name for v in t.client.search_model_versions(f"run_id IN ('{run}')")], [other])
    t.client.update_model_version(name, "2", description="touched")
    equal(found(f"name = '{name}'")[0], 2)
    both = t.client.search_model_versions(
        f"name IN ('{name}', '{other}')", order_by=["name DESC", "version_number ASC"]
    )
    equal([(v.name, int(v.version)) for v in both], [(other, 1)] + [(name, n) for n in range(1, 7)])
    items, pages = every(
        t.client.search_model_versions, filter_string=f"name = '{name}'", max_results=4, order_by=["version_number ASC"]
    )
    equal(([int(v.version) for v in items], pages), ([1, 2, 3, 4, 5, 6], 2))
    if t.major >= 3:
        equal(len(mlflow.search_model_versions(filter_string=f"name = '{name}'")), 6)
    past = ("name > 'a'", "version_number IN (1)")
    for wrong in ("version_number = 'x'", "status = 1", *t.differs("filters", assayer=(), mlflow=past)):
        with t.refuses("INVALID_PARAMETER_VALUE"):
            found(wrong)


@capability("search-more", "Where MLflow's filters end, Assayer's go on: OR, brackets, status, aliases", of="assayer")
def superset(t):
    name = t.name()
    t.client.create_registered_model(name)
    for n in range(1, 5):
        t.client.create_model_version(name, f"s3://bucket/{name}/{n}", tags={"n": str(n)})
    t.client.set_registered_model_alias(name, "champion", "3")

    def found(filter):
        return sorted(int(v.version) for v in t.client.search_model_versions(filter))

    equal(found(f"name = '{name}' AND (tags.n = '1' OR tags.n = '4')"), [1, 4])
    equal(found(f"name = '{name}' AND NOT tags.n = '1'"), [2, 3, 4])
    equal(found(f"name = '{name}' AND alias = 'champion'"), [3])
