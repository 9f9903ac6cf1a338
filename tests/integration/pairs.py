"""Pairs of a photo storage and an index, local or on servers, whose photos a test changes as people do."""

import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Protocol

from cumbre.index.elasticsearch.connection import connect
from cumbre.index.elasticsearch.generations import ElasticGenerations
from cumbre.index.elasticsearch.mapping import GraphOptions
from cumbre.index.embedded.generations import EmbeddedGenerations
from cumbre.index.port import PhotoIndex, VectorSpace
from cumbre.storage.folder import FolderPhotoStorage
from cumbre.storage.port import PhotoStorage
from cumbre.storage.s3 import S3PhotoStorage
from tests.support.elasticsearch_server import ElasticsearchServer
from tests.support.minio_server import MinioServer


class Pair(Protocol):
    """A photo storage and an index. Keys are those of the storage."""

    storage: PhotoStorage

    def key(self, name: str) -> str:
        """Return the key of a photo with this name."""
        ...

    def open_index(self) -> PhotoIndex:
        """Open the index as another process would."""
        ...

    def put(self, key: str, content: bytes) -> None: ...

    def remove(self, key: str) -> None: ...

    def content(self, key: str) -> bytes | None: ...

    def close(self) -> None: ...


class EmbeddedPair:
    """A folder and an index file."""

    def __init__(self, space: VectorSpace) -> None:
        self._space = space
        self._folder = Path(tempfile.mkdtemp())
        self._root = self._folder / "album"
        self._root.mkdir()
        self.storage: PhotoStorage = FolderPhotoStorage(self._root)
        self._opened: list[EmbeddedGenerations] = []

    def open_index(self) -> PhotoIndex:
        self._opened.append(EmbeddedGenerations(self._folder / "index.sqlite"))
        return self._opened[-1].ensure_active(self._space)

    def key(self, name: str) -> str:
        return name

    def put(self, key: str, content: bytes) -> None:
        path = self._root / key
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)

    def remove(self, key: str) -> None:
        (self._root / key).unlink(missing_ok=True)

    def content(self, key: str) -> bytes | None:
        path = self._root / key
        return path.read_bytes() if path.is_file() else None

    def close(self) -> None:
        for generations in self._opened:
            generations.close()
        shutil.rmtree(self._folder)


class ServerPair:
    """A prefix of a bucket in MinIO, and an index in Elasticsearch."""

    def __init__(self, elasticsearch: ElasticsearchServer, minio: MinioServer, bucket: str, space: VectorSpace) -> None:
        self._space = space
        self._client = minio.client
        self._bucket = bucket
        self._server = elasticsearch
        self._name = uuid.uuid4().hex[:12]
        self.storage: PhotoStorage = S3PhotoStorage(self._client, bucket, f"{self._name}/")
        self._opened: list[ElasticGenerations] = []

    def open_index(self) -> PhotoIndex:
        graph = GraphOptions("hnsw", 4, 16)
        self._opened.append(connect(self._server.access, f"test-{self._name}-", graph))
        return self._opened[-1].ensure_active(self._space)

    def key(self, name: str) -> str:
        return f"{self._name}/{name}"

    def put(self, key: str, content: bytes) -> None:
        self._client.put_object(Bucket=self._bucket, Key=key, Body=content)

    def remove(self, key: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=key)

    def content(self, key: str) -> bytes | None:
        try:
            response = self._client.get_object(Bucket=self._bucket, Key=key)
        except self._client.exceptions.NoSuchKey:
            return None
        return bytes(response["Body"].read())

    def close(self) -> None:
        for generations in self._opened:
            generations.close()
        self._server.drop(f"test-{self._name}-")
