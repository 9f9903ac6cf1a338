"""LocalAlbumService: AlbumService on a Library in the same process."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import timedelta
from pathlib import PurePosixPath
from uuid import uuid4

from cumbre.errors import InvalidRequest, NotFound, VersionConflict
from cumbre.index.port import PhotoFilter, PhotoIndex, PhotoWrite, StoredPhoto
from cumbre.library.generation import Generation
from cumbre.library.library import Library
from cumbre.photos.document import CameraPose, PhotoDocument, PhotoFacts, content_hash
from cumbre.photos.document import photo_id as document_id
from cumbre.photos.manual_poses import SAME_MOMENT
from cumbre.pose.preconditions import NO_VIEW, obstacles
from cumbre.sandbox.single_pass import SinglePassReader
from cumbre.services.album_service import AddedPhoto
from cumbre.text.sentence import joined, sentence

_MAX_NAME_LENGTH = 80
_ATTEMPTS = 5
_SAME_MOMENT_MAX = 200
_EXTENSIONS = {"JPEG": ".jpg", "HEIC": ".heic", "PNG": ".png", "WEBP": ".webp", "AVIF": ".avif", "TIFF": ".tif"}


class LocalAlbumService:
    """Changes a library's album, index and state; every change reaches each index generation in use."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def add(self, filename: str, photo: bytes) -> AddedPhoto:
        ingestors = self._library.ingestors(SinglePassReader(self._library.pictures))
        existing = ingestors[0].index.find_by_content(content_hash(photo))
        if existing is not None:
            return AddedPhoto(existing.document, is_new=False)
        # Decode it before storing it: an unreadable file is refused, not added.
        checked = ingestors[0].check(photo)
        bucket, prefix = self._library.albums.inbox_place()
        inbox = self._library.storage(bucket)
        stat = inbox.write(prefix + _inbox_key(filename, _EXTENSIONS.get(checked.facts.format, ".jpg")), photo)
        for ingestor in ingestors:
            ingestor.reconcile(inbox.bucket, stat.key)
        return AddedPhoto(self._get(document_id(inbox.bucket, stat.key)).document, is_new=True)

    def remove(self, photo_id: str) -> None:
        document = self._get(photo_id).document
        bucket, prefix = self._library.albums.inbox_place()
        if document.bucket != bucket or not document.key.startswith(prefix):
            raise InvalidRequest(
                sentence("only photos added through Cumbre can be deleted here; this one is your own file")
            )
        self._library.storage(bucket).delete(document.key, document.etag)
        for ingestor in self._library.ingestors():
            ingestor.reconcile(bucket, document.key)

    def correct(self, photo_id: str, peak_ids: tuple[str, ...] | None) -> PhotoDocument:
        self._correct(self._readable(photo_id).content_sha256, peak_ids)
        return self._get(photo_id).document

    def correct_picture(self, photo: bytes, peak_ids: tuple[str, ...] | None) -> tuple[str, ...] | None:
        content = content_hash(photo)
        before = self._library.corrections.get(content)
        self._correct(content, peak_ids)
        return before

    def orient(self, photo_id: str, aim: CameraPose | None) -> PhotoDocument:
        document = self._readable(photo_id)
        facts, content = document.facts, document.content_sha256
        assert facts is not None
        manual_poses = self._library.manual_poses
        before = list(manual_poses.compass_errors())
        if aim is None:
            manual_poses.remove(content)
        else:
            annotator = self._library.active().annotator()
            seen = annotator.sighting(facts, document.sky_fraction)
            lacking = [doubt.words for doubt in obstacles(facts, seen) if doubt in NO_VIEW]
            if lacking:
                raise InvalidRequest(
                    sentence("no summit can be placed in this photo: {why}", why=joined(", ", lacking))
                )
            manual_poses.put(content, aim, facts, annotator.fitter.expected_heading_deg(seen))
        compass_has_changed = list(manual_poses.compass_errors()) != before
        for generation in self._library.in_use():
            neighbours = _taken_within_a_minute(generation.index, facts) if compass_has_changed else []
            self._annotate_again(generation, list(dict.fromkeys([content, *neighbours])))
        return self._get(photo_id).document

    def retry(self, photo_id: str) -> PhotoDocument:
        stored = self._get(photo_id)
        document = stored.document
        if document.failure is None:
            return document
        for ingestor in self._library.ingestors():
            failed = ingestor.index.get(photo_id)
            if failed is not None:
                ingestor.index.delete(photo_id, failed.version)
            ingestor.reconcile(document.bucket, document.key)
        return self._get(photo_id).document

    def _correct(self, content_sha256: str, peak_ids: tuple[str, ...] | None) -> None:
        if peak_ids is None:
            self._library.corrections.remove(content_sha256)
        else:
            for peak_id in peak_ids:
                self._library.catalog().peak(peak_id)
            self._library.corrections.put(content_sha256, tuple(dict.fromkeys(peak_ids)))
        for generation in self._library.in_use():
            self._annotate_again(generation, [content_sha256])

    def _annotate_again(self, generation: Generation, contents: Sequence[str]) -> None:
        """Annotate every photo with one of these contents (SHA-256) again and write the ones that changed."""
        for _ in range(_ATTEMPTS):
            annotator, index = generation.annotator(), generation.index
            writes = []
            for stored in (stored for content_sha256 in contents for stored in index.with_content(content_sha256)):
                annotated = annotator.annotate(stored.document, index.vector(stored.document.id))
                if annotated != stored.document:
                    writes.append(PhotoWrite(annotated, None, stored.version))
            if not index.write(writes):
                return
        raise VersionConflict("the photo keeps changing; try again")

    def _readable(self, photo_id: str) -> PhotoDocument:
        document = self._get(photo_id).document
        if document.failure is not None:
            raise NotFound(sentence("this photo could not be read: {reason}", reason=document.failure))
        return document

    def _get(self, photo_id: str) -> StoredPhoto:
        stored = self._library.active().index.get(photo_id)
        if stored is None:
            raise NotFound(sentence("no such photo in the album (any more)"))
        return stored


def _taken_within_a_minute(index: PhotoIndex, facts: PhotoFacts) -> list[str]:
    """The contents (SHA-256) of photos that the same camera took within a minute of this one, including itself."""
    if facts.taken_at is None or not facts.camera:
        return []
    # PhotoFilter.until is exclusive.
    span = PhotoFilter(since=facts.taken_at - SAME_MOMENT, until=facts.taken_at + SAME_MOMENT + timedelta(seconds=1))
    nearby = index.select(span, _SAME_MOMENT_MAX)
    return [one.content_sha256 for one in nearby if one.facts and one.facts.camera == facts.camera]


def _inbox_key(filename: str, extension: str) -> str:
    """A unique key that is safe on every file system: the given name, cleaned, plus a random suffix."""
    stem = PurePosixPath(filename.replace("\\", "/")).stem
    plain = unicodedata.normalize("NFC", stem)
    plain = re.sub(r"[^\w.-]+", "-", plain).strip("-._")[:_MAX_NAME_LENGTH]
    return f"{plain or 'photo'}-{uuid4().hex[:8]}{extension}"
