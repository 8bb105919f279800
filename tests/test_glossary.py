"""docs/glossary.md holds every word of the code, spelt as on the screen."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.utils import translation

from cases.transitions import CASE_MOVES
from command.sentences import SENTENCES
from command.transitions import DISPATCH_MOVES
from tests.catalogue import ROOT, rows

GLOSSARY = ROOT / "docs" / "glossary.md"
VERBS = "Verbs in the journal"


def sections() -> dict[str, dict[str, list[str]]]:
    """Heading → code → the other cells of its row."""
    found, rows_of = {}, {}
    for line in GLOSSARY.read_text("utf-8").splitlines():
        if line.startswith("#"):
            rows_of = found.setdefault(line.lstrip("# ").strip("`"), {})
        elif match := re.match(r"\| `(\w+)` \|(.*)\|$", line):
            rows_of[match[1]] = [cell.strip() for cell in match[2].split("|")]
    return found


def own_models():
    """Without the histories: each is of its register, and explained as one."""
    return [model for model in apps.get_models() if not hasattr(model, "pgh_tracked_model")
            and ROOT in Path(apps.get_app_config(model._meta.app_label).path).parents
            and ".venv" not in apps.get_app_config(model._meta.app_label).path]  # fmt: skip


def fields_with_choices():
    """(“Model.field”, its labels by code); a list of choices that a second field shares is listed once."""
    seen, found = [], []
    for model in own_models():
        for field in model._meta.local_fields:
            if field.choices and model._meta.app_label != "auth" and field.choices not in seen:
                seen.append(field.choices)
                found.append((f"{model.__name__}.{field.name}", dict(field.choices)))
    return found


def recorded_verbs() -> set[str]:
    """The verbs of the state tables, of the timeline's sentences and of every `record(thing, "verb", …)`."""
    verbs = {row.verb for row in (*CASE_MOVES, *DISPATCH_MOVES)} | set(SENTENCES)
    for app in {model._meta.app_label for model in own_models()}:
        for path in Path(apps.get_app_config(app).path).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record" and len(node.args) > 1:
                    verbs |= {node.args[1].value} if isinstance(node.args[1], ast.Constant) else set()
    return verbs


def test_every_model_is_explained():
    assert {model.__name__ for model in own_models()} == set(sections()["5. Models"])


def test_every_verb_of_the_journal_has_a_sentence_on_the_timeline():
    assert recorded_verbs() - set(SENTENCES) == set()


def test_every_verb_of_the_journal_is_explained():
    assert recorded_verbs() == set(sections()[VERBS])


@pytest.mark.parametrize("name, labels", fields_with_choices(), ids=lambda value: value if isinstance(value, str) else "")
def test_states_posts_and_kinds_are_called_as_on_the_screen(name, labels):
    explained = sections()[name]
    chinese = {row.english: row.said[0] for row in rows() if not row.context}
    with translation.override("en"):
        wanted = {code: [str(label), chinese[str(label)]] for code, label in labels.items()}
    assert {code: cells[:2] for code, cells in explained.items()} == wanted


def test_one_chinese_word_never_stands_for_two_states_of_one_thing():
    for name, explained in sections().items():
        words = [cells[1] for cells in explained.values() if len(cells) > 2 and "." in name and not name[0].isdigit()]
        assert len(set(words)) == len(words), name
