"""Pictures are sent in proportions that Telegram accepts."""

import io

import pytest
from PIL import Image

from bot.telegram.photo_sender import within_ratio
from tests.support.pictures import encoded


def size(jpeg: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(jpeg)) as picture:
        return picture.size


@pytest.mark.parametrize(("given", "sent"), [((1280, 30), (1280, 64)), ((12, 1280), (64, 1280))])
def test_a_picture_that_is_too_long_or_too_tall_gets_margins(given: tuple[int, int], sent: tuple[int, int]) -> None:
    assert size(within_ratio(encoded(Image.new("RGB", given, "blue"), "JPEG"))) == sent


def test_any_other_picture_is_sent_unchanged() -> None:
    jpeg = encoded(Image.new("RGB", (1280, 64), "blue"), "JPEG")
    assert within_ratio(jpeg) is jpeg
