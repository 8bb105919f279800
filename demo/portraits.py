"""Placeholder portraits for the demonstration: a character on a coloured ground, marked as such. No face is made up."""

import colorsys
import io

from PIL import Image, ImageDraw

from cases import portraits
from demo.pictures import font
from enforcement.models import Officer, User
from enforcement.roles import Role

WIDTH, HEIGHT = 450, 600


def hang() -> int:
    """Give each demonstration officer without a portrait his placeholder, by the verb; how many there were."""
    administrators = User.objects.filter(role=Role.SYSTEM_ADMIN, is_active=True)
    keeper = next((one for one in administrators if one.centre and one.centre.is_county_centre), None)
    if keeper is None:
        return 0
    bare = Officer.objects.filter(portrait="", user__is_demo=True, user__is_active=True, is_helper=False).select_related("user").order_by("pk")
    return sum(1 for officer in bare if portraits.put(officer=officer, data=placeholder(officer.name, officer.pk), by=keeper))


def placeholder(name: str, number: int) -> bytes:
    """The first character of a name on a ground of its own tone, 450×600 JPEG."""
    tone = (number * 47 % 360) / 360
    ground, figure = (tuple(round(255 * part) for part in colorsys.hls_to_rgb(tone, light, 0.35)) for light in (0.86, 0.72))
    image = Image.new("RGB", (WIDTH, HEIGHT), ground)
    draw = ImageDraw.Draw(image)
    draw.ellipse((WIDTH // 2 - 105, 120, WIDTH // 2 + 105, 330), fill=figure)
    draw.ellipse((30, 370, WIDTH - 30, 900), fill=figure)
    ink = tuple(round(255 * part) for part in colorsys.hls_to_rgb(tone, 0.25, 0.4))
    draw.text((WIDTH // 2, 225), name[:1], font=font(120), fill=ink, anchor="mm")
    draw.text((WIDTH // 2, 560), "演示头像", font=font(34), fill=ink, anchor="mm")
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
