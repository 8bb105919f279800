"""Whatever can be set, switched, pressed or permitted has a test that shows it act: `tests/registry.toml` names it.

Fails with the line to write for what the product has and the file does not, for what the file has and the product no longer has, and
for a named test that is gone or no longer speaks of the thing. How to write a line stands at the top of the file."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from cases.county.settings import SETTINGS
from command import panel
from enforcement import roles
from tests.addresses import ADDRESSES

ROOT = Path(__file__).parent.parent
TESTS, TEMPLATES, SCRIPTS = ROOT / "tests", ROOT / "templates", ROOT / "static/js"
NAMED = tomllib.loads((TESTS / "registry.toml").read_text())
ROOMS = ("cases", "command", "config", "enforcement", "grid", "registers", "supervision")


# --- what the product has --------------------------------------------------------------------------
def settings() -> set[str]:
    """Variables of the environment: what the settings read, what the example explains, what the start scripts ask for."""
    read = re.findall(r'env(?:\.\w+)?\("([A-Z_]+)"', (ROOT / "config/settings.py").read_text())
    explained = re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M)
    asked = [name for file in (ROOT / "script/lib").glob("*.py") for name in re.findall(r'env(?:iron)?(?:\.get\(|\[)"([A-Z_]+)"', file.read_text())]
    return {*read, *explained, *asked} - {"PATH"}


def options() -> set[str]:
    """What a county sets in its county.toml."""
    return {f"{table}.{key}" for table, keys in SETTINGS.items() for key in keys}


def commands() -> set[str]:
    """Options of our commands and of the start scripts, "file --option"."""
    files = [*ROOT.glob("*/management/commands/*.py"), *(ROOT / "script/lib").glob("*.py")]
    return {f"{file.stem} {option}" for file in files for option in re.findall(r'add_argument\(\s*f?"(--[^"]+)"', file.read_text())}


def actions() -> set[str]:
    """What can be posted: every button that sends something sends it to one of these."""
    found = set()
    for address in ADDRESSES:
        if set(address.methods.split()) & {"POST", "DELETE"}:
            route = re.sub(r"\(\?P(<\w+>)\\d\{1,18\}\)", r"\1", address.route.strip("^$"))
            choice = re.search(r"\(\?P<\w+>([a-z|]+)\)", route)
            found |= {route.replace(choice[0], one) for one in choice[1].split("|")} if choice else {route}
    return {"/" + route for route in found}


def _pages() -> Iterator[tuple[str, str]]:
    """(name, text) of each template without its tags; of an expression its beginning is left, {so}."""
    for file in TEMPLATES.rglob("*.html"):
        text = re.sub(r"\{\{ ?([\w.]*).*?\}\}", r"{\1}", file.read_text())
        yield str(file.relative_to(TEMPLATES)), re.sub(r"\{%.*?%\}|\{#.*?#\}", "", text, flags=re.S)


def _known_by(tag: str, written: str) -> str:
    """What a script or a form knows an element by: its name or id, or data-…, with its value; "" if it only leads on or sends a form as it
    stands."""
    has = dict(re.findall(r'([\w-]+)(?:="([^"]*)")?', written))
    data = next((name for name in has if re.match(r"data-(?!text|tip|key|copied|wait$|hint)", name)), "")
    if has.get("type") == "checkbox" or (tag == "button" and has.get("type") != "button"):
        name, value = has.get("name", ""), has.get("value", "")
    elif tag == "input":
        name, value = has["id"] if not {"name", "disabled"} & has.keys() else "", ""
    elif tag == "button" and "id" in has:
        name, value = has["id"], ""
    else:
        name, value = data, has.get(data, "")
    return f"{name}={value}" if name and value and "{" not in value else name


def buttons() -> set[str]:
    """Buttons, boxes and links that act in the page itself or choose what a form does, and the buttons that scripts make."""
    found = {
        f"{page}: {name}" for page, text in _pages() for tag, attributes in re.findall(r"<(button|input|summary|a)\b([^>]*)>", text)
        if (name := _known_by(tag, attributes))
    }  # fmt: skip
    return found | _scripts_say(r'(\w+) = document\.createElement\("button"\)') | _scripts_say(r"button\(words\.(\w+)")


def _scripts_say(pattern: str) -> set[str]:
    return {f"{file.name}: {name}" for file in SCRIPTS.glob("*.js") for name in re.findall(pattern, file.read_text())}


def filters() -> set[str]:
    """What a page is asked for in its address: fields of its forms, links, what its script reads there."""
    found = set()
    for page, text in _pages():
        fields = " ".join(re.findall(r'<form[^>]*method="get".*?</form>', text, re.S))
        links = " ".join(re.findall(r'href="([^"]*)"', text))
        asked = re.findall(r'<(?:input|select)(?![^>]*type="hidden")[^>]*\sname="([^"]+)"', fields) + re.findall(r"[?;](\w+)=", links)
        found |= {f"{page}: {name}" for name in asked}
    return found | _scripts_say(r'location\.search\)\.get\("(\w+)"')


def keys() -> set[str]:
    """Keys that pages show and keys that scripts listen to."""
    shown = {f"{page}: {key}" for page, text in _pages() for key in re.findall(r"<kbd[^>]*>([^<]+)</kbd>", text)}
    return shown | _scripts_say(r'event\.key === "(?![a-z]")([^"]+)"')


def permissions() -> set[str]:
    """Sets of posts, what the panel asks before it shows a button, and the rules that answer "may he?"."""
    posts = {f"roles.{name}" for name in vars(roles) if name.isupper() and not name.startswith("_")}
    offers = next(node for node in _file(Path(panel.__file__)).body if getattr(node, "name", "") == "permissions")
    asked = {f"console.{key.value}" for node in ast.walk(offers) if isinstance(node, ast.Dict) for key in node.keys if key}
    rules = {
        f"{file.relative_to(ROOT).with_suffix('').as_posix().replace('/', '.')}.{name}"
        for room in ROOMS for file in (ROOT / room).rglob("*.py") for name in re.findall(r"^def (may_\w+)", file.read_text(), re.M)
    }  # fmt: skip
    return posts | asked | rules


KINDS = {find.__name__: find for find in (settings, options, commands, actions, buttons, filters, keys, permissions)}


# --- what a test says ------------------------------------------------------------------------------
@cache
def _file(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


@cache
def _parts(file: Path) -> dict[str, tuple[Path, ast.stmt | str]]:
    """What the names of a test file stand for: its own functions, classes and values and its fixtures (file, node); what it takes from
    other tests (file, name there)."""
    found = {}
    for place in (*(folder / "conftest.py" for folder in reversed(file.parents) if TESTS in (folder, *folder.parents)), file):
        for node in _file(place).body if place.is_file() else ():
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tests."):
                found |= {name.asname or name.name: (ROOT / f"{node.module.replace('.', '/')}.py", name.name) for name in node.names}
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                found |= {name.id: (place, node) for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)}
            elif hasattr(node, "name"):
                found[node.name] = (place, node)
    return found


@cache
def _says(file: Path, function: str) -> str:
    """The test with all that it uses of our tests: helpers, values, fixtures, also those that it does not ask for. Comments say nothing."""
    unasked = [name for name, (_place, node) in _parts(file).items() if "autouse=True" in map(ast.unparse, _marks(node))]
    told, todo = {}, [(file, name) for name in (function, *unasked)]
    while todo:
        place, name = todo.pop()
        where, node = _parts(place).get(name, (place, None))
        if isinstance(node, str):
            todo.append((where, node))
        elif node and (where, node) not in told:
            told[where, node] = None
            todo += [(where, one.id if isinstance(one, ast.Name) else one.arg) for one in ast.walk(node) if isinstance(one, ast.Name | ast.arg)]
    return "\n".join(ast.unparse(node) for _place, node in told)


def _marks(node: ast.stmt | str) -> list[ast.keyword]:
    return [keyword for mark in getattr(node, "decorator_list", ()) if isinstance(mark, ast.Call) for keyword in mark.keywords]


def _words(kind: str, thing: str) -> list[str]:
    """What a test of the thing says of itself; nothing where a part of the name is made in the page."""
    name = thing.rpartition(": ")[2]
    match kind:
        case "keys":
            return [] if "{" in name else [name.replace("Ctrl", "Control").replace(" ", "+")]
        case "commands":
            name = name.rpartition("--")[2]
        case "actions":
            name = next((part for part in reversed(name.split("/")) if part and "<" not in part), "")
        case "options" | "permissions":
            name = name.rpartition(".")[2]
    return [] if "{" in name else re.findall(r"[^= ]+", name)


def _is_said(kind: str, word: str, said: str) -> bool:
    """A key between quotes, as it is pressed; a name as a word of its own, with - or _."""
    word = re.escape(word.replace("-", "_")) if kind != "keys" else re.escape(word)
    return bool(re.search(f"(?i)['\"]{word}['\"]" if kind == "keys" else rf"\b{word.replace('_', '[-_]')}\b", said))


def _wrong(kind: str, thing: str, line: str | list[str]) -> str:
    """What is wrong with a line of the file; "" if nothing is."""
    node, *instead = [line] if isinstance(line, str) else line
    file, _, function = node.partition("::")
    path, about = TESTS / file, f'[{kind}] "{thing}":'
    if not function.startswith("test_") or not path.is_file() or not any(getattr(one, "name", "") == function for one in _file(path).body):
        return f"{about} there is no test {node}; name the one that shows it act"
    if file.startswith(("others/", "bench/")):
        return f"{about} script/test does not run {node}; name one that it runs"
    said = _says(path, function)
    silent = [word for word in instead if word not in said] if instead else [word for word in _words(kind, thing) if not _is_said(kind, word, said)]
    return f'{about} {node} does not say "{silent[0]}"; name another test, or write ["{node}", "what it says instead"]' if silent else ""


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_acts_names_the_test_that_shows_it(kind):
    there, named = KINDS[kind](), NAMED[kind]
    assert len(there) > 20, "the collector finds nothing any more"
    wrong = [f'[{kind}] lacks a line; add: "{thing}" = "folder/test_file.py::test_that_shows_it_act"' for thing in sorted(there - named.keys())]
    wrong += [f'[{kind}] "{thing}": there is none any more; delete the line' for thing in sorted(named.keys() - there)]
    wrong += filter(None, (_wrong(kind, thing, line) for thing, line in named.items()))
    assert not wrong, "in tests/registry.toml:\n" + "\n".join(wrong)


def test_the_file_has_no_other_kinds():
    assert NAMED.keys() == KINDS.keys()
