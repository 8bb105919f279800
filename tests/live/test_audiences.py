"""Every post before every surface's socket."""

import pytest

from config.asgi import application
from config.surfaces import SURFACES
from enforcement.roles import SURFACE_ROLES, Role
from tests.addresses import holder
from tests.cast import Cast


@pytest.mark.asyncio
@pytest.mark.parametrize("surface", [surface.name for surface in SURFACES])
async def test_each_post_hears_on_its_surfaces_and_nowhere_else(world, surface):
    await world.case()
    people = await world.do(lambda: {role: holder(Cast(), role) for role in Role})
    for role, person in people.items():
        screen = await world.screen(application, f"/ws/{surface}/", session=await world.session_of(person, surface), cookie=f"session_{surface}")
        heard = await screen.hear("snapshot")
        if role in SURFACE_ROLES[surface]:
            assert heard["type"] == "snapshot", role
        else:
            assert heard == {"type": "close", "code": 4403}, role
