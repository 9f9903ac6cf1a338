"""Pictures that were sent in the page's chat, kept for a while in a bucket whose lifecycle deletes them."""

import hashlib
import re
from typing import Any, Final

from bot.messages import SentPicture
from cumbre.errors import PhotoError, StorageError
from cumbre.sentence import sentence
from cumbre.storage.s3 import faults

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class BucketPictures:
    """The same as bot.webchat.pictures.SentPictures, for functions, which share no disk."""

    def __init__(self, client: Any, bucket: str, prefix: str, max_bytes: int) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._max_bytes = max_bytes

    def keep(self, name: str, data: bytes) -> SentPicture:
        """The picture, an original, as a message has it. Raises StorageError where it can't be kept."""
        sha256 = hashlib.sha256(data).hexdigest()
        with faults(self._bucket, sha256):
            # Sent again, it is new again.
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + sha256, Body=data)
        return SentPicture(sha256, name, is_original=True)

    def fetch(self, picture: SentPicture) -> bytes:
        """The bytes of a picture that was kept; PhotoError when it is not there any more."""
        if not _SHA256.fullmatch(picture.source):
            raise _gone()
        try:
            with faults(self._bucket, picture.source):
                answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + picture.source)
                with answer["Body"] as body:
                    return bytes(body.read(self._max_bytes))
        except StorageError as error:
            raise _gone() from error


def _gone() -> PhotoError:
    return PhotoError(sentence("this picture is not kept any more: send it again"))
