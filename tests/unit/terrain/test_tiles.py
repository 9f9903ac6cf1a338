"""Elevation tiles of SRTM and Copernicus: formats, borders, damage, memory and threads."""

import logging
import struct
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, TiffImagePlugin

from cumbre.terrain.grid import MAX_POINTS
from cumbre.terrain.tiles import TerrainTiles
from tests.support.elevation_tiles import Floats, MakeTile, copernicus_name, flat, geotiff, hgt, zipped


def slope(lat: Floats, lon: Floats) -> Floats:
    """Return the elevation of a plane, so that values between grid points are known."""
    return 2000.0 + 900.0 * (lat - 27) - 400.0 * (lon - 86)


def hills(lat: Floats, lon: Floats) -> Floats:
    return 3000.0 + 500.0 * np.sin(8 * lat) * np.cos(9 * lon)


def places(count: int, lat: float = 27.0, lon: float = 86.0, across: float = 1.0) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(1)
    return lat + across * rng.random(count), lon + across * rng.random(count)


def at(tiles: TerrainTiles, lat: float, lon: float) -> float:
    return float(tiles.elevation_m(np.array([lat]), np.array([lon]))[0])


# --- formats ---


@pytest.mark.parametrize("points", [1201, 3601])
def test_srtm_is_read_to_half_a_metre(tmp_path: Path, points: int) -> None:
    hgt(tmp_path, 27, 86, slope, points)
    lat, lon = places(1000)
    assert TerrainTiles(tmp_path).elevation_m(lat, lon) == pytest.approx(slope(lat, lon), abs=0.51)


@pytest.mark.parametrize("name", ["N27E086.hgt.zip", "N27E086.zip", "n27e086.SRTMGL3.hgt.zip"])
def test_srtm_is_read_from_an_archive(tmp_path: Path, name: str) -> None:
    zipped(hgt(tmp_path, 27, 86, slope), name)
    lat, lon = places(100)
    assert TerrainTiles(tmp_path).elevation_m(lat, lon) == pytest.approx(slope(lat, lon), abs=0.51)


@pytest.mark.parametrize("point", [True, False])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("predictor", [1, 2, 3])
@pytest.mark.parametrize("tile", [128, None])
def test_copernicus_is_read_however_it_is_laid_out(
    tmp_path: Path, tile: int | None, predictor: int, order: str, point: bool
) -> None:
    geotiff(tmp_path, 27, 86, slope, tile=tile, predictor=predictor, order=order, point=point)
    lat, lon = places(500, 27.01, 86.01, across=0.98)
    tiles = TerrainTiles(tmp_path)
    assert tiles.elevation_m(lat, lon) == pytest.approx(slope(lat, lon), abs=0.01)
    assert tiles.problems == ()


def test_another_decoder_reads_the_same_elevations(tmp_path: Path) -> None:
    path = geotiff(tmp_path, 27, 86, hills)
    with Image.open(path) as picture:
        decoded = np.asarray(picture)
    row, column = np.mgrid[1:360:7, 0:360:7].reshape(2, -1)
    found = TerrainTiles(tmp_path).elevation_m(28.0 - row / 360, 86.0 + column / 360)
    assert found == pytest.approx(decoded[row, column], abs=0.01)


def test_a_tile_written_by_another_encoder_is_read(tmp_path: Path) -> None:
    points = np.arange(1200) / 1200
    elevation = hills(28.0 - points[:, None], 86.0 + points[None, :]).astype(np.float32)
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[317] = 3
    for tag, values in {33550: (1 / 1200, 1 / 1200, 0.0), 33922: (0.5, 0.5, 0.0, 86.0, 28.0, 0.0)}.items():
        tags[tag] = values
        tags.tagtype[tag] = 12
    path = tmp_path / copernicus_name(27, 86, resolution=30)
    Image.fromarray(elevation).save(path, compression="tiff_adobe_deflate", tiffinfo=tags)
    row, column = np.mgrid[1:1200:13, 0:1200:13].reshape(2, -1)
    found = TerrainTiles(tmp_path).elevation_m(28.0 - row / 1200, 86.0 + column / 1200)
    assert found == pytest.approx(elevation[row, column], abs=0.01)


