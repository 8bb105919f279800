"""The three administrators, and pages as they meet them."""

import pytest

from enforcement.models import User
from enforcement.roles import Role
from tests import databases
from tests.addresses import holder
from tests.cast import Cast, sign_in


class Administrators:
    def __init__(self, cast: Cast):
        self.system, self.security, self.audit = (
            holder(cast, role) for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)
        )


@pytest.fixture
def three(cast) -> Administrators:
    return Administrators(cast)


@pytest.fixture
def as_(client):
    """`as_(user)`: the client, signed in on the registers as somebody."""

    def signed_in(user: User):
        client.cookies.clear()
        sign_in(client, User.objects.get(pk=user.pk), "registers")
        return client

    return signed_in


@pytest.fixture
def county_folder() -> str:
    return str(databases.COUNTY)
