"""A secured Elasticsearch: TLS with a self-issued certificate, and users with only the necessary privileges."""

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
from tests.support.server_cache import obtain_or_skip

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.together("secured elasticsearch")]

DOCUMENTED = ROOT / "docs" / "elasticsearch.md"


PASSWORD = secrets.token_urlsafe(16)


def documented_privileges() -> tuple[list[str], list[str]]:
    """Return the privileges that docs/elasticsearch.md says are needed: on the indices, and on the cluster."""
    sentence = DOCUMENTED.read_text().partition("The key or user needs these privileges")[2].partition(". ")[0]
    on_indices, _, on_cluster = sentence.partition("; and ")
    found = re.findall(r"`([a-z_]+)`", on_indices), re.findall(r"`([a-z_]+)`", on_cluster)
    assert all(found), f"the sentence about privileges in {DOCUMENTED} has changed"
    return found


@pytest.fixture(scope="module")
def superuser() -> Iterator[ElasticAccess]:
    keystore_secrets = {"bootstrap.password": PASSWORD, "xpack.security.http.ssl.keystore.secure_password": PASSWORD}
    users = [
        User("documented", PASSWORD, "cumbre-*", *documented_privileges()),
        User("reader", PASSWORD, "cumbre-*", ["read", "view_index_metadata"], ["monitor"]),
    ]
    with elasticsearch_folder() as folder:
        # The server may read it only there.
        (folder / "config").mkdir()
        keystore, authority = obtain_or_skip(lambda: make_certificate(folder / "config", PASSWORD), "Elasticsearch")
        secured = {
            "xpack__security__http__ssl__enabled": "true",
            "xpack__security__http__ssl__keystore__path": str(keystore),
        }
        with running_elasticsearch(folder, 0, keystore_secrets, users, **secured) as server:
            yield replace(server.access, user="elastic", password=PASSWORD, ca_cert=authority)


@pytest.fixture
def prefix() -> str:
    return f"cumbre-{uuid.uuid4().hex[:8]}-"


def use_everything(access: ElasticAccess, prefix: str) -> None:
    """Use every kind of request that Cumbre makes."""
    generations = connect(access, prefix)
    index = generations.ensure_active(SPACE)
    assert index.write([a_photo("a.jpg"), a_photo("b.jpg")]) == []
    assert {document.key for document in index.select()} == {"a.jpg", "b.jpg"}
    stored = index.get(a_photo("b.jpg").document.id)
    assert stored is not None
    index.delete(stored.document.id, stored.version)
    index.set_metadata("prompts", "1")
    assert [one.key for one in index.indexed_objects("album")] == ["a.jpg"]
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


def test_an_untrusted_certificate_is_refused_with_the_setting_that_trusts_it(superuser: ElasticAccess) -> None:
    with pytest.raises(IndexFault, match=r"can't be verified.*CUMBRE_INDEX_CA_CERT"):
        connect(replace(superuser, ca_cert=None))


def test_a_wrong_password_and_missing_credentials_are_reported(superuser: ElasticAccess, prefix: str) -> None:
    for access in (replace(superuser, password="wrong"), replace(superuser, user="", password="")):
        with pytest.raises(IndexFault, match="does not accept the credentials") as caught:
            connect(access, prefix).ensure_active(SPACE)
        assert "wrong" not in str(caught.value)


def test_a_user_with_a_password_can_do_everything(superuser: ElasticAccess, prefix: str) -> None:
    use_everything(superuser, prefix)


def test_a_user_with_the_documented_privileges_can_do_everything(superuser: ElasticAccess, prefix: str) -> None:
    use_everything(replace(superuser, user="documented"), prefix)


def test_the_documented_privileges_apply_only_to_the_indices_of_cumbre(superuser: ElasticAccess) -> None:
    with pytest.raises(IndexFault, match="lacks a right"):
        connect(replace(superuser, user="documented"), "someone-elses-").ensure_active(SPACE)


def test_a_read_only_user_gets_an_error_about_the_missing_privilege(superuser: ElasticAccess, prefix: str) -> None:
    full_access = connect(superuser, prefix)
    full_access.ensure_active(SPACE)
    full_access.close()
    read_only = connect(replace(superuser, user="reader"), prefix)
    index = read_only.active()
    assert index is not None
    assert index.count() == 0
    with pytest.raises(IndexFault, match="lacks a right"):
        index.write([a_photo("a.jpg")])
    read_only.close()


def test_an_invalid_api_key_is_reported(superuser: ElasticAccess, prefix: str) -> None:
    key = "bm8ga2V5OmhlcmU="
    with pytest.raises(IndexFault, match="CUMBRE_INDEX_API_KEY") as caught:
        connect(replace(superuser, user="", password="", api_key=key), prefix).ensure_active(SPACE)
    assert key not in str(caught.value)
