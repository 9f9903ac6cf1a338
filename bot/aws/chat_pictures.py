"""Chat pictures from the web page, stored in a bucket with a lifecycle rule that deletes them after a while."""

import hashlib
from typing import Any

from bot.chat.messages import SentPicture
from bot.web.chat.sent_pictures import SHA256, picture_gone, picture_unreadable
from cumbre.errors import ObjectGone, StorageError
from cumbre.storage.s3 import storage_faults


class BucketPictures:
    """PictureKeeper for Lambda functions, which share no disk."""

    def __init__(self, client: Any, bucket: str, prefix: str, max_bytes: int) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._max_bytes = max_bytes

    def save(self, name: str, data: bytes) -> SentPicture:
        sha256 = hashlib.sha256(data).hexdigest()
        with storage_faults(self._bucket, sha256):
            # Overwriting restarts the lifecycle of a picture that is sent again.
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + sha256, Body=data)
        return SentPicture(sha256, name, is_original=True)

    def fetch(self, picture: SentPicture) -> bytes:
        if not SHA256.fullmatch(picture.source):
            raise picture_gone()
        try:
            with storage_faults(self._bucket, picture.source):
                response = self._client.get_object(Bucket=self._bucket, Key=self._prefix + picture.source)
                with response["Body"] as body:
                    return bytes(body.read(self._max_bytes))
        except ObjectGone as error:
            raise picture_gone() from error
        except StorageError as error:
            raise picture_unreadable(error) from error
