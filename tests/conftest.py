"""What every test stands on: a database copied from the loaded county, a cast of people, an injected clock."""

import gc
import os
from datetime import datetime

import pytest
from django.conf import settings
from django.db import connection, connections
from django.utils import translation

from cases import rulebook
from journal import clock, push
from tests import databases
from tests.cast import CaseMaker, Cast
from tests.servers import collect_static

NOON = datetime.fromisoformat(databases.NOON)
gc.freeze()  # what is imported stays: looking through it again and again is a fifteenth of a run
gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def own_places(tmp_path_factory):
    """Media and keys of this run only, and a Redis database of this worker's."""
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")
    settings.KEYS_DIR = tmp_path_factory.mktemp("keys")
    settings.REDIS_URL = _redis_of(os.getpid() % 15)
    push.client().flushdb()


@pytest.fixture(scope="session", autouse=True)
def static_files():
    """Pages name their files by hash: collected once, again when a source is newer."""
    collect_static(dict(os.environ))


def _redis_of(worker: int) -> str:
    """Database 1 to 15 of the same Redis: 0 is the running installation's."""
    address, number = os.environ["REDIS_URL"], worker + 1
    if address.startswith("unix:"):
        return f"{address.partition('?')[0]}?db={number}"
    return f"{address.rpartition('/')[0]}/{number}"


@pytest.fixture(scope="session")
def database_template():
    return databases.template()


@pytest.fixture(scope="session")
def django_db_setup(database_template, django_db_blocker):
    """Instead of Django's own test database: a copy of the template, used as the serving role."""
    name = f"test_{os.getpid()}"  # two runs at once do not meet
    databases.copy(database_template, name)
    connection.close()
    settings.DATABASES["default"]["NAME"] = connections["default"].settings_dict["NAME"] = name
    yield
    with django_db_blocker.unblock():
        connections.close_all()
    databases.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def committing(django_db_setup, django_db_blocker, database_template):
    """For tests that really commit (threads, sockets, other processes): the database is thrown away afterwards."""
    with django_db_blocker.unblock():
        try:
            yield connection.settings_dict["NAME"]
        finally:
            connections.close_all()
            databases.copy(database_template, connection.settings_dict["NAME"])
            rulebook.forget()


@pytest.fixture(autouse=True)
def language():
    """What a request in English leaves behind in its thread says nothing about the next test."""
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(autouse=True)
def fresh_rules():
    rulebook.forget()
    yield
    rulebook.forget()


@pytest.fixture
def noon():
    """The clock stands at noon of a working day."""
    with clock.at(NOON):
        yield NOON


@pytest.fixture
def cast(db, noon):
    """People with names and posts, on duty and free at noon where their post says so."""
    return Cast()


@pytest.fixture
def case_at(cast):
    """`case_at("resolved")`: a case brought to a state by the real verbs."""
    return CaseMaker(cast)
