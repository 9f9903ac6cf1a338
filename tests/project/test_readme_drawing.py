"""The first picture in the README is what the program draws on a photo of its sample album.

CUMBRE_TEST_KEEP_PICTURES=1 replaces it with a new one.
"""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops

from cumbre.cli import cli, run
from cumbre.demo.album import draw_picture
from cumbre.demo.trail import trail_scenes
from cumbre.peaks.catalog_files import bundled_catalog
from tests.support.paths import ROOT

NAME = "day07-chukhung-lhotse-day"
SHOWN = ROOT / "docs" / "images" / "names.jpg"
_KEEPS = os.environ.get("CUMBRE_TEST_KEEP_PICTURES", "") not in ("", "0")


def test_the_picture_in_the_readme_is_what_the_program_draws(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUMBRE_HOME", str(home))
    monkeypatch.setenv("CUMBRE_MODEL", "lite")
    catalog = bundled_catalog()
    scene = next(scene for scene in trail_scenes(catalog) if scene.name == NAME)
    draw_picture(scene, catalog, tmp_path / f"{NAME}.jpg")
    drawn = tmp_path / "names.jpg"
    assert run(cli, ["identify", str(tmp_path / f"{NAME}.jpg"), "--draw", str(drawn)]) == 0
    if _KEEPS:
        SHOWN.write_bytes(drawn.read_bytes())
    with Image.open(drawn) as new, Image.open(SHOWN) as shown:
        assert new.size == shown.size
        # Decoders and processors round differently; other names or other positions would differ far more.
        assert np.asarray(ImageChops.difference(new, shown).convert("L").reduce(16)).max() < 8
