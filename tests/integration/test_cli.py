"""The commands, run in this process as from a shell: exit codes, standard output and standard error."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from PIL import Image, ImageChops

from cumbre.cli import cli, run
from tests.support.drawn_view import photo_of_the_view
from tests.support.encoders import lite_as
from tests.support.pictures import encoded, landscape
from tests.support.small_album import NAMCHE, TO_AMA_DABLAM, photo_towards


@dataclass
class Result:
    """The exit code and output of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def json_lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


Command = Callable[..., Result]


@pytest.fixture
def cumbre(home: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return a function that runs a command on an empty home."""
    monkeypatch.setenv("CUMBRE_HOME", str(home))
    monkeypatch.setenv("CUMBRE_MODEL", "lite")

    def command(*arguments: object) -> Result:
        capfd.readouterr()
        code = run(cli, [str(a) for a in arguments])
        captured = capfd.readouterr()
        return Result(code, captured.out, captured.err)

    return command


def test_ingest_reports_its_counts_and_is_repeatable(cumbre: Command, album: Path) -> None:
    (album / "bad.jpg").write_bytes(b"no picture")
    first = cumbre("ingest", album)
    assert first.code == 0
    assert first.out.startswith("3 indexed, 0 unchanged, 0 removed, 1 failed")
    assert "bad.jpg: not a picture" in first.out
    assert "cumbre models fetch" in first.err
    again = cumbre("ingest", "--json").json
    assert (again["indexed"], again["unchanged"], len(again["failed"])) == (0, 3, 1)
    assert again["failed"][0]["path"].endswith("bad.jpg")


def test_a_dry_run_lists_the_differences_and_changes_nothing(cumbre: Command, album: Path) -> None:
    indexed = cumbre("ingest", album, "--json").json["indexed"]
    assert f"{album}: 0 to index, 0 to remove" in cumbre("reconcile", "--dry-run").out
    first, second, *_ = sorted(album.rglob("*.jpg"))
    first.rename(first.with_name("renamed.jpg"))
    second.write_bytes(second.read_bytes() + b"more")
    plan = cumbre("reconcile", "--dry-run", "--json").json["albums"][0]
    assert plan["remove"] == [first.relative_to(album).as_posix()]
    assert len(plan["index"]) == 2
    assert cumbre("status", "--json").json["photos"] == indexed
    assert cumbre("reconcile", "--json").json["indexed"] == 2
    plan = cumbre("reconcile", "--dry-run", "--json").json["albums"][0]
    assert (plan["index"], plan["remove"]) == ([], [])


def test_ingest_accepts_single_files(cumbre: Command, album: Path) -> None:
    assert cumbre("ingest", album / "plain.png", "--json").json["indexed"] == 1


def test_ingest_of_a_missing_folder_fails(cumbre: Command, tmp_path: Path) -> None:
    ran = cumbre("ingest", tmp_path / "nowhere")
    assert ran.code == 1
    assert "does not exist" in ran.err


def test_a_missing_album_does_not_stop_the_others_from_being_indexed(
    cumbre: Command, album: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    cumbre("ingest", album, other)
    album.rename(album.with_name("away"))
    (other / "new.png").write_bytes(encoded(landscape(), "PNG"))
    ran = cumbre("ingest", "--json")
    assert (ran.code, ran.json["indexed"]) == (1, 1)
    assert str(album) in ran.json["problems"][0]


def test_the_parent_folder_of_an_album_takes_over_its_photos(cumbre: Command, album: Path) -> None:
    cumbre("ingest", album / "day 1")
    taken_over = cumbre("ingest", album, "--json").json
    assert (taken_over["indexed"], taken_over["unchanged"], taken_over["removed"]) == (1, 2, 0)
    assert cumbre("ingest", "--json").json["unchanged"] == 3
    assert cumbre("status", "--json").json["photos"] == 3


def test_a_file_without_a_photo_extension_leaves_no_trace_and_a_damaged_photo_is_recorded(
    cumbre: Command, album: Path
) -> None:
    (album / "notes.txt").write_text("x")
    assert cumbre("ingest", album / "notes.txt").code == 1
    bad = album / "bad.jpg"
    bad.write_bytes(b"no picture")
    ran = cumbre("ingest", bad)
    assert ran.code == 1
    assert "not a picture" in ran.out
    assert [f["path"] for f in cumbre("status", "--json").json["failures"]] == [str(bad)]


def test_confirming_the_removal_of_an_album_counts_its_photos(cumbre: Command, album: Path) -> None:
    cumbre("ingest", album)
    album.rename(album.with_name("away"))
    assert cumbre("ingest", "--confirm-removals", album, "--json").json["removed"] == 3
    assert cumbre("ingest", "--confirm-removals", album).code == 1


def test_a_permanently_missing_album_can_be_removed(cumbre: Command, album: Path) -> None:
    cumbre("ingest", album)
    album.rename(album.with_name("moved"))
    assert cumbre("ingest").code == 1
    assert cumbre("ingest", "--confirm-removals", album).code == 0
    assert cumbre("status", "--json").json["photos"] == 0
    assert cumbre("ingest").code == 0


def test_search_prints_rank_score_date_path_peaks_and_reason(cumbre: Command, album: Path) -> None:
    cumbre("ingest", album)
    ran = cumbre("search", "ama dablam")
    assert ran.code == 0
    first, peaks, why = ran.out.splitlines()[:3]
    assert first.split()[0] == "1"
    assert "2023-10-29 08:52" in first
    assert first.endswith("ama dablam.jpg")
    assert peaks.startswith(" " * 13 + "peaks: Ama Dablam")
    assert why.startswith(" " * 13 + "shows Ama Dablam")


def test_a_photo_without_peaks_has_no_line_of_peaks(cumbre: Command, album: Path) -> None:
    cumbre("ingest", album / "plain.png")
    assert "peaks:" not in cumbre("search").out


def test_search_as_json_is_one_document(cumbre: Command, album: Path) -> None:
    cumbre("ingest", album)
    found = cumbre("search", "AMA-DABLAM", "--json").json
    assert found["query"] == "AMA-DABLAM"
    (result,) = found["results"]
    assert result["path"].endswith("day 1/ama dablam.jpg")
    assert result["shot_time"] == "2023-10-29T03:07:12+00:00"
    assert result["gps"]["lat"] == pytest.approx(NAMCHE["lat"], abs=1e-5)
    assert result["peaks"][0]["id"] == "ama-dablam"
    assert {"score", "why"} <= result.keys()


def test_finding_nothing_is_not_an_error(cumbre: Command, album: Path) -> None:
    cumbre("ingest", album)
    ran = cumbre("search", "makalu")
    assert (ran.code, ran.out.strip()) == (0, "no photo of Makalu in the album")
    found = cumbre("search", "makalu", "--json").json
    assert found["results"] == []
    assert found["note"]


def test_search_by_photo_and_filters(cumbre: Command, album: Path) -> None:
    cumbre("ingest", album)
    photo = album / "day 1" / "ama dablam.jpg"
    assert cumbre("search", "--photo", photo, "--json").json["identification"]["answer"] == "ama-dablam"
    near = f"{NAMCHE['lat']},{NAMCHE['lon']},1"
    assert len(cumbre("search", "--near", near, "--json").json["results"]) == 2
    assert len(cumbre("search", "--from", "2023-10-29", "--to", "2023-10-29", "--json").json["results"]) == 2
    assert len(cumbre("search", "--peak", "ama-dablam", "-k", "1", "--json").json["results"]) == 1
    times = [r["shot_time"] for r in cumbre("search", "--sort", "time", "--json").json["results"]]
    assert times[:2] == sorted(times[:2], reverse=True)


def test_an_option_can_also_be_given_as_a_setting(
    cumbre: Command, album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cumbre("ingest", album)
    monkeypatch.setenv("CUMBRE_SEARCH_K", "1")
    assert len(cumbre("search", "--json").json["results"]) == 1


@pytest.mark.parametrize(
    "name", ["CUMBRE_SEARCH_FROM", "CUMBRE_PEAKS_LIST_JSON", "CUMBRE_INGEST_CONFIRM_REMOVALS", "CUMBRE_STORAGE"]
)
def test_known_settings_and_options_cause_no_warning(
    cumbre: Command, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "")
    assert cumbre("peaks", "list").err == ""


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("CUMBRE_SHARD", "did you mean CUMBRE_SHARDS? (shards of an index in Elasticsearch; applies to new indices)"),
        ("CUMBRE_SEARCH_SORTS", "did you mean CUMBRE_SEARCH_SORT?"),
        ("CUMBRE_XYZZY", "docs/settings.md lists all settings"),
    ],
)
def test_a_warning_names_an_unknown_setting_but_not_its_value(
    cumbre: Command, monkeypatch: pytest.MonkeyPatch, name: str, hint: str
) -> None:
    monkeypatch.setenv(name, "everest")
    ran = cumbre("peaks", "list")
    assert (ran.code, ran.err) == (0, f"cumbre: {name} is not a Cumbre setting and has no effect: {hint}\n")


@pytest.fixture
def dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of a .env file in a temporary working directory. Variables read from it are unset after the test."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.chdir(tmp_path)
    return tmp_path / ".env"


def test_a_dotenv_file_sets_options_and_settings_and_nothing_else(cumbre: Command, album: Path, dotenv: Path) -> None:
    cumbre("ingest", album)
    dotenv.write_text("CUMBRE_SEARCH_K=1\nCUMBRE_MODEL=/nonexistent\nSOMEBODYS_PROXY=http://proxy\nCUMBRE_STORE=/x\n")
    ran = cumbre("search", "--json")
    assert len(ran.json["results"]) == 1
    assert "did you mean CUMBRE_STORAGE?" in ran.err
    assert os.environ["CUMBRE_MODEL"] == "lite"
    assert "SOMEBODYS_PROXY" not in os.environ


def test_a_dotenv_file_that_is_not_utf_8_is_a_usage_error(cumbre: Command, dotenv: Path) -> None:
    dotenv.write_bytes(b"CUMBRE_HOME=/caf\xe9")
    ran = cumbre("peaks", "list")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"cumbre: {dotenv} is not UTF-8 text: save it as UTF-8, or remove it\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "--near", "here"),
        ("search", "--sort", "colour"),
        ("search", "-k", "0"),
        ("identify",),
        ("identify", "x.jpg", "--at", "27.8"),
        ("identify", "x.jpg", "--heading", "north"),
        ("peaks", "reference", "ama-dablam"),
        ("nonsense",),
    ],
)
def test_a_usage_error_exits_with_2_and_prints_nothing_to_standard_output(
    cumbre: Command, arguments: tuple[str, ...]
) -> None:
    ran = cumbre(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err


def test_identify_prints_one_line_per_file(cumbre: Command, album: Path) -> None:
    files = [album / "day 1" / "ama dablam.jpg", album / "day 1" / "valley.jpg", album / "plain.png"]
    named, nothing, stripped = cumbre("identify", *files, "--json").json_lines
    assert named["path"] == str(files[0])
    assert (named["answer"], named["used"]) == ("ama-dablam", ["geometry"])
    assert {"id", "name", "probability", "distance_m", "offset_deg", "elevation_deg", "why"} <= named["peaks"][0].keys()
    assert nothing["answer"] is None
    assert "140°" in nothing["note"]
    assert (stripped["answer"], stripped["peaks"]) == (None, [])
    assert "can't tell without position" in stripped["note"]
    assert cumbre("status", "--json").json["photos"] == 0


def test_identify_uses_the_given_place(cumbre: Command, tmp_path: Path) -> None:
    stripped = tmp_path / "chat.jpg"
    stripped.write_bytes(encoded(landscape()))
    at = f"{NAMCHE['lat']},{NAMCHE['lon']},{NAMCHE['altitude_m']}"
    assert cumbre("identify", stripped, "--at", at, "--heading", TO_AMA_DABLAM, "--json").json["answer"]
    around = cumbre("identify", stripped, "--at", at, "--json").json
    assert around["used"] == ["geometry"]
    assert {"thamserku", "ama-dablam"} <= {peak["id"] for peak in around["peaks"]}


def test_identify_continues_after_an_unreadable_file_and_exits_with_1(
    cumbre: Command, album: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture")
    ran = cumbre("identify", bad, tmp_path / "gone.jpg", album / "day 1" / "ama dablam.jpg", "--json")
    assert ran.code == 1
    assert [line["answer"] for line in ran.json_lines] == [None, None, "ama-dablam"]
    assert "not a picture" in ran.json_lines[0]["note"]


def test_identify_draws_the_names_on_a_copy_of_the_photo(cumbre: Command, tmp_path: Path) -> None:
    photo, drawn = tmp_path / "view.jpg", tmp_path / "drawn.jpg"
    photo.write_bytes(photo_of_the_view(compass_error_deg=7.0))
    ran = cumbre("identify", photo, "--draw", drawn, "--json")
    assert ran.code == 0
    assert ran.json["orientation"]["sure"]
    assert "ama-dablam" in [one["id"] for one in ran.json["orientation"]["summits"]]
    assert "drawn.jpg, the photo with its summits labelled" in ran.err
    with Image.open(photo) as before, Image.open(drawn) as after:
        assert (after.format, after.size, dict(after.getexif())) == ("JPEG", before.size, {})
        assert np.asarray(ImageChops.difference(before, after).convert("L")).max() > 100


def test_identify_explains_why_it_draws_no_names(cumbre: Command, album: Path, tmp_path: Path) -> None:
    ran = cumbre("identify", album / "plain.png", "--draw", tmp_path / "drawn.jpg")
    assert ran.code == 1
    assert "was not written: no names on the picture: the file doesn't say where it was taken" in ran.err
    assert not (tmp_path / "drawn.jpg").exists()
    ran = cumbre("identify", album / "plain.png", "--draw", tmp_path / "drawn.png")
    assert (ran.code, "ends in .jpg" in ran.err) == (2, True)


def test_a_drawing_never_overwrites_the_photo(cumbre: Command, tmp_path: Path) -> None:
    photo = tmp_path / "view.jpg"
    photo.write_bytes(photo_of_the_view())
    ran = cumbre("identify", photo, "--draw", tmp_path / "." / "view.jpg")
    assert (ran.code, "overwrite the photo itself" in ran.err) == (2, True)
    assert photo.read_bytes() == photo_of_the_view()


def test_a_drawing_replaces_an_earlier_one_of_a_photo_from_standard_input(
    cumbre: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = tmp_path / "drawn.jpg"
    drawn.write_bytes(b"earlier")
    photo = io.TextIOWrapper(io.BytesIO(photo_of_the_view(compass_error_deg=7.0)))
    monkeypatch.setattr("sys.stdin", photo)
    assert cumbre("identify", "-", "--draw", drawn).code == 0
    with Image.open(drawn) as now:
        assert now.format == "JPEG"


def test_a_missing_photo_is_reported_and_an_earlier_drawing_stays(cumbre: Command, tmp_path: Path) -> None:
    drawn = tmp_path / "drawn.jpg"
    drawn.write_bytes(b"earlier")
    ran = cumbre("identify", tmp_path / "gone.jpg", "--draw", drawn)
    assert (ran.code, ran.out) == (1, f"{tmp_path / 'gone.jpg'}: can't be read: No such file or directory\n")
    assert drawn.read_bytes() == b"earlier"


def test_a_drawing_that_cannot_be_written_is_reported(cumbre: Command, tmp_path: Path) -> None:
    photo = tmp_path / "view.jpg"
    photo.write_bytes(photo_of_the_view())
    ran = cumbre("identify", photo, "--draw", tmp_path / "no folder" / "drawn.jpg")
    assert ran.code == 1
    assert "name another file with --draw" in ran.err


def test_peaks_are_listed_and_shown(cumbre: Command) -> None:
    assert len(cumbre("peaks", "list", "--json").json["peaks"]) == 25
    assert "Ama Dablam" in cumbre("peaks", "list").out
    assert "6812 m" in cumbre("peaks", "show", "ama-dablam").out
    assert "आमा दब्लम" in cumbre("peaks", "show", "ama-dablam", "--json").json["names"]
    ran = cumbre("peaks", "show", "olympus-mons")
    assert ran.code == 1
    assert "cumbre peaks list" in ran.err


def test_importing_peaks_updates_the_peaks_of_photos(cumbre: Command, album: Path, tmp_path: Path) -> None:
    cumbre("ingest", album)
    # 5 km away at 140 degrees, in the direction of the valley photo.
    csv = tmp_path / "own.csv"
    csv.write_text("id,lat,lon,elev_m,names\nown-peak,27.7685,86.7476,5600,Own Peak|Pico Propio\n")
    count = cumbre("peaks", "import", csv, "--json").json
    assert (count["added"], count["changed"]) == (1, 0)
    assert count["photos_renamed"] >= 1
    (result,) = cumbre("search", "pico propio", "--json").json["results"]
    assert result["path"].endswith("valley.jpg")


def test_an_imported_peak_can_be_removed_and_a_bundled_one_can_not(
    cumbre: Command, album: Path, tmp_path: Path
) -> None:
    cumbre("ingest", album)
    csv = tmp_path / "own.csv"
    csv.write_text("id,lat,lon,elev_m,names\nown-peak,27.7685,86.7476,5600,Own Peak\n")
    cumbre("peaks", "import", csv)
    assert cumbre("peaks", "remove", "own-peak", "--json").json["photos_renamed"] >= 1
    assert cumbre("peaks", "show", "own-peak").code == 1
    assert cumbre("peaks", "remove", "ama-dablam").code == 1


def test_folders_and_files_can_be_forgotten(cumbre: Command, album: Path, tmp_path: Path) -> None:
    (tmp_path / "loose.jpg").write_bytes(photo_towards(TO_AMA_DABLAM, "2023:10:29 08:52:12"))
    cumbre("ingest", album, tmp_path / "loose.jpg")
    assert cumbre("forget", tmp_path / "loose.jpg", "--json").json["removed"] == 1
    assert cumbre("forget", album, "--json").json["removed"] == 3
    assert cumbre("status", "--json").json["photos"] == 0
    assert len(list(album.rglob("*.jpg"))) == 2
    assert cumbre("forget", album).code == 1


def test_a_mistake_in_a_catalogue_is_reported_with_its_line(cumbre: Command, tmp_path: Path) -> None:
    csv = tmp_path / "bad.csv"
    csv.write_text("id,lat,lon,elev_m,names\nnowhere,127.7,86.7,5600,Nowhere\n")
    ran = cumbre("peaks", "import", csv)
    assert ran.code == 1
    assert "bad.csv, line 2: lat is 127.7" in ran.err


def test_reference_photos_can_be_added_and_removed(cumbre: Command, album: Path) -> None:
    cumbre("ingest", album)
    ran = cumbre("peaks", "reference", "ama-dablam", album / "day 1" / "ama dablam.jpg", "--json")
    assert (ran.code, ran.json["references"]) == (0, 1)
    assert "the model in use (lite-1) can't tell mountains apart" in ran.err
    assert cumbre("peaks", "reference", "ama-dablam", "--remove").code == 0


def test_one_photo_is_counted_in_the_singular(cumbre: Command, album: Path) -> None:
    photo = album / "day 1" / "ama dablam.jpg"
    cumbre("ingest", photo)
    assert cumbre("status").out.startswith("1 photo, 25 peaks, 0 failures\n")
    assert "1 photo, 0 failures, model" in cumbre("doctor").out
    assert "  1 photo   Ama Dablam" in cumbre("peaks", "list").out
    assert cumbre("reindex").out.startswith("1 of 1 photo indexed with ")
    referenced = cumbre("peaks", "reference", "ama-dablam", photo).out
    assert referenced.startswith("ama-dablam has 1 reference photo; peaks updated in ")
    assert cumbre("forget", photo).out.endswith("; 1 photo removed from the index\n")


def test_a_reference_photo_that_cannot_be_used_is_named(
    cumbre: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, large = tmp_path / "bad.jpg", tmp_path / "large.jpg"
    bad.write_bytes(b"no picture")
    large.write_bytes(photo_of_the_view() + bytes(1_000_000))
    ran = cumbre("peaks", "reference", "ama-dablam", bad)
    assert (ran.code, f"{bad}: not a picture" in ran.err) == (1, True)
    monkeypatch.setenv("CUMBRE_MAX_PHOTO_MB", "1")
    ran = cumbre("peaks", "reference", "ama-dablam", large)
    assert (ran.code, f"{large}: the file is larger than 1 MB" in ran.err) == (1, True)


def test_models_are_listed(cumbre: Command) -> None:
    listed = cumbre("models", "list", "--json").json
    assert {row["name"]: row["ready"] for row in listed["models"]} == {"siglip2": False, "lite": True}
    assert listed["answers"] == "lite-1"
    assert "MB to fetch" in cumbre("models", "list").out


def test_a_missing_model_is_reported_with_the_command_that_fetches_it(
    cumbre: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUMBRE_MODEL", "siglip2")
    ran = cumbre("status")
    assert ran.code == 1
    assert "cumbre models fetch" in ran.err


@pytest.mark.parametrize(
    ("wanted", "reason"), [("siglip2", "cumbre models fetch"), ("/nonexistent", "nor a directory")]
)
def test_a_missing_model_does_not_fail_searches_that_the_index_can_answer(
    cumbre: Command, album: Path, monkeypatch: pytest.MonkeyPatch, wanted: str, reason: str
) -> None:
    cumbre("ingest", album)
    monkeypatch.setenv("CUMBRE_MODEL", wanted)
    ran = cumbre("search", "ama dablam")
    assert ran.code == 0
    assert "ama dablam.jpg" in ran.out
    assert reason in ran.err
    ran = cumbre("search", "ama dablam", "--json")
    assert ran.code == 0
    assert len(ran.json["results"]) == 1


def test_status_shows_both_the_model_in_use_and_the_wanted_one(
    cumbre: Command, album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cumbre("ingest", album)
    assert "model: lite-1\n" in cumbre("status").out
    monkeypatch.setenv("CUMBRE_MODEL", "/nonexistent")
    ran = cumbre("status")
    assert ran.code == 0
    assert "model: lite-1; wanted: /nonexistent\n" in ran.out
    assert "nor a directory" in ran.err


@pytest.mark.parametrize(
    ("wanted", "reason"), [("siglip2", "cumbre models fetch"), ("/nonexistent", "nor a directory")]
)
def test_the_models_are_listed_when_the_wanted_one_is_missing(
    cumbre: Command, album: Path, monkeypatch: pytest.MonkeyPatch, wanted: str, reason: str
) -> None:
    monkeypatch.setenv("CUMBRE_MODEL", wanted)
    assert cumbre("models", "list", "--json").json["answers"] is None
    monkeypatch.setenv("CUMBRE_MODEL", "lite")
    cumbre("ingest", album)
    monkeypatch.setenv("CUMBRE_MODEL", wanted)
    ran = cumbre("models", "list")
    assert ran.code == 0
    assert f"wanted: {wanted}; in use: lite-1" in ran.out
    assert reason in ran.err


def test_reindex_with_the_same_model_rebuilds_the_index(cumbre: Command, album: Path) -> None:
    cumbre("ingest", album)
    result = cumbre("reindex", "--json").json
    assert (result["indexed"], result["total"], result["model_id"]) == (3, 3, "lite-1")


def test_the_old_index_is_kept_until_it_is_dropped(cumbre: Command, album: Path, tmp_path: Path) -> None:
    cumbre("ingest", album)
    other = lite_as(tmp_path / "other", model_id="other-1")
    ran = cumbre("reindex", "--model", other)
    assert "3 of 3 photos indexed with other-1" in ran.out
    assert "The old index of lite-1 is kept" in ran.err
    assert f"CUMBRE_MODEL={other}" in ran.err
    assert "The old index of lite-1 is kept" in cumbre("status").err
    assert cumbre("reindex", "--drop-old", "--model", other).code == 2
    assert cumbre("reindex", "--drop-old", "--json").json == {"dropped": "lite-1"}
    assert cumbre("reindex", "--drop-old").out == "there is no old index\n"


def test_doctor_checks_every_part(cumbre: Command, album: Path) -> None:
    cumbre("ingest", album)
    ran = cumbre("doctor", "--json")
    assert ran.code == 0
    parts = {check["part"]: check["well"] for check in ran.json["checks"]}
    assert {"home folder", "image formats", "catalogue", "model", "index", f"album {album.resolve()}"} <= parts.keys()
    assert all(parts.values())
    album.rename(album.with_name("away"))
    broken = cumbre("doctor")
    assert broken.code == 1
    assert "FAIL  album" in broken.out


def test_status_lists_failures_with_reasons(cumbre: Command, album: Path) -> None:
    (album / "bad.jpg").write_bytes(b"")
    cumbre("ingest", album)
    assert "bad.jpg: the file is empty" in cumbre("status").out


def test_status_names_a_missing_album(cumbre: Command, album: Path) -> None:
    cumbre("ingest", album)
    assert "is not there" not in cumbre("status").err
    album.rename(album.with_name("away"))
    ran = cumbre("status")
    assert ran.code == 0
    assert f"the folder {album.resolve()} is not there: connect its drive" in ran.err
    assert any(str(album.resolve()) in notice for notice in cumbre("status", "--json").json["notices"])


@pytest.mark.parametrize("arguments", ["peaks list", "--help"])
def test_a_closed_output_pipe_is_not_an_error(home: Path, arguments: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ran = subprocess.run(
            [sys.executable, "-c", "from local.command import main; main()", *arguments.split()],
            stdout=writing,
            stderr=subprocess.PIPE,
            cwd=home.parent,
            env={**os.environ, "CUMBRE_HOME": str(home)},
            timeout=60,
        )
    finally:
        os.close(writing)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_an_interrupted_command_exits_with_130(capfd: pytest.CaptureFixture[str]) -> None:
    @click.group()
    def group() -> None: ...

    @group.command()
    def work() -> None:
        raise KeyboardInterrupt

    assert run(group, ["work"]) == 130
    assert "run the same command again to continue" in capfd.readouterr().err


def test_control_characters_in_file_names_are_not_printed(cumbre: Command, album: Path) -> None:
    (album / "evil\x1b[2J.jpg").write_bytes(b"")
    assert "\x1b[2J" not in cumbre("ingest", album).out


def test_an_invalid_setting_is_a_usage_error(cumbre: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUMBRE_PORT", "eighty")
    ran = cumbre("status")
    assert ran.code == 2
    assert "CUMBRE_PORT" in ran.err


def test_identify_prints_the_path_with_the_peak(cumbre: Command, tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(photo_towards(TO_AMA_DABLAM, "2023:10:29 08:52:12"))
    assert cumbre("identify", file).out.startswith(f"{file}: Ama Dablam (ama-dablam)\n")


def test_the_sample_album_is_drawn_into_the_home_and_becomes_the_album(cumbre: Command, home: Path) -> None:
    ran = cumbre("demo", "--first", "1")
    assert (ran.code, ran.out) == (0, f"1 picture in {home / 'sample-album'}\n")
    assert str(home / "sample-album") in cumbre("status", "--json").json["albums"]
    assert cumbre("ingest", "--json").json["indexed"] == 1


def test_demo_if_empty_draws_nothing_when_there_is_an_album(cumbre: Command, album: Path, home: Path) -> None:
    cumbre("ingest", album)
    assert cumbre("demo", "--if-empty").out == ""
    assert not (home / "sample-album").exists()


def test_the_sample_album_can_be_drawn_into_any_folder(cumbre: Command, tmp_path: Path) -> None:
    assert cumbre("demo", tmp_path / "drawn", "--first", "1").code == 0
    assert len(list((tmp_path / "drawn").iterdir())) == 1
    assert len(cumbre("status", "--json").json["albums"]) == 1
