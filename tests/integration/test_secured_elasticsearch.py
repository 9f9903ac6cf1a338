"""An Elasticsearch as it should be run: TLS with a certificate of its own, users with no more rights than needed."""

import re
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest

from cumbre.errors import IndexFault
from cumbre.index.elasticsearch.connection import ElasticAccess, connect
from cumbre.index.port import VectorSpace
from tests.integration.test_elasticsearch import SPACE, a_photo
from tests.support.elasticsearch_server import User, elasticsearch_folder, make_certificate, running_elasticsearch
from tests.support.paths import ROOT
from tests.support.server_cache import obtained

pytestmark = [pytest.mark.servers, pytest.mark.slow]

DOCUMENTED = ROOT / "docs" / "elasticsearch.md"


PASSWORD = secrets.token_urlsafe(16)


def documented_rights() -> tuple[list[str], list[str]]:
    """What docs/elasticsearch.md says that a key or user needs: on the indices, of the cluster."""
    said = DOCUMENTED.read_text().partition("The rights that are needed")[2].partition("A password in the")[0]
    of_indices, _, of_cluster = said.partition("of the cluster")
    return re.findall(r"`([a-z_]+)`", of_indices), re.findall(r"`([a-z_]+)`", of_cluster)


@pytest.fixture(scope="module")
def superuser() -> Iterator[ElasticAccess]:
    kept = {"bootstrap.password": PASSWORD, "xpack.security.http.ssl.keystore.secure_password": PASSWORD}
    users = [
        User("documented", PASSWORD, "cumbre-*", *documented_rights()),
        User("reader", PASSWORD, "cumbre-*", ["read", "view_index_metadata"], ["monitor"]),
    ]
    with elasticsearch_folder() as folder:
        # The only place where the server may read it.
        (folder / "config").mkdir()
        keystore, authority = obtained(lambda: make_certificate(folder / "config", PASSWORD), "Elasticsearch")
        secured = {
            "xpack__security__http__ssl__enabled": "true",
            "xpack__security__http__ssl__keystore__path": str(keystore),
        }
        with running_elasticsearch(folder, secrets=kept, users=users, **secured) as server:
            yield replace(server.access, user="elastic", password=PASSWORD, ca_cert=authority)


@pytest.fixture
def prefix() -> str:
    return f"cumbre-{uuid.uuid4().hex[:8]}-"


def use_everything(access: ElasticAccess, prefix: str) -> None:
    generations = connect(access, prefix)
    index = generations.ensure_active(SPACE)
    assert index.write([a_photo("a.jpg"), a_photo("b.jpg")]) == []
    assert {document.key for document in index.select()} == {"a.jpg", "b.jpg"}
    stored = index.get(a_photo("b.jpg").document.id)
    assert stored is not None
    index.delete(stored.document.id, stored.version)
    index.set_metadata("prompts", "1")
    assert [one.key for one in index.known("album")] == ["a.jpg"]
    built = generations.create_building(VectorSpace("next", 4))
    generations.activate(built)
    again = generations.rebuild_previous(SPACE)
    assert again is not None
    generations.activate(again)
    generations.drop_previous()
    active = generations.active()
    assert active is not None
    assert active.count() == 1
    generations.close()


def test_a_certificate_that_nobody_vouches_for_is_refused_with_the_way_out(superuser: ElasticAccess) -> None:
    with pytest.raises(IndexFault, match=r"can't be verified.*CUMBRE_INDEX_CA_CERT"):
        connect(replace(superuser, ca_cert=None))


def test_a_wrong_password_and_no_credentials_are_said(superuser: ElasticAccess, prefix: str) -> None:
    for access in (replace(superuser, password="wrong"), replace(superuser, user="", password="")):
        with pytest.raises(IndexFault, match="does not accept the credentials") as caught:
            connect(access, prefix).ensure_active(SPACE)
        assert "wrong" not in str(caught.value)


def test_a_user_and_a_password_do(superuser: ElasticAccess, prefix: str) -> None:
    use_everything(superuser, prefix)


def test_a_user_with_the_documented_rights_does(superuser: ElasticAccess, prefix: str) -> None:
    use_everything(replace(superuser, user="documented"), prefix)


def test_documented_rights_are_of_our_indices_alone(superuser: ElasticAccess) -> None:
    with pytest.raises(IndexFault, match="lacks a right"):
        connect(replace(superuser, user="documented"), "someone-elses-").ensure_active(SPACE)


def test_who_may_only_read_is_told_that_a_right_is_missing(superuser: ElasticAccess, prefix: str) -> None:
    whole = connect(superuser, prefix)
    whole.ensure_active(SPACE)
    whole.close()
    reading = connect(replace(superuser, user="reader"), prefix)
    index = reading.active()
    assert index is not None
    assert index.count() == 0
    with pytest.raises(IndexFault, match="lacks a right"):
        index.write([a_photo("a.jpg")])
    reading.close()


def test_a_key_that_is_none_is_said(superuser: ElasticAccess, prefix: str) -> None:
    key = "bm8ga2V5OmhlcmU="
    with pytest.raises(IndexFault, match="CUMBRE_INDEX_API_KEY") as caught:
        connect(replace(superuser, user="", password="", api_key=key), prefix).ensure_active(SPACE)
    assert key not in str(caught.value)
