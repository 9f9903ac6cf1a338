"""The servers that some adapters need."""

from tests.elasticsearch_server import elasticsearch  # noqa: F401
from tests.minio_server import minio  # noqa: F401
