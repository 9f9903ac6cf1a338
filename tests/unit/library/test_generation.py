"""One generation of the index; some tests use an encoder that votes on peaks (a copy of lite with that setting)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from cumbre.bootstrap import open_library
from cumbre.encoding.prompts import PROMPT_VERSION
from cumbre.encoding.vector_cache import read_vectors
from cumbre.index.port import PhotoWrite
from cumbre.library.library import Library
from cumbre.peaks.catalog import Catalog, Peak
from cumbre.peaks.catalog_files import bundled_catalog
from cumbre.photos.evidence import evidence_text
from cumbre.recognition import prototypes
from cumbre.services.local_album_service import LocalAlbumService
from cumbre.settings import Settings
from tests.support.encoders import copy_everyday_vectors, lite_as
from tests.support.pictures import encoded, landscape
from tests.support.present import present
from tests.support.small_album import ingest


@pytest.fixture
def voting_model(home: Path, tmp_path: Path) -> Path:
    copy_everyday_vectors(home / "cache", "voting-1")
    return lite_as(tmp_path / "voting", model_id="voting-1", tells_peaks=True)


@pytest.fixture
def voting(home: Path, voting_model: Path, album: Path) -> Iterator[Library]:
    library = open_library(Settings(home=home, model=str(voting_model)))
    # Prototypes of three peaks instead of 25, because each costs a dozen texts.
    few = Catalog(bundled_catalog()[name] for name in ("ama-dablam", "lhotse", "kwangde-ri"))
    library.catalog_store.catalog = lambda: few  # type: ignore[method-assign]
    yield library
    library.close()


def test_lite_does_not_vote_on_peaks(library: Library, album: Path) -> None:
    ingest(library, album)
    assert {document.used for document in library.active().index.select()} == {("geometry",), ()}


def test_an_encoder_that_tells_peaks_apart_votes_in_addition_to_geometry(voting: Library, album: Path) -> None:
    ingest(voting, album)
    photo = next(d for d in voting.active().index.select() if d.key == "day 1/ama dablam.jpg")
    assert photo.used == ("geometry", "appearance")
    assert photo.peaks[0].cosine is not None
    assert photo.predicted_peaks[0] == "ama-dablam"


def test_prototypes_are_kept_in_the_cache(
    voting: Library, album: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(voting, album)
    assert len(read_vectors(home / "cache" / "prototypes-voting-1.npz")) == 3
    monkeypatch.setattr(prototypes, "peak_prototype", lambda *_: pytest.fail("made again"))
    again = prototypes.Prototypes(voting.active().embedder, voting.catalog_store, home / "cache")
    assert set(again.all()) == {"ama-dablam", "lhotse", "kwangde-ri"}


def test_reference_photos_change_a_prototype(voting: Library, album: Path) -> None:
    generation = voting.active()
    peak = voting.catalog()["lhotse"]
    before = generation._prototypes.vector(peak)
    voting.catalog_store.set_references("lhotse", [encoded(landscape(sky=(200, 30, 30)))])
    after = generation._prototypes.vector(peak)
    assert float(before @ after) < 0.999
    assert np.linalg.norm(after) == pytest.approx(1.0, abs=1e-5)


def test_corrected_photos_teach_what_a_peak_looks_like(voting: Library, album: Path) -> None:
    ingest(voting, album)
    generation = voting.active()
    taught = next(d for d in generation.index.select() if d.key == "day 1/ama dablam.jpg")
    LocalAlbumService(voting).correct(taught.id, ("ama-dablam",))
    # The same view without EXIF data, as chat apps send it.
    (album / "chat.png").write_bytes(encoded(landscape(), "PNG"))
    ingest(voting, album)
    generation.learn_appearance()
    chat = next(d for d in generation.index.select() if d.key == "chat.png")
    assert chat.used == ("appearance",)
    assert chat.peaks[0].id == "ama-dablam"
    assert "looks like a known photo" in evidence_text(chat.peaks[0])


def test_a_photo_that_two_passes_change_is_one_changed_photo(voting: Library, album: Path) -> None:
    ingest(voting, album)
    generation = voting.active()
    # The first pass applies these corrections, the second one what they teach about the peaks' looks.
    for document in generation.index.select():
        voting.corrections.put(document.content_sha256, ("lhotse",))
    progress: list[int] = []
    changed = generation.reidentify(progress.append)
    assert progress == [1, 2, 3, 1, 2, 3]
    assert changed == {document.id for document in generation.index.select()}


def test_a_changed_catalogue_renames_the_photos_once_even_after_a_crash(library: Library, album: Path) -> None:
    ingest(library, album)
    generation = library.active()
    generation.refresh()
    assert not generation.refresh_names()
    moved = Peak("ama-dablam", 10.0, 10.0, 6812.0, ("Ama Dablam",))
    library.catalog_store.import_peaks([moved])
    # A crash at this point: the peaks are stored, but not yet used for photos. The next scan or import catches up.
    assert library.catalog_store.import_peaks([moved]).unchanged == 1
    assert len(generation.refresh()) >= 1
    assert "ama-dablam" not in {peak for d in generation.index.select() for peak in d.predicted_peaks}
    assert not generation.refresh()


def test_new_prompts_update_the_backgrounds_without_a_new_embedding(library: Library, album: Path) -> None:
    ingest(library, album)
    generation = library.active()
    generation.refresh_backgrounds()
    assert present(generation.index.metadata("backgrounds")).startswith(f"{PROMPT_VERSION} ")
    before = {d.id: (d.background, d.indexed_at) for d in generation.index.select()}
    generation.index.set_metadata("backgrounds", "0 of an older version")
    for stored, _ in generation.index.scan():
        generation.index.write([PhotoWrite(replace(stored.document, background=-9.0), None, stored.version)])
    assert len(generation.refresh_backgrounds()) == 3
    after: dict[str, tuple[object, datetime]] = {
        d.id: (pytest.approx(d.background, abs=1e-5), d.indexed_at) for d in generation.index.select()
    }
    assert before == after
    assert not generation.refresh_backgrounds()
