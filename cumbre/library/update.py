"""Bring the index in line with the whole album, or with folders and files that somebody named."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from cumbre.errors import StorageError
from cumbre.ingest.diff import AlbumDiff, diff_album
from cumbre.ingest.object_reader import Outcome
from cumbre.ingest.scan import ScanProgress, ScanReport, scan
from cumbre.library.forget import forget_album
from cumbre.library.library import Library
from cumbre.storage.keys import bucket_of

_Work = Callable[[], ScanReport]


@dataclass
class UpdateResult:
    """What an update did. problems: parts of the album that could not be reached, or paths that can't be part of it.

    named_failed: files were named, and photos failed.
    """

    report: ScanReport = field(default_factory=ScanReport)
    problems: list[str] = field(default_factory=list)
    named_failed: bool = False


class AlbumUpdate:
    """One update of a library's index. Notices for people go to `say`, one line each."""

    def __init__(
        self, library: Library, progress: ScanProgress, say: Callable[[str], None], confirm_removals: bool = False
    ) -> None:
        self._library = library
        self._progress = progress
        self._say = say
        self._confirm_removals = confirm_removals
        self._result = UpdateResult()

    def run(self, paths: Sequence[Path] = ()) -> UpdateResult:
        """Index new and changed photos of these folders and files, which become part of the album.

        Without paths, or if the index is incomplete, the whole album is scanned. A part that can't be reached does not
        stop the others.
        """
        library, result = self._library, self._result
        library.active().index.forget_damaged()
        incomplete = library.generations.incomplete()
        library.active().refresh()
        self._carry_out(self._named(paths) if paths else self._whole_album(self._confirm_removals))
        result.named_failed = any(not path.is_dir() for path in paths) and bool(result.report.failed)
        if paths and incomplete:
            self._say("scanning the whole album, because the index was damaged or an earlier run was interrupted")
            self._carry_out(self._whole_album(confirm_removals=False))
        if not result.problems and (incomplete or not paths):
            library.generations.set_complete()
        if result.report.indexed:
            library.active().learn_appearance()
        return result

    def _carry_out(self, todo: Iterator[tuple[str, _Work]]) -> None:
        for name, work in todo:
            try:
                self._result.report.add(work())
            except StorageError as error:
                self._result.problems.append(str(error))
                self._say(f"{name}: skipped")

    def _whole_album(self, confirm_removals: bool) -> Iterator[tuple[str, _Work]]:
        if self._library.albums.is_empty():
            self._say("no album yet: run `cumbre ingest DIR` with the folder of your photos")
        for bucket in self._library.storages():
            yield bucket, partial(self._scan, bucket, "", confirm_removals)

    def _named(self, paths: Sequence[Path]) -> Iterator[tuple[str, _Work]]:
        albums = self._library.albums
        keys_of: dict[str, list[str]] = {}
        for path in paths:
            try:
                if path.is_file():
                    bucket, key = albums.remember_file(path)
                    keys_of.setdefault(bucket, []).append(key)
                elif self._confirm_removals and not path.exists() and path.absolute() in albums.folders():
                    yield str(path), partial(forget_album, self._library, path.absolute())
                else:
                    root, prefix, replaced = albums.remember(path)
                    yield bucket_of(root), partial(self._scan, bucket_of(root), prefix, self._confirm_removals)
                    for album in replaced:
                        self._say(f"{album} is no longer a separate album: {path} contains or replaces it")
                        yield str(album), partial(forget_album, self._library, album)
            except StorageError as error:
                self._result.problems.append(str(error))
        for bucket, keys in keys_of.items():
            yield bucket, partial(self._reconcile, bucket, keys)

    def _scan(self, bucket: str, prefix: str, confirm_removals: bool) -> ScanReport:
        active, *building = self._library.ingestors()
        storage = self._library.storage(bucket)
        report = scan(active, storage, prefix, confirm_removals, self._progress)
        for ingestor in building:
            scan(ingestor, storage, prefix, confirm_removals)
        return report

    def _reconcile(self, bucket: str, keys: list[str]) -> ScanReport:
        report = ScanReport()
        started = time.monotonic()
        self._progress.expect(len(keys))

        def note(outcome: Outcome) -> None:
            report.count(outcome)
            self._progress.advance(outcome)

        active, *building = self._library.ingestors()
        active.reconcile_many(bucket, keys, note)
        for ingestor in building:
            ingestor.reconcile_many(bucket, keys)
        report.seconds = time.monotonic() - started
        return report


def differences(library: Library) -> tuple[dict[str, AlbumDiff], list[str]]:
    """Compare the whole album with the index, and change nothing.

    Returns the differences by bucket, and the problems of buckets that can't be listed.
    """
    found: dict[str, AlbumDiff] = {}
    problems: list[str] = []
    for bucket, storage in library.storages().items():
        try:
            found[bucket] = diff_album(library.index(), storage)
        except StorageError as error:
            problems.append(str(error))
    return found, problems
