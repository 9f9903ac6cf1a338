"""Create what an album in the cloud needs: buckets, their notifications and the index."""

from collections.abc import Iterator

from cumbre.library.library import Library


def set_up(library: Library) -> Iterator[tuple[str, bool]]:
    """Create each part that is missing; yield what it is and whether it is new."""
    settings = library.settings
    if settings.album_buckets:
        from cumbre.storage.s3 import S3PhotoStorage
        from cumbre.storage.s3_setup import ensure_bucket, ensure_notification

        for storage in library.storages().values():
            if isinstance(storage, S3PhotoStorage):
                bucket, prefix = storage.bucket, storage.prefix
                yield f"bucket {bucket}", ensure_bucket(storage.client, bucket)
                if settings.events_token and settings.s3_endpoint:
                    yield f"notification of {bucket}/{prefix}", ensure_notification(storage.client, bucket, prefix)
    is_new = library.generations.active() is None
    index = library.index()
    yield f"index of {index.space.dimensions} dimensions for {index.space.model_id}", is_new
