"""Draw the sample album into a folder, several pictures at a time."""

import io
import os
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from contextlib import suppress
from multiprocessing import get_context, parent_process
from pathlib import Path

from PIL import Image

from cumbre.demo.exif import exif_bytes
from cumbre.demo.render import render
from cumbre.demo.scene import Scene
from cumbre.demo.sightlines import visible_summits
from cumbre.demo.trail import trail_scenes
from cumbre.peaks.catalog import Catalog
from cumbre.system.atomic_file import write_new_file
from cumbre.system.cpu import usable_cores

_JPEG_QUALITY = 90
_MAX_WORKERS = 8
# Each process first generates its own noise tiles, so threads are faster for a few pictures.
_WORTH_PROCESSES = 6


def file_name(scene: Scene) -> str:
    """Return the name of a scene's file in the album."""
    return f"{scene.name}.jpg"


def draw_album(
    directory: Path,
    catalog: Catalog,
    on_progress: Callable[[int, int], None] | None = None,
    scenes: tuple[Scene, ...] | None = None,
) -> list[Path]:
    """Draw the album's missing pictures and return the paths of all pictures, in the order of the scenes.

    Files are written atomically, so an interrupted run can simply be repeated. on_progress: called with the number of
    finished pictures and the total. scenes: default to the sample album's.
    """
    scenes = trail_scenes(catalog) if scenes is None else scenes
    directory.mkdir(parents=True, exist_ok=True)
    paths = [directory / file_name(scene) for scene in scenes]
    missing = [(scene, path) for scene, path in zip(scenes, paths, strict=True) if not path.exists()]
    done = len(scenes) - len(missing)
    if on_progress:
        on_progress(done, len(scenes))
    with _executor(len(missing)) as executor:
        drawing = [executor.submit(draw_picture, scene, catalog, path) for scene, path in missing]
        try:
            for finished in as_completed(drawing):
                finished.result()
                done += 1
                if on_progress:
                    on_progress(done, len(scenes))
        except BaseException:
            # Interrupted or failed: finish the drawings in progress and start no others.
            executor.shutdown(cancel_futures=True)
            raise
    return paths


def draw_picture(scene: Scene, catalog: Catalog, path: Path) -> None:
    """Render one scene and write it as a JPEG with its EXIF."""
    image = render(scene, catalog).image
    if scene.stored_turned:
        image = image.transpose(Image.Transpose.ROTATE_90)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_JPEG_QUALITY, exif=exif_bytes(scene))
    with suppress(FileExistsError):  # another process drew it in the meantime
        write_new_file(path, file.getvalue(), mode=0o644)


def album_truth(catalog: Catalog, scenes: tuple[Scene, ...] | None = None) -> dict[str, tuple[str, ...]]:
    """Return the peak ids that each picture shows, by file name, highest apparent elevation first."""
    scenes = trail_scenes(catalog) if scenes is None else scenes
    return {file_name(s): tuple(v.peak_id for v in visible_summits(s, catalog)) for s in scenes}


def _executor(pictures: int) -> Executor:
    workers = max(1, min(usable_cores(), pictures, _MAX_WORKERS))
    if workers == 1 or pictures < _WORTH_PROCESSES:
        return ThreadPoolExecutor(workers)
    # "spawn", because a fork would copy the caller's threads and open databases.
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_with_parent)


def _end_with_parent() -> None:
    """End this worker when its parent dies; otherwise it would wait for work forever if the parent is killed."""
    parent = parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, name="end-with-parent", daemon=True).start()
