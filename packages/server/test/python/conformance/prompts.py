"""Prompts: registered models of a kind that searches of models do not show."""

import mlflow
from suite import capability, equal


def calls(t):
    return mlflow.genai if t.major >= 3 else mlflow


@capability(
    "prompt-register", "Prompts are registered and loaded by number and alias, and hidden from searches of models"
)
def register(t):
    name, api = t.name("prompt").replace(" ", "-"), calls(t)
    first = api.register_prompt(name, "Summarise {{ text }} please.", commit_message="first", tags={"team": "nlp"})
    equal(int(first.version), 1)
    second = api.register_prompt(name, "Summarise {{ text }} in {{ n }} words.")
    equal(int(second.version), 2)
    loaded = api.load_prompt(f"prompts:/{name}/1")
    equal(loaded.template, "Summarise {{ text }} please.")
    equal(loaded.format(text="this"), "Summarise this please.")
    api.set_prompt_alias(name, "production", 1)
    equal(int(api.load_prompt(f"prompts:/{name}@production").version), 1)
    api.set_prompt_alias(name, "production", 2)
    equal(api.load_prompt(f"prompts:/{name}@production").template, "Summarise {{ text }} in {{ n }} words.")
    api.delete_prompt_alias(name, "production")
    equal(t.client.search_registered_models(f"name = '{name}'"), [])
    assert name not in [model.name for model in t.client.search_registered_models(max_results=1000)]
    hidden = t.client.search_registered_models(f"name = '{name}' AND tags.`mlflow.prompt.is_prompt` = 'true'")
    equal([model.name for model in hidden], [name])
    with t.refuses("RESOURCE_ALREADY_EXISTS"):
        t.client.create_registered_model(name)


@capability("prompt-search", "Prompts are searched, tagged and deleted", clients=(3,))
def search(t):
    stem = t.name("prompt")
    for n in range(3):
        mlflow.genai.register_prompt(f"{stem}-{n}", f"Say {{{{ what }}}} {n} times", tags={"v": str(n)})
    found = mlflow.genai.search_prompts(f"name LIKE '{stem}%'")
    equal(sorted(prompt.name[-1] for prompt in found), ["0", "1", "2"])
    t.client.set_prompt_tag(f"{stem}-0", "k", "v")
    equal(t.client.get_prompt(f"{stem}-0").tags["k"], "v")
    t.client.set_prompt_version_tag(f"{stem}-0", "1", "checked", "yes")
    equal(mlflow.genai.load_prompt(f"prompts:/{stem}-0/1").tags["checked"], "yes")
    mlflow.genai.register_prompt(f"{stem}-0", "Another one")
    equal(sorted(int(v.version) for v in t.client.search_prompt_versions(f"{stem}-0")), [1, 2])
    t.client.delete_prompt_version(f"{stem}-0", "2")
    equal([int(v.version) for v in t.client.search_prompt_versions(f"{stem}-0")], [1])
    equal(mlflow.genai.load_prompt(f"prompts:/{stem}-0/2", allow_missing=True), None)
    t.client.delete_prompt_version(f"{stem}-0", "1")
    t.client.delete_prompt(f"{stem}-0")
    equal(t.client.get_prompt(f"{stem}-0"), None)
