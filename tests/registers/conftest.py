import pytest
from django.utils import translation

from enforcement.models import User
from journal import push
from tests.cast import sign_in


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def calm():
    push.client().flushdb()


@pytest.fixture
def lawyer(db, noon) -> User:
    """Legal review of the county centre: edits the powers."""
    return User.objects.get(username="zx-legal-1")


@pytest.fixture
def admin(db, noon) -> User:
    """The system administrator: edits people, equipment, rules and places."""
    return User.objects.get(role="system_admin", is_active=True)


@pytest.fixture
def at_desk(client):
    """`at_desk(person)`: a client signed in at the registers, in English."""

    def enter(person: User):
        client.cookies.clear()
        client.cookies["django_language"] = "en"
        sign_in(client, person, "registers")
        return client

    return enter
