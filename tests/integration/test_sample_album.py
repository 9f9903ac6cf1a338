"""The sample album: its pictures show the peaks of their names, and drawing writes them safely."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from cumbre.demo.album import album_truth, draw_album, file_name
from cumbre.demo.render import render
from cumbre.demo.scene import Scene
from cumbre.demo.trail import trail_scenes
from cumbre.demo.viewpoints import EMPTY_MARGIN_DEG
from cumbre.geo.geodesy import bearing_and_distance, horizontal_fov_deg, signed_angle_deg
from cumbre.peaks.catalog import Catalog, Peak

# Rounded positions of some summits in the pictures of the trail.
KHUMBU = Catalog(
    [
        Peak(peak_id, lat, lon, elev_m, (peak_id,))
        for peak_id, lat, lon, elev_m in (
            ("mount-everest", 27.98833, 86.92528, 8_849.0),
            ("lhotse", 27.96167, 86.93333, 8_516.0),
            ("nuptse", 27.96639, 86.89, 7_861.0),
            ("pumori", 28.01472, 86.82806, 7_165.0),
            ("ama-dablam", 27.86121, 86.86147, 6_812.0),
            ("kangtega", 27.79266, 86.81694, 6_782.0),
            ("thamserku", 27.78992, 86.7854, 6_623.0),
            ("taboche", 27.89746, 86.77908, 6_495.0),
            ("cholatse", 27.92023, 86.76636, 6_440.0),
            ("kwangde-ri", 27.79314, 86.64218, 6_187.0),
            ("khumbila", 27.84843, 86.70914, 5_761.0),
            ("cho-oyu", 28.09417, 86.66084, 8_188.0),
            ("island-peak", 27.92078, 86.93521, 6_165.0),
        )
    ]
)


def scaled_down(scene: Scene) -> Scene:
    upright = scene.camera.height > scene.camera.width
    width, height = (120, 160) if upright else (160, 120)
    return replace(scene, camera=replace(scene.camera, width=width, height=height))


def scenes_named(*parts: str) -> tuple[Scene, ...]:
    return tuple(scaled_down(s) for s in trail_scenes(KHUMBU) if any(part in s.name for part in parts))


def test_the_album_has_forty_pictures_of_which_some_show_no_summit() -> None:
    truth = album_truth(KHUMBU)
    assert len(truth) == 40
    assert 8 <= sum(not peaks for peaks in truth.values()) <= 10


def test_every_picture_named_after_a_peak_shows_it() -> None:
    for name, peaks in album_truth(KHUMBU).items():
        named = [peak_id for peak_id in KHUMBU if peak_id in name]
        assert set(named) <= set(peaks), name


def test_pictures_without_summits_point_away_from_all_of_them() -> None:
    truth = album_truth(KHUMBU)
    empty = [s for s in trail_scenes(KHUMBU) if not truth[file_name(s)] and s.weather != "overcast"]
    for camera in (s.camera for s in empty):
        bearing, _ = bearing_and_distance(camera.lat, camera.lon, KHUMBU.lats, KHUMBU.lons)
        half = horizontal_fov_deg(camera.focal_length_35mm, camera.width, camera.height) / 2
        assert np.abs(signed_angle_deg(bearing - camera.heading_deg)).min() > half + EMPTY_MARGIN_DEG - 0.1


def test_names_and_times_of_pictures_are_unique_and_local() -> None:
    scenes = trail_scenes(KHUMBU)
    assert len({s.name for s in scenes}) == len(scenes) == len({s.taken_at for s in scenes})
    assert all(str(s.taken_at.utcoffset()) == "5:45:00" for s in scenes)


def test_pictures_of_peaks_outside_the_catalogue_are_left_out() -> None:
    only = Catalog([KHUMBU["ama-dablam"]])
    assert {"ama-dablam"} == {peak for peaks in album_truth(only).values() for peak in peaks}


def test_drawing_writes_only_pictures_and_reports_its_progress(tmp_path: Path) -> None:
    scenes, progress = scenes_named("day01-lukla"), []
    paths = draw_album(tmp_path / "album", KHUMBU, lambda done, total: progress.append((done, total)), scenes)
    assert sorted(p.name for p in (tmp_path / "album").iterdir()) == sorted(p.name for p in paths)
    assert progress == [(0, 2), (1, 2), (2, 2)]


def test_existing_pictures_are_not_drawn_again(tmp_path: Path) -> None:
    scenes = scenes_named("day01-lukla")
    kept = tmp_path / file_name(scenes[0])
    kept.write_bytes(b"already here")
    draw_album(tmp_path, KHUMBU, scenes=scenes)
    assert kept.read_bytes() == b"already here"


def test_an_interrupted_picture_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(Image.Image, "save", full_disk)
    with pytest.raises(OSError, match="no space left"):
        draw_album(tmp_path, KHUMBU, scenes=scenes_named("day01-lukla"))
    assert list(tmp_path.iterdir()) == []


def test_a_picture_stored_sideways_is_upright_when_read(tmp_path: Path) -> None:
    (scene,) = scenes_named("pangboche-taboche")
    (path,) = draw_album(tmp_path, KHUMBU, scenes=(scene,))
    with Image.open(path) as stored:
        assert stored.size == (160, 120)
        upright = np.asarray(ImageOps.exif_transpose(stored), dtype=float)
    drawn = np.asarray(render(scene, KHUMBU).image, dtype=float)
    assert np.abs(upright - drawn).mean() < 6
