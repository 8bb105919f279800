"""One installation and its traffic for all faults of a run; this process looks into its database as the serving role."""

import logging
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections

from enforcement import roster
from journal import clock, push
from tests.faults.informant import Informant, Overheard
from tests.faults.installation import Installation
from tests.faults.traffic import Traffic, crew_listens

LONG = os.environ.get("FAULTS") == "long"
PER_SECOND = float(os.environ.get("FAULTS_PER_SECOND") or (0.5 if LONG else 1))  # everybody on duty makes twenty requests of a report
REPORTS = int(os.environ.get("FAULTS_REPORTS") or (2000 if LONG else 0))  # at least so many before the last check


@pytest.fixture(scope="module")
def own_patch():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def site(static_files, own_places, django_db_blocker, own_patch):
    """The running installation; Django in this process points at it."""
    made = Installation()
    with django_db_blocker.unblock():
        try:
            made.start()
            point_django_at(own_patch, host=str(made.run), name="platform", user="app", keys=made.services.keys, media=made.services.media)
            roster.roll(since=clock.now() - timedelta(days=1), until=clock.now() + timedelta(days=1))
            yield made
        finally:
            connections.close_all()
            made.stop()


def point_django_at(patch, *, host: str, name: str, user: str, keys: Path, media: Path) -> None:
    database = settings.DATABASES["default"]
    connections.close_all()
    for key, value in {"HOST": host, "NAME": name, "USER": user, "PASSWORD": "", "PORT": ""}.items():
        patch.setitem(database, key, value)
        patch.setitem(connections["default"].settings_dict, key, value)
    patch.setattr(settings, "KEYS_DIR", keys)
    patch.setattr(settings, "MEDIA_ROOT", media)
    patch.setattr(push, "_client", None)


@pytest.fixture(scope="module")
def traffic(site, own_patch):
    crew_listens(own_patch, whole=LONG)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    made = Traffic(site.origin, PER_SECOND)
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def informant(site, traffic):
    """He has reported, while somebody listened to Redis."""
    made = Informant(site)
    with Overheard(site) as made.overheard:
        made.report(traffic)
    return made


@pytest.fixture(autouse=True)
def fresh_connection():
    """What the test before has restarted is connected to anew."""
    connections["default"].close()
