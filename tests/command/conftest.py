import pytest

from tests.command.desk import Desk


@pytest.fixture
def desk(client, cast) -> Desk:
    """A seat at the console of the brigade; its dispatcher sits there."""
    return Desk(client).sit(cast.dispatcher)