def test_srtm_and_copernicus_of_the_same_terrain_agree(tmp_path: Path) -> None:
    folders = tmp_path / "srtm", tmp_path / "copernicus"
    for folder in folders:
        folder.mkdir()
    hgt(folders[0], 27, 86, hills)
    geotiff(folders[1], 27, 86, hills, 1200, 1200, tile=512)
    lat, lon = places(1000)
    srtm, copernicus = (TerrainTiles(folder).elevation_m(lat, lon) for folder in folders)
    # In its last row and column, a single Copernicus tile repeats the values before.
    assert srtm == pytest.approx(copernicus, abs=5.0)
    inside = (lat > 27 + 1 / 1200) & (lon < 87 - 1 / 1200)
    assert srtm[inside] == pytest.approx(copernicus[inside], abs=0.6)


def test_of_several_files_for_a_place_the_finest_is_used(tmp_path: Path) -> None:
    geotiff(tmp_path, 27, 86, flat(90.0), resolution=30)
    assert at(TerrainTiles(tmp_path), 27.5, 86.5) == 90.0
    hgt(tmp_path, 27, 86, flat(60.0))
    assert at(TerrainTiles(tmp_path), 27.5, 86.5) == 60.0
    geotiff(tmp_path, 27, 86, flat(30.0))
    assert at(TerrainTiles(tmp_path), 27.5, 86.5) == 30.0


def test_tiles_are_found_in_subfolders(tmp_path: Path) -> None:
    inner = tmp_path / "Copernicus_DSM_COG_10_N27_00_E086_00_DEM" / "DEM"
    inner.mkdir(parents=True)
    geotiff(inner, 27, 86, flat(700.0))
    assert at(TerrainTiles(tmp_path), 27.5, 86.5) == 700.0


# --- from tile to tile ---


@pytest.mark.parametrize(("lat", "lon"), [(27, 86), (-34, -71), (-1, -1), (51, -180)])
@pytest.mark.parametrize("make", [hgt, geotiff])
def test_four_tiles_are_one_terrain_in_every_hemisphere(tmp_path: Path, make: MakeTile, lat: int, lon: int) -> None:
    def bowl(lats: Floats, lons: Floats) -> Floats:
        return 900.0 + 700.0 * (lats - lat) + 300.0 * ((lons - lon + 180) % 360 - 180)

    west = lon - 1 if lon > -180 else 179
    for south in (lat - 1, lat):
        for left in (west, lon):
            make(tmp_path, south, left, bowl)
    lats, lons = places(500, lat - 0.01, lon - 0.01, across=0.02)
    tiles = TerrainTiles(tmp_path)
    assert tiles.elevation_m(lats, lons) == pytest.approx(bowl(lats, lons), abs=0.51)
    assert tiles.elevation_m(lats, lons + 360.0) == pytest.approx(bowl(lats, lons), abs=0.51)


def test_a_wide_tile_meets_a_narrow_one(tmp_path: Path) -> None:
    def north_slope(lat: Floats, lon: Floats) -> Floats:
        return 900.0 * (lat - 48.0) + 0.0 * lon

    # Beyond 50 degrees Copernicus has fewer columns.
    geotiff(tmp_path, 50, 8, north_slope, columns=240)
    geotiff(tmp_path, 49, 8, north_slope, columns=360)
    lat, lon = places(500, 49.99, 8.1, across=0.02)
    assert TerrainTiles(tmp_path).elevation_m(lat, lon) == pytest.approx(north_slope(lat, lon), abs=0.01)


def test_without_a_tile_the_elevation_is_unknown(tmp_path: Path) -> None:
    hgt(tmp_path, 27, 86, flat(500.0))
    lat = np.array([27.5, 28.5, 27.5, np.nan, 91.0, 27.5, -90.0, 90.0])
    lon = np.array([86.5, 86.5, 85.9, 86.5, 86.5, np.inf, 0.0, 0.0])
    found = TerrainTiles(tmp_path).elevation_m(lat, lon)
    assert found.tolist() == pytest.approx([500.0, *[np.nan] * 7], nan_ok=True)
    assert len(TerrainTiles(tmp_path).elevation_m(np.zeros(0), np.zeros(0))) == 0


@pytest.mark.parametrize("make", [hgt, partial(geotiff, nodata=0.0)])
def test_elevations_that_touch_a_void_are_unknown(tmp_path: Path, make: MakeTile) -> None:
    def holed(lat: Floats, lon: Floats) -> Floats:
        return np.where((abs(lat - 27.5) < 0.1) & (abs(lon - 86.5) < 0.1), np.nan, 800.0)

    make(tmp_path, 27, 86, holed)
    tiles = TerrainTiles(tmp_path)
    assert np.isnan(at(tiles, 27.5, 86.5))
    assert np.isnan(at(tiles, 27.5, 86.5999))
    assert at(tiles, 27.5, 86.61) == 800.0


