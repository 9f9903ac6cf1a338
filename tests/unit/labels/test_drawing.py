"""Drawing the names of summits on pictures."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from cumbre.labels import fonts
from cumbre.labels.drawing import draw_names
from cumbre.labels.fonts import LabelFont, can_write, font_for, normalize_line, writable_text
from cumbre.labels.layout import SummitLabel

AMA_DABLAM = SummitLabel("Ama Dablam", "6 812 m", 0.5, 0.6)
PUMORI = SummitLabel("Pumori", "7 165 m", 0.2, 0.7)
# No character has this code point.
UNWRITABLE = "\ufdd0"
SNOW, SKY, HAZE, NIGHT = (255, 255, 255), (90, 140, 220), (200, 215, 235), (0, 0, 0)
SIZES = [(360, 270), (1440, 1080), (4000, 3000)]


def paper(size: tuple[int, int], colour: tuple[int, int, int] = SKY) -> Image.Image:
    return Image.new("RGB", size, colour)


def changed(before: Image.Image, *labels: SummitLabel) -> np.ndarray:
    """Return which pixels the names change, [height, width]."""
    changed: np.ndarray = (np.asarray(draw_names(before, labels)) != np.asarray(before)).any(axis=2)
    return changed


def around_name(drawn: Image.Image) -> Image.Image:
    """Return the part of a picture where AMA_DABLAM is written, without its leader."""
    width, height = drawn.size
    return drawn.crop((int(0.35 * width), int(0.4 * height), int(0.65 * width), int(0.54 * height)))


def luminance(image: Image.Image) -> np.ndarray:
    """Return the relative luminance as defined by WCAG 2, [height, width]."""
    value = np.asarray(image) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("ground", [SNOW, SKY, HAZE, NIGHT])
def test_letters_stand_out_from_their_surroundings(size: tuple[int, int], ground: tuple[int, int, int]) -> None:
    # On black only the light letters are visible. They show where the letters and the pixels next to them are.
    on_black = around_name(draw_names(paper(size, NIGHT), [AMA_DABLAM])).convert("L")
    wider = np.asarray(on_black.filter(ImageFilter.MaxFilter(3 if size[0] < 1000 else 5))) > 200
    letters, seam = np.asarray(on_black) > 200, wider & (np.asarray(on_black) < 60)
    drawn = luminance(around_name(draw_names(paper(size, ground), [AMA_DABLAM])))
    contrast = (np.median(drawn[letters]) + 0.05) / (np.median(drawn[seam]) + 0.05)
    assert contrast > 4.5  # WCAG 2 requires this for text


def test_a_lighter_background_is_shaded_more() -> None:
    def shaded(ground: tuple[int, int, int]) -> int:
        before = paper((1440, 1080), ground)
        drawn = draw_names(before, [AMA_DABLAM])
        return int((luminance(around_name(drawn)) < 0.6 * luminance(around_name(before))).sum())

    assert shaded(SNOW) > 1.2 * shaded(SKY)


@pytest.mark.parametrize("size", SIZES)
def test_only_the_pixels_near_a_name_change(size: tuple[int, int]) -> None:
    rows, columns = np.nonzero(changed(paper(size), AMA_DABLAM))
    assert abs(columns / size[0] - 0.5).max() < 0.15
    assert 0.4 < rows.min() / size[1] < rows.max() / size[1] < 0.65


def test_the_summit_itself_stays_visible() -> None:
    assert not changed(paper((1440, 1080)), AMA_DABLAM)[646:650, 718:722].any()


def test_without_names_the_copy_equals_the_picture() -> None:
    picture = paper((360, 270))
    copy = draw_names(picture, [])
    assert copy is not picture
    assert copy.tobytes() == picture.tobytes()


def test_the_original_picture_is_not_changed() -> None:
    picture = paper((360, 270))
    before = picture.tobytes()
    drawn = draw_names(picture, [AMA_DABLAM])
    assert picture.tobytes() == before != drawn.tobytes()
    assert (drawn.mode, drawn.size) == ("RGB", (360, 270))


def test_the_same_picture_gets_the_same_pixels() -> None:
    picture = paper((360, 270))
    assert draw_names(picture, [AMA_DABLAM, PUMORI]).tobytes() == draw_names(picture, [AMA_DABLAM, PUMORI]).tobytes()


def test_a_picture_too_small_for_a_name_gets_none() -> None:
    assert not changed(paper((40, 30)), AMA_DABLAM).any()
    assert not changed(paper((1, 1)), AMA_DABLAM).any()


@pytest.mark.parametrize("y", [0.0, 0.01, 0.99, 1.0])
@pytest.mark.parametrize("x", [0.0, 0.01, 0.99, 1.0])
def test_a_summit_at_the_edge_has_its_name(x: float, y: float) -> None:
    assert changed(paper((360, 270)), SummitLabel("Ama Dablam", "6 812 m", x, y)).any()


def test_a_name_that_no_font_can_write_is_left_out() -> None:
    picture = paper((360, 270))
    assert not changed(picture, SummitLabel(UNWRITABLE, "6 812 m", 0.5, 0.6)).any()
    both = draw_names(picture, [SummitLabel(f"Ama {UNWRITABLE}", "", 0.5, 0.6), PUMORI])
    assert both.tobytes() == draw_names(picture, [PUMORI]).tobytes()


def test_a_name_is_written_without_its_accents_if_no_font_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_system_fonts", lambda: ())
    assert writable_text("Piz Palü") == "Piz Palu"
    assert writable_text("Nevado\u00a0Huascarán") == "Nevado Huascaran"
    assert writable_text("Эверест") == ""
    assert changed(paper((360, 270)), SummitLabel("Mönch", "", 0.5, 0.6)).any()


def test_an_elevation_that_no_font_can_write_is_left_out() -> None:
    picture = paper((360, 270))
    unwritable = draw_names(picture, [SummitLabel("Pumori", f"7 165 {UNWRITABLE}", 0.5, 0.6)])
    assert unwritable.tobytes() == draw_names(picture, [SummitLabel("Pumori", "", 0.5, 0.6)]).tobytes()


@pytest.mark.parametrize(
    "name", ["Piz Palü", "Nevado Huascarán", "Świnica", "Эльбрус", "珠穆朗玛峰", "सगरमाथा", "حرمون"]
)
def test_a_name_in_other_letters_is_drawn_where_a_font_has_them(name: str) -> None:
    assert changed(paper((360, 270)), SummitLabel(name, "", 0.5, 0.6)).any() == bool(writable_text(name))


def test_pillows_own_font_has_plain_letters_only() -> None:
    bundled = LabelFont("")
    assert font_for("Kangchenjunga, 8586 m") == bundled
    assert not bundled.can_write("Palü")
    assert not bundled.can_write(UNWRITABLE)


def test_text_without_letters_cannot_be_a_name() -> None:
    assert [text for text in ("", " ", "\u200b", "...", UNWRITABLE) if can_write(text)] == []
    assert can_write("K2")


def test_spaces_become_plain_spaces_and_accents_are_joined_to_their_letters() -> None:
    assert normalize_line("6\u202f812\xa0m") == "6 812 m"
    assert normalize_line(" Ama\nDablam\t") == "Ama Dablam"
    assert normalize_line("Palu\u0308") == "Palü"
