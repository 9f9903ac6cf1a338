from tests.elasticsearch_server import elasticsearch  # noqa: F401