def test_an_omitted_block_is_void(tmp_path: Path) -> None:
    def western(lat: Floats, lon: Floats) -> Floats:
        return np.where(lon < 86 + 128 / 360, 800.0, np.nan) + 0.0 * lat

    geotiff(tmp_path, 27, 86, western)
    tiles = TerrainTiles(tmp_path)
    assert at(tiles, 27.5, 86.2) == 800.0
    assert np.isnan(at(tiles, 27.5, 86.5))
    assert tiles.problems == ()


def test_a_signalling_nan_is_void(tmp_path: Path) -> None:
    elevation = np.full((360, 360), 800.0, dtype=np.float32)
    elevation.view(np.uint32)[:, 180:] = 0x7FA00001
    # Kept as float32: a conversion would make the NaN a quiet one.
    geotiff(tmp_path, 27, 86, lambda lat, lon: cast(Floats, elevation))
    tiles = TerrainTiles(tmp_path)
    assert at(tiles, 27.5, 86.2) == 800.0
    assert np.isnan(at(tiles, 27.5, 86.7))


# --- damaged and unsuitable files ---


def shortened(path: Path, share: float = 0.5) -> None:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def test_a_damaged_tile_is_reported_once_and_then_ignored(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    shortened(hgt(tmp_path, 27, 86, flat(500.0)))
    hgt(tmp_path, 28, 86, flat(600.0))
    tiles = TerrainTiles(tmp_path)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert np.isnan(at(tiles, 27.5, 86.5))
    assert at(tiles, 28.5, 86.5) == 600.0
    assert [record.getMessage() for record in caplog.records] == list(tiles.problems)
    reason = "1442401 bytes are neither 1201 x 1201 nor 3601 x 3601 points"
    assert tiles.problems == (f"{str(tmp_path / 'N27E086.hgt')!r} is skipped: {reason}",)


def test_another_file_for_the_same_place_replaces_a_damaged_one(tmp_path: Path) -> None:
    path = geotiff(tmp_path, 27, 86, hills)
    path.write_bytes(path.read_bytes()[:8] + b"\xff" * 5000 + path.read_bytes()[5008:])
    hgt(tmp_path, 27, 86, flat(500.0))
    tiles = TerrainTiles(tmp_path)
    # The first block is damaged; once it has been read, no block of this file is used.
    assert at(tiles, 27.01, 86.99) > 2000.0
    assert at(tiles, 27.99, 86.01) == at(tiles, 27.01, 86.99) == 500.0
    assert len(tiles.problems) == 1


def test_a_damaged_neighbour_is_ignored_too(tmp_path: Path) -> None:
    geotiff(tmp_path, 27, 86, flat(500.0))
    shortened(hgt(tmp_path, 27, 87, flat(900.0)))
    tiles = TerrainTiles(tmp_path)
    assert at(tiles, 27.5, 86.9999) == 500.0
    assert len(tiles.problems) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda path: path.write_bytes(b"<html>not found</html>"), "it is not a TIFF file"),
        (lambda path: path.write_bytes(b""), "it ends too early"),
        (lambda path: shortened(path, 0.99), "it ends too early"),
        (lambda path: path.rename(path.with_name(copernicus_name(27, 87))), "a different place than its name says"),
        (lambda path: path.rename(path.with_name("N27E086.hgt")), "1201"),
        (lambda path: Image.new("L", (360, 360)).save(path, "TIFF"), "32 bit floating-point numbers"),
        (lambda path: Image.new("F", (MAX_POINTS + 1, 9)).save(path, "TIFF"), "a tile does not have"),
        (lambda path: Image.new("F", (360, 360)).save(path, "TIFF"), "it has no coordinates"),
        (lambda path: Image.new("F", (360, 360)).save(path, "TIFF", compression="tiff_lzw"), "DEFLATE compression"),
    ],
)
def test_an_unsuitable_file_is_reported_with_a_reason(
    tmp_path: Path, change: Callable[[Path], object], reason: str
) -> None:
    change(geotiff(tmp_path, 27, 86, flat(500.0)))
    tiles = TerrainTiles(tmp_path)
    assert np.isnan(tiles.elevation_m(np.array([27.5, 27.5]), np.array([86.5, 87.5]))).all()
    assert [reason in problem for problem in tiles.problems] == [True]


