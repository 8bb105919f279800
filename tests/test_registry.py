"""Whatever can be set, switched, pressed or permitted has a test that shows it act: `tests/registry.toml` names it.

A setting that nothing enforces or a button that does nothing cannot come in unnoticed: what is not in the file, or names a test that
does not exist or does not speak of it, fails here."""

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from cases.county.settings import SETTINGS
from command import panel
from enforcement import roles
from tests.addresses import ADDRESSES

ROOT = Path(__file__).parent.parent
NAMED = tomllib.loads((ROOT / "tests/registry.toml").read_text())
ROOMS = ("cases", "command", "enforcement", "registers", "supervision")


def settings() -> set[str]:
    """Variables of the environment: what the settings read, what the example explains, what the start scripts ask for."""
    read = re.findall(r'env(?:\.\w+)?\("([A-Z_]+)"', (ROOT / "config/settings.py").read_text())
    explained = re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M)
    asked = [name for file in (ROOT / "script/lib").glob("*.py") for name in re.findall(r'environ(?:\.get\(|\[)"([A-Z_]+)"', file.read_text())]
    return {*read, *explained, *asked} - {"PATH"}


def options() -> set[str]:
    """What a county sets in its county.toml."""
    return {f"{table}.{key}" for table, keys in SETTINGS.items() for key in keys}


def actions() -> set[str]:
    """What can be posted: every button that sends something sends it here."""
    routes = {address.route.strip("^$") for address in ADDRESSES if set(address.methods.split()) - {"GET"}}
    found = set()
    for route in routes:
        choices = re.search(r"\(\?P<(?:verb|name)>([a-z|]+)\)", route)
        plain = re.sub(r"\(\?P(<\w+>)\\d\{1,18\}\)", r"\1", route)
        found |= {re.sub(r"\(\?P<(?:verb|name)>[a-z|]+\)", one, plain) for one in choices[1].split("|")} if choices else {plain}
    return {"/" + route for route in found}


def switches() -> set[str]:
    """Buttons and boxes that act in the page itself, "template: what its script knows it by"."""
    found = set()
    for file in (ROOT / "templates").rglob("*.html"):
        for tag in re.findall(r"<(?:button type=\"button\"|input type=\"checkbox\")[^>]*>", file.read_text()):
            known = re.search(r"\s(data-(?!text|tip)[a-z-]+|id|name)(?:=\"([^\"{]*))?", tag.replace("data-filter=", "data-filter "))
            name = known[1] if known and known[1].startswith("data") else known[2] if known else tag
            found.add(f"{file.relative_to(ROOT / 'templates')}: {name}")
    return found


def keys() -> set[str]:
    """Keys that the pages show, "template: key"."""
    shown = ((file, re.findall(r"<kbd[^>]*>([^<{]+)</kbd>", file.read_text())) for file in (ROOT / "templates").rglob("*.html"))
    return {f"{file.relative_to(ROOT / 'templates')}: {key}" for file, found in shown for key in found}


def permissions() -> set[str]:
    """Sets of posts, what the panel asks before it shows a button, and the rules that answer "may he?"."""
    posts = {f"roles.{name}" for name, value in vars(roles).items() if name.isupper() and not name.startswith("_")}
    asked = set(re.findall(r'"(\w+)": ', ast.unparse(_function(Path(panel.__file__), "permissions")).replace("'", '"')))
    rules = {
        f"{file.relative_to(ROOT).with_suffix('').as_posix().replace('/', '.')}.{found}"
        for room in ROOMS for file in (ROOT / room).rglob("*.py") for found in re.findall(r"^def (may_\w+)", file.read_text(), re.M)
    }  # fmt: skip
    return posts | {f"console.{name}" for name in asked} | rules


KINDS = {"settings": settings, "options": options, "actions": actions, "switches": switches, "keys": keys, "permissions": permissions}


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def _function(file: Path, name: str):
    return next((node for node in ast.walk(_tree(file)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name), None)


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_acts_names_the_test_that_shows_it(kind):
    assert sorted(NAMED[kind]) == sorted(KINDS[kind]())


@pytest.mark.parametrize("kind", KINDS)
def test_the_named_tests_exist(kind):
    for name, node in NAMED[kind].items():
        file, _, function = node.partition("::")
        assert function.startswith("test_") and _function(ROOT / "tests" / file, function), f"{name}: there is no test {node}"
