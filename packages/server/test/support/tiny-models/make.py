"""Writes the corpus that the format inspectors are tested on: python make.py <folder>

clean/ holds what people publish, made with the real libraries. hostile/ holds attacks and damage, written only, never
loaded. Every hostile command is `touch <folder>/EXECUTED`, so that a test can see whether anything ever ran.
`expected.json` tells for each file the format and the verdict that an inspector must give.
"""

import json
import sys
import warnings
from pathlib import Path

sys.dont_write_bytecode = True

import clean  # noqa: E402
import hostile  # noqa: E402

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    expected = {}
    for name, module in (("clean", clean), ("hostile", hostile)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        expected[name] = module.write(folder / name, f"touch {folder}/EXECUTED")
    (folder / "expected.json").write_text(json.dumps(expected, indent=1))
