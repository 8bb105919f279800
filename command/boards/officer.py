"""How an officer's screen sees the world: his own orders, for a while how they ended, and what is escalated to him."""

from collections.abc import Iterable

from command import help, task
from journal import push


class OfficerBoard(push.Board):
    """Key: the officer's pk."""

    kind = "officer"

    def things(self, key: str) -> dict[str, int]:
        return self.things_of([key])[key]

    def things_of(self, keys: Iterable[str]) -> dict[str, dict[str, int]]:
        keys = list(keys)
        found: dict[str, dict[str, int]] = {key: {} for key in keys}
        for officer, case, version in [*task.alerts(keys), *task.shown(keys).values_list("officer", "case", "case__version")]:
            found[str(officer)][f"case:{case}"] = version
        calls = help.of_officers(keys)
        return {key: found[key] | calls[key] for key in keys}

    def render(self, key: str, things: Iterable[str], language: str) -> dict[str, dict]:
        cases = [int(thing.partition(":")[2]) for thing in things if thing.startswith("case:")]  # others: only that something changed
        return (task.payloads(int(key), cases) if cases else {}) | task.calls(int(key), things)


push.register(OfficerBoard())
