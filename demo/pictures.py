"""Evidence photos for the demonstration: drawn, and labelled as such."""

import io
import random
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONTS = ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", "/usr/share/fonts/truetype/arphic/uming.ttc")


def font(size: int):
    known = next((path for path in FONTS if Path(path).exists()), None)
    return ImageFont.truetype(known, size) if known else ImageFont.load_default(size)


def street(rng: random.Random, words: str) -> bytes:
    """A street scene of blocks, 960×720 JPEG, with `words` and a mark that it is a demonstration."""
    sky, ground = (rng.randrange(150, 220), rng.randrange(180, 230), rng.randrange(205, 245)), (120, 118, 112)
    image = Image.new("RGB", (960, 720), sky)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 470, 960, 720), fill=ground)
    left = 0
    while left < 960:
        width, height = rng.randrange(90, 200), rng.randrange(140, 360)
        shade = rng.randrange(120, 210)
        draw.rectangle((left, 470 - height, left + width, 470), fill=(shade, shade - 10, shade - 25))
        for x in range(left + 16, left + width - 26, 40):
            for y in range(470 - height + 20, 440, 52):
                draw.rectangle((x, y, x + 20, y + 28), fill=(92, 112, 132))
        left += width + rng.randrange(4, 20)
    for _thing in range(rng.randrange(2, 6)):
        x = rng.randrange(40, 860)
        draw.rectangle((x, 500, x + rng.randrange(30, 120), 500 + rng.randrange(40, 90)), fill=tuple(rng.randrange(60, 220) for _i in range(3)))
    draw.rectangle((0, 650, 960, 720), fill=(24, 28, 34))
    draw.text((20, 660), f"演示照片 · {words}", font=font(32), fill=(240, 240, 240))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=72)
    return buffer.getvalue()
