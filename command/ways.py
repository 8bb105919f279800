"""The county's ways to an officer, in their order: ("page" · "sms" · "voice" · "leader", seconds until the next one is tried)."""

from cases.rulebook import current

LEADER = "leader"


def ways() -> list[list]:
    """[way, seconds] in order; the first is the open page, where every order appears at once."""
    return current().options["order_ways"]


def after(way: str) -> list[list]:
    """The ways that come after `way`; all but the first when it is none of them any more."""
    names = [name for name, _seconds in ways()]
    return ways()[names.index(way) + 1 if way in names else 1 :]
