"""Reads the peak names drawn on the large picture, with their leader lines and marks, as boxes on the screen."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from playwright.sync_api import Page

from tests.browser.acts import await_frames

_SEEN = """() => {
    const box = (element) => {
        const { left, top, right, bottom } = element.getBoundingClientRect();
        return [left, top, right, bottom];
    };
    const image = document.querySelector("#large");
    const place = image.getBoundingClientRect();
    const scale = Math.min(place.width / image.naturalWidth, place.height / image.naturalHeight);
    const [wide, high] = [image.naturalWidth * scale / 2, image.naturalHeight * scale / 2];
    const [x, y] = [place.left + place.width / 2, place.top + place.height / 2];
    const texts = (name) => [...name.querySelectorAll("text")];
    return {
        picture: [x - wide, y - high, x + wide, y + high],
        stage: box(document.querySelector("#stage")),
        buttons: [...document.querySelectorAll("#stage button, #count")].map(box).filter((one) => one[2] > one[0]),
        names: [...document.querySelectorAll("#names .name")].map((name) => ({
            peak: name.dataset.peak,
            lines: texts(name).map((text) => text.textContent),
            texts: texts(name).map(box),
            px: parseFloat(getComputedStyle(texts(name)[0]).fontSize),
            leader: box(name.querySelector(".line path")),
            mark: box(name.querySelector(".line circle")),
        })),
    };
}"""


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    @property
    def middle(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def meets(self, other: "Box") -> bool:
        beside = self.left >= other.right or other.left >= self.right
        return not (beside or self.top >= other.bottom or other.top >= self.bottom)

    def within(self, other: "Box", beyond_px: float = 0.5) -> bool:
        aside = self.left >= other.left - beyond_px and self.right <= other.right + beyond_px
        return aside and self.top >= other.top - beyond_px and self.bottom <= other.bottom + beyond_px


@dataclass(frozen=True)
class DrawnName:
    peak: str
    lines: list[str]
    texts: list[Box]
    px: float
    leader: Box
    mark: Box

    @property
    def parts(self) -> list[Box]:
        return [*self.texts, self.leader, self.mark]


@dataclass(frozen=True)
class DrawnPicture:
    """picture: the box of the whole picture on the screen. When zoomed in, it may extend beyond the stage."""

    picture: Box
    stage: Box
    buttons: list[Box]
    names: list[DrawnName]

    @property
    def summits(self) -> dict[str, tuple[float, float]]:
        """The positions of the marks, by peak."""
        return {name.peak: name.mark.middle for name in self.names}

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Converts a position in the picture (fractions of its width and height) to a point on the screen."""
        left, top, right, bottom = self.picture
        return left + x * (right - left), top + y * (bottom - top)

    def place(self, at: tuple[float, float]) -> tuple[float, float]:
        """The inverse of at()."""
        left, top, right, bottom = self.picture
        return (at[0] - left) / (right - left), (at[1] - top) / (bottom - top)


def drawn_names(page: Page) -> DrawnPicture:
    await_frames(page)
    seen: dict[str, Any] = page.evaluate(_SEEN)
    names = [
        DrawnName(
            one["peak"],
            one["lines"],
            [Box(*box) for box in one["texts"]],
            one["px"],
            Box(*one["leader"]),
            Box(*one["mark"]),
        )
        for one in seen["names"]
    ]
    return DrawnPicture(Box(*seen["picture"]), Box(*seen["stage"]), [Box(*box) for box in seen["buttons"]], names)
