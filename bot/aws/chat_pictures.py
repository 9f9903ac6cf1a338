"""Pictures that were sent in the page's chat, kept for a while in a bucket whose lifecycle deletes them."""

import hashlib
from typing import Any

from bot.chat.messages import SentPicture
from bot.web.chat.sent_pictures import SHA256, picture_gone
from cumbre.errors import StorageError
from cumbre.storage.s3 import storage_faults


class BucketPictures:
    """The PictureKeeper of functions, which share no disk."""

    def __init__(self, client: Any, bucket: str, prefix: str, max_bytes: int) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._max_bytes = max_bytes

    def save(self, name: str, data: bytes) -> SentPicture:
        sha256 = hashlib.sha256(data).hexdigest()
        with storage_faults(self._bucket, sha256):
            # Sent again, it is new again.
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + sha256, Body=data)
        return SentPicture(sha256, name, is_original=True)

    def fetch(self, picture: SentPicture) -> bytes:
        if not SHA256.fullmatch(picture.source):
            raise picture_gone()
        try:
            with storage_faults(self._bucket, picture.source):
                answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + picture.source)
                with answer["Body"] as body:
                    return bytes(body.read(self._max_bytes))
        except StorageError as error:
            raise picture_gone() from error
