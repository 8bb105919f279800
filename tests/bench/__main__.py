"""script/bench NAME [--write] [--seconds N] [--repeats N]: one bench; without a name the list."""

import argparse
import importlib
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

NAMES = (
    "intake", "photos", "live", "positions", "browser", "archive", "authority", "roster", "import", "suggestions", "weight", "search", "figures",
    "fuzz",
)  # fmt: skip
MODULES = {"import": "importing"}  # what Python keeps for itself


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench", description="Measure one thing, as ratios within one run.")
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--write", action="store_true", help="put the result into docs/performance.md")
    parser.add_argument("--seconds", type=float, help="of one turn")
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--size", type=int, help="of the large archive, in cases; of the roster, in officers")
    options = parser.parse_args()
    from tests.bench import tables
    from tests.bench.place import bench

    wanted = {name: value for name in ("seconds", "repeats", "size") if (value := getattr(options, name)) is not None}
    with bench() as made:
        text = importlib.import_module(f"tests.bench.{MODULES.get(options.name, options.name)}").run(made, **wanted)
    text = f"{text}\n\n{tables.machine()}."
    print(text)
    if options.write:
        tables.write(options.name, text)


if __name__ == "__main__":
    sys.exit(main())