def test_a_block_that_claims_to_be_huge_is_not_read(tmp_path: Path) -> None:
    path = geotiff(tmp_path, 27, 86, flat(500.0), rows=16, columns=16, tile=16)
    field = struct.pack("<HHI", 325, 4, 1)
    before, after = path.read_bytes().split(field)
    path.write_bytes(before + field + struct.pack("<I", 4_000_000_000) + after[4:])
    tiles = TerrainTiles(tmp_path)
    assert np.isnan(at(tiles, 27.5, 86.5))
    assert "more bytes than its points need" in tiles.problems[0]


def test_an_archive_without_its_tile_is_reported(tmp_path: Path) -> None:
    zipped(hgt(tmp_path, 28, 86, flat(500.0)), "N27E086.zip")
    (tmp_path / "N28E086.zip").write_bytes(b"PK\3\4 and no more")
    with zipfile.ZipFile(tmp_path / "N29E086.zip", "w") as archive:
        archive.writestr("N29E086.hgt", b"too short")
    tiles = TerrainTiles(tmp_path)
    assert np.isnan(tiles.elevation_m(np.array([27.5, 28.5, 29.5]), np.full(3, 86.5))).all()
    assert len(tiles.problems) == 3


def test_a_folder_without_tiles_is_reported(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("hello")
    (tmp_path / "N99E086.hgt").write_text("no such place")
    assert TerrainTiles(tmp_path).problems == (f"{str(tmp_path)!r} has no elevation tile, such as N27E086.hgt",)
    assert "can't be read" in TerrainTiles(tmp_path / "nowhere").problems[0]


@given(st.data())
def test_arbitrary_changes_to_a_file_never_raise_an_error(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        path = geotiff(Path(folder), 27, 86, hills, rows=48, columns=48, tile=16)
        tile = bytearray(path.read_bytes())
        # Most errors are possible in the fields at the end.
        end = st.integers(len(tile) - 700, len(tile) - 1)
        for place in data.draw(st.lists(st.one_of(end, st.integers(0, len(tile) - 1)), min_size=1, max_size=6)):
            tile[place] = data.draw(st.integers(0, 255))
        path.write_bytes(tile)
        tiles = TerrainTiles(Path(folder))
        found = tiles.elevation_m(*places(50))
        assert np.isnan(found).all() or tiles.problems == ()


# --- memory and threads ---


def test_threads_that_share_little_memory_read_the_same_as_one_thread(tmp_path: Path) -> None:
    geotiff(tmp_path, 27, 86, hills)
    hgt(tmp_path, 28, 86, hills)
    wanted = [places(200, 27.0 + i / 20, 86.0) for i in range(16)]
    alone = TerrainTiles(tmp_path)
    shared = TerrainTiles(tmp_path, memory_bytes=100_000)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda place: shared.elevation_m(*place), wanted))
    for place, elevation in zip(wanted, found, strict=True):
        assert elevation == pytest.approx(alone.elevation_m(*place), nan_ok=True)


def test_threads_that_read_a_damaged_tile_together_report_it_once(tmp_path: Path) -> None:
    path = geotiff(tmp_path, 27, 86, hills)
    path.write_bytes(path.read_bytes()[:8] + b"\xff" * 5000 + path.read_bytes()[5008:])
    hgt(tmp_path, 27, 86, flat(500.0))
    tiles = TerrainTiles(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: at(tiles, 27.99, 86.01), range(32)))
    assert found == [500.0] * 32
    assert len(tiles.problems) == 1


def test_the_revision_depends_on_the_tiles_and_not_on_their_folder(tmp_path: Path) -> None:
    here, there, more = tmp_path / "here", tmp_path / "there", tmp_path / "more"
    for folder in (here, there, more):
        folder.mkdir()
        hgt(folder, 27, 86, flat(1000.0))
    hgt(more, 28, 86, flat(1000.0))
    assert TerrainTiles(here).revision == TerrainTiles(there).revision
    assert TerrainTiles(more).revision != TerrainTiles(here).revision
    hgt(there, 27, 86, flat(1000.0), points=3601)
    assert TerrainTiles(there).revision != TerrainTiles(here).revision
