"""Tell browsers that a thing changed. A push is a hint: (audience, thing, version) by plain PUBLISH after commit.

The hub of each socket process loads the thing, renders it once per audience through the renderer that the owning
app registered here, and hands the same bytes to every socket. A lost hint is healed by the checksum beat.
"""

import json
import logging
from collections.abc import Callable, Collection, Iterable

import redis
from django.conf import settings
from django.db import transaction
from django.utils import translation
from redis.backoff import NoBackoff
from redis.retry import Retry

TIMEOUT_SECONDS = 0.2
log = logging.getLogger(__name__)
_client: redis.Redis | None = None


def client() -> redis.Redis:
    """A Redis client that never retries and gives up after 0.2 s: a dead Redis must not delay a saved report."""
    global _client
    if _client is None:
        _client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )  # fmt: skip
    return _client


def is_alive() -> bool:
    """Whether Redis answers now."""
    try:
        return bool(client().ping())
    except redis.RedisError:
        return False


def channel() -> str:
    """Redis' channels know no databases: two installations on one Redis are told apart by the database's number."""
    return f"live:{client().connection_pool.connection_kwargs.get('db') or 0}"


def tell(audiences: Iterable[str], thing: str, version: int) -> None:
    """After commit, hint to `audiences` that `thing` ("case:12") has reached `version`."""
    names = sorted(set(audiences))
    if names:
        transaction.on_commit(lambda: _publish({"audiences": names, "thing": thing, "version": version}), robust=True)


def tell_now(message: dict) -> None:
    """Publish at once what is not a change of a row (a position, who looks, a new session state). Never raises."""
    _publish(message)


def _publish(message: dict) -> None:
    try:
        client().publish(channel(), json.dumps(message))
    except redis.RedisError as error:
        log.warning("push not sent: %s", type(error).__name__)


# --- what the hub needs from the apps ---------------------------------------------------------
class Board:
    """How one kind of audience ("centre", "wall", "officer", "track") sees the world. Apps subclass and register.

    `key` is the part of the audience's name after the dot; all methods run in a thread with database access.
    Nothing personal to one reader may be in what they return: it is shared by the whole audience.
    """

    kind: str
    family: str = ""  # boards of one family are rendered together after a hint, and may share what they load

    def things(self, key: str) -> dict[str, int]:
        """The open things that this audience shows now: {"case:12": version}. One query."""
        raise NotImplementedError

    def render(self, key: str, things: Iterable[str], language: str) -> dict[str, dict]:
        """JSON-ready payloads {"case:12": {"v": version, ...}} of those `things` that the audience shows; others are left out
        (= removed). "v" is the version of what was rendered, the same number that `things` gives. Runs in `language`."""
        raise NotImplementedError

    def render_all(self, wanted: dict[tuple[str, str], Collection[str]], shared: dict) -> dict[tuple[str, str], dict[str, dict]]:
        """`render` for many {(key, language): things} at once; override where one load serves all. `shared` is empty before the
        first board of the family, which leaves in it what the others can use."""
        found = {}
        for (key, language), things in wanted.items():
            with translation.override(language):
                found[key, language] = self.render(key, things, language)
        return found

    def figures(self, key: str) -> dict:
        """Numbers that ride on the beat (counts of today …); not part of the checksum."""
        return {}

    def positions(self, key: str) -> dict[str, list] | None:
        """Newest positions of the officers that the audience sees: {"<officer pk>": [lon, lat, heading or None, at in ms]};
        None for an audience that sees none."""
        return None

    def things_of(self, keys: Iterable[str]) -> dict[str, dict[str, int]]:
        """`things` for many keys; override where one grouped query serves all."""
        return {key: self.things(key) for key in keys}


boards: dict[str, Callable[[], Board] | Board] = {}


def register(board: Board) -> None:
    boards[board.kind] = board
