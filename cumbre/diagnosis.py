"""The checks of `cumbre doctor`: examine each part of an installation and say how to fix what is wrong."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from cumbre.bootstrap import open_library
from cumbre.errors import CumbreError, ModelError, SettingsError
from cumbre.index.embedded.check import check
from cumbre.library.library import Library
from cumbre.settings import Settings
from cumbre.storage.port import PhotoStorage
from cumbre.text.counted import counted

_LEAST_FREE_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """The result for one part: whether it works, and either its details or the problem and its fix."""

    part: str
    well: bool
    found: str


def diagnose(settings: Settings) -> Iterator[Check]:
    """Yield one Check per part. A failed part does not end the run, unless later parts can't be checked without it."""
    yield _checked("home folder", lambda: _home(settings))
    yield _checked("image formats", _formats)
    library: Library | None = None
    try:
        library = open_library(settings)
        yield Check("state", True, str(settings.state_path or f"the table {settings.state_table} of DynamoDB"))
    except CumbreError as error:
        yield Check("state and index", False, str(error))
        return
    try:
        opened = library
        yield _checked("catalogue", lambda: counted(len(opened.catalog()), "peak"))
        yield _checked("model", lambda: _model(opened))
        yield _checked("index", lambda: _index(opened))
        try:
            storages = library.storages()
        except (CumbreError, OSError) as error:
            yield Check("albums", False, _plain(error))
            return
        for bucket, storage in storages.items():
            yield _checked(f"album {bucket}", partial(_album, storage))
    finally:
        library.close()


def _checked(part: str, examine: Callable[[], str]) -> Check:
    try:
        return Check(part, True, examine())
    except (CumbreError, OSError) as error:
        return Check(part, False, _plain(error))


def _plain(error: CumbreError | OSError) -> str:
    """Return the message of a CumbreError, or that of an OSError without its number."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def _home(settings: Settings) -> str:
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        # Try it: a drive may be mounted read-only, whatever the folder's permissions say.
        with tempfile.TemporaryFile(dir=settings.home):
            pass
    except OSError as error:
        raise SettingsError(
            f"{settings.home} can't be written to ({error.strerror}): make it a writable folder, or name another one "
            "(CUMBRE_HOME)"
        ) from error
    free = shutil.disk_usage(settings.home).free
    if free < _LEAST_FREE_BYTES:
        raise CumbreError(f"{settings.home} has only {free / 1e6:.0f} MB left: free some space")
    return f"{settings.home}, {free / 1e9:.1f} GB free"


def _formats() -> str:
    from PIL import features
    from pillow_heif import libheif_info

    missing = [name for name in ("jpg", "webp", "avif", "libtiff", "zlib") if not features.check(name)]
    if missing or not libheif_info().get("libheif"):
        raise CumbreError(f"Pillow lacks {', '.join(missing) or 'HEIF'}: reinstall Cumbre's requirements")
    return "HEIC, JPEG, PNG, WebP, AVIF, TIFF"


def _model(library: Library) -> str:
    encoder = library.encoders.configured()
    started = time.monotonic()
    encoder.encode_texts(["a mountain"])
    seconds = time.monotonic() - started
    choice = library.encoders.choice()
    hint = f" {choice.notice}" if choice.notice else ""
    return f"{encoder.description.model_id} encodes a first text in {seconds:.1f} s on the {encoder.device}.{hint}"


def _index(library: Library) -> str:
    if library.settings.index_path is not None:
        check(library.settings.index_path)
    index = library.active().index
    try:
        due = library.reindex_due()
    except ModelError:
        # The selected model is missing. The check of the model reports that; the index still answers.
        due = ""
    if library.generations.incomplete():
        due = f"It may lack photos because it was damaged or its update was interrupted: run `cumbre ingest`. {due}"
    failed = len(index.failures())
    found = f"{counted(index.count(), 'photo')}, {counted(failed, 'failure')}, model {index.space.model_id}"
    return f"{found}. {due}".rstrip() if due else found


def _album(storage: PhotoStorage) -> str:
    return counted(sum(1 for _ in storage.list()), "photo")
