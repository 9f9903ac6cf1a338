"""Rendering sample scenes. The pictures are small: geometry that is exact in them is exact at every size."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from cumbre.demo.projection import summit_views
from cumbre.demo.render import Rendering, render
from cumbre.demo.scene import Camera, Light, Scene
from cumbre.demo.sightlines import visible_summits
from cumbre.demo.viewpoints import EMPTY_MARGIN_DEG, Viewpoint, away, scenes_around, towards
from cumbre.geo.geodesy import horizontal_fov_deg, signed_angle_deg
from cumbre.geo.pinhole import project
from cumbre.peaks.catalog import Catalog, Peak

SIZE = (400, 300)
WHEN = datetime(2024, 11, 1, 4, 30, tzinfo=UTC)

KHUMBU = Catalog(
    [
        Peak("mount-everest", 27.98833, 86.92528, 8_849.0, ("Mount Everest",)),
        Peak("lhotse", 27.961666, 86.933334, 8_516.0, ("Lhotse",)),
        Peak("nuptse", 27.966389, 86.89, 7_861.0, ("Nuptse",)),
        Peak("ama-dablam", 27.861213, 86.861468, 6_812.0, ("Ama Dablam",)),
        Peak("thamserku", 27.789922, 86.785399, 6_623.0, ("Thamserku",)),
    ]
)
TENGBOCHE = Viewpoint("tengboche", 27.8362, 86.7642, 3_867.0)

OBERLAND = Catalog(
    [
        Peak("eiger", 46.5776, 8.0054, 3_967.0, ("Eiger",)),
        Peak("moench", 46.5585, 7.9973, 4_107.0, ("Mönch",)),
        Peak("jungfrau", 46.5368, 7.9626, 4_158.0, ("Jungfrau",)),
    ]
)
MAENNLICHEN = Viewpoint("maennlichen", 46.6130, 7.9410, 2_230.0)

HILLS = Catalog(
    [
        Peak("north-hill", 51.040, -3.000, 812.0, ("North Hill",)),
        Peak("long-hill", 51.030, -2.930, 786.0, ("Long Hill",)),
        Peak("far-hill", 51.075, -3.040, 840.0, ("Far Hill",)),
    ]
)
MEADOW = Viewpoint("meadow", 51.000, -3.000, 430.0)

EVERYWHERE = [(KHUMBU, TENGBOCHE, "ama-dablam"), (OBERLAND, MAENNLICHEN, "eiger"), (HILLS, MEADOW, "north-hill")]


def scene(catalog: Catalog, viewpoint: Viewpoint, peak_id: str, aside_deg: float = 7.0, **changes: object) -> Scene:
    camera = replace(towards(catalog, viewpoint, peak_id, aside_deg, 26.0, SIZE), **changes)  # type: ignore[arg-type]
    return Scene("test", camera, WHEN, seed=3)


def skyline_near(drawn: Rendering, x: float, width: int) -> float:
    """Return the highest ground within one pixel of a column, as a fraction of the height."""
    column = int(x * width)
    return float(np.nanmin(drawn.skyline_y[max(0, column - 1) : column + 2]))


@pytest.mark.parametrize(("catalog", "viewpoint", "peak_id"), EVERYWHERE)
@pytest.mark.parametrize("tilt", [{"pitch_deg": 0.0}, {"pitch_deg": 6.0}, {"pitch_deg": 4.0, "roll_deg": 5.0}])
def test_a_summit_is_drawn_where_geometry_puts_it(
    catalog: Catalog, viewpoint: Viewpoint, peak_id: str, tilt: dict[str, float]
) -> None:
    drawn = render(scene(catalog, viewpoint, peak_id, **tilt), catalog)
    _, y = drawn.summits[peak_id]
    assert abs(skyline_near(drawn, drawn.summits[peak_id][0], SIZE[0]) - y) * SIZE[1] < 2.0


def test_the_ground_ends_and_the_sky_begins_at_the_pixel_of_the_summit() -> None:
    aimed = scene(KHUMBU, TENGBOCHE, "ama-dablam")
    drawn = render(aimed, KHUMBU)
    x, y = drawn.summits["ama-dablam"]
    column = np.asarray(drawn.image.convert("L"), dtype=float)[:, int(x * SIZE[0])]
    # Sunlit snow is brighter than the blue sky behind it, so the edge is the steepest step nearby.
    row = int(y * SIZE[1])
    steps = np.abs(np.diff(column[row - 10 : row + 11]))
    assert abs(int(np.argmax(steps)) - 9.5) <= 2.5


def test_the_summits_are_listed_where_the_projection_puts_them() -> None:
    aimed = scene(KHUMBU, TENGBOCHE, "ama-dablam", aside_deg=10.0)
    views = summit_views(aimed.camera, KHUMBU)
    x, y = project(aimed.camera, views.bearing_deg, views.elevation_deg)
    place = dict(zip(KHUMBU, zip(x, y, strict=True), strict=True))
    summits = render(aimed, KHUMBU).summits
    assert {"ama-dablam", "lhotse"} <= summits.keys()
    assert summits == {peak_id: pytest.approx(place[peak_id]) for peak_id in summits}


def test_the_same_scene_gives_the_same_pixels_and_another_seed_another_picture() -> None:
    aimed = replace(scene(KHUMBU, TENGBOCHE, "ama-dablam"), ornaments=("pines", "flags", "chorten", "houses"))
    first, second = render(aimed, KHUMBU).image, render(aimed, KHUMBU).image
    assert first.tobytes() == second.tobytes()
    assert render(replace(aimed, seed=4), KHUMBU).image.tobytes() != first.tobytes()


def test_ornaments_do_not_cover_the_summits() -> None:
    plain = scene(KHUMBU, TENGBOCHE, "ama-dablam", pitch_deg=0.0)
    adorned = replace(plain, ornaments=("pines", "flags", "chorten", "houses"))
    before, after = (np.asarray(render(s, KHUMBU).image, dtype=int) for s in (plain, adorned))
    assert (before != after).any()
    for x, y in render(plain, KHUMBU).summits.values():
        column, row = int(x * SIZE[0]), int(y * SIZE[1])
        near = np.s_[max(0, row - 3) : row + 4, max(0, column - 3) : column + 4]
        assert (before[near] == after[near]).all()


def test_a_summit_behind_a_nearer_one_is_not_visible() -> None:
    lat, lon = 46.0, 8.0
    catalog = Catalog(
        [
            Peak("wall", lat + 0.03, lon, 3_000.0, ("Wall",)),
            Peak("behind", lat + 0.12, lon, 3_050.0, ("Behind",)),
        ]
    )
    camera = Camera(lat, lon, 1_500.0, 0.0, 8.0, 26.0, *SIZE)
    assert [s.peak_id for s in visible_summits(Scene("wall", camera, WHEN), catalog)] == ["wall"]


def test_cloud_hides_the_summits() -> None:
    aimed = scene(KHUMBU, TENGBOCHE, "ama-dablam")
    assert "ama-dablam" in render(aimed, KHUMBU).summits
    assert render(replace(aimed, weather="overcast"), KHUMBU).summits == {}


@pytest.mark.parametrize("light", ["dawn", "day", "dusk", "night"])
def test_every_light_draws_the_whole_picture(light: Light) -> None:
    aimed = replace(scene(KHUMBU, TENGBOCHE, "lhotse"), light=light, weather="fog", ornaments=("lake",))
    drawn = render(aimed, KHUMBU)
    pixels = np.asarray(drawn.image)
    assert pixels.shape == (SIZE[1], SIZE[0], 3)
    assert pixels.std() > 8
    assert np.isfinite(drawn.skyline_y).all()


@pytest.mark.parametrize(("catalog", "viewpoint", "_"), EVERYWHERE)
def test_scenes_around_a_place_show_summits_only_if_they_are_meant_to(
    catalog: Catalog, viewpoint: Viewpoint, _: str
) -> None:
    scenes = scenes_around(catalog, [viewpoint], with_peaks=2, without_peaks=1, size=SIZE)
    shown = {s.name: visible_summits(s, catalog) for s in scenes}
    assert len(shown) == 3
    assert all(summits for name, summits in shown.items() if "peaks" in name)
    assert all(not summits for name, summits in shown.items() if "away" in name)


def test_a_view_away_from_summits_keeps_them_out_of_the_frame_by_a_margin() -> None:
    camera = away(KHUMBU, TENGBOCHE, -3.0, SIZE)
    assert camera is not None
    offset = signed_angle_deg(summit_views(camera, KHUMBU).bearing_deg - camera.heading_deg)
    half = horizontal_fov_deg(camera.focal_length_35mm, *SIZE) / 2
    assert np.abs(offset).min() >= half + EMPTY_MARGIN_DEG - 0.1


def test_with_summits_all_around_there_is_no_view_away_from_them() -> None:
    ring = [(0.05, 0.0), (0.035, 0.05), (0.0, 0.07), (-0.035, 0.05), (-0.05, 0.0), (-0.035, -0.05), (0.0, -0.07)]
    more = [(0.035, -0.05), (0.048, 0.02), (0.048, -0.02), (-0.048, 0.02), (-0.048, -0.02), (0.018, 0.065)]
    more += [(0.018, -0.065), (-0.018, 0.065), (-0.018, -0.065)]
    catalog = Catalog([Peak(f"p{k}", 46 + a, 8 + b, 3_000.0, (f"P{k}",)) for k, (a, b) in enumerate([*ring, *more])])
    assert away(catalog, Viewpoint("kettle", 46.0, 8.0, 1_500.0), 0.0, SIZE) is None


def test_an_empty_catalogue_draws_a_landscape_without_summits() -> None:
    drawn = render(Scene("anywhere", Camera(40.0, -4.0, 900.0, 90.0, 0.0, 26.0, *SIZE), WHEN), Catalog([]))
    assert drawn.summits == {}
