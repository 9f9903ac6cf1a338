"""Which requests are accepted (host names, passwords, other websites), and the headers of answers."""

import base64
import gzip

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from bot.web.request_guard import host_name, is_allowed_host, require_password_beyond_loopback
from bot.web.security_headers import content_security_policy
from bot.web.site import create_app
from cumbre.errors import SettingsError
from cumbre.system.passwords import password_matches
from tests.support.fakes import KHUMBU, FakeAlbum, FakeAlbumService, FakeQueryService, khumbu_album

PASSWORD = "pangboche 3 985"


def make_client(password: str | None = None, allowed_hosts: tuple[str, ...] = ()) -> FlaskClient:
    album = FakeAlbum.of(khumbu_album())
    app = create_app(
        FakeQueryService(album), FakeAlbumService(album), lambda: KHUMBU, password=password, allowed_hosts=allowed_hosts
    )
    return app.test_client()


def basic(password: str, user: str = "me") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "localhost.:80", "127.0.0.1:8080", "[::1]:8080"])
def test_loopback_names_are_answered(host: str) -> None:
    assert make_client().get("/api/status", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.test", "localhost.evil.test", "127.0.0.1.evil.test", "192.168.1.7", "", "evil.test:8080", "[::2]"]
)
def test_a_foreign_name_that_was_rebound_to_this_machine_is_refused(host: str) -> None:
    for path in ("/", "/api/status", "/static/js/app/main.js"):
        assert make_client().get(path, headers={"Host": host}).status_code == 403


def test_a_configured_name_is_answered() -> None:
    client = make_client(allowed_hosts=("photos.home.arpa:8080",))
    assert client.get("/api/status", headers={"Host": "photos.home.arpa"}).status_code == 200


def test_with_a_password_bare_addresses_are_answered_but_foreign_names_are_not() -> None:
    client = make_client(PASSWORD)
    assert client.get("/", headers={"Host": "192.168.1.7:8080", **basic(PASSWORD)}).status_code == 200
    assert client.get("/", headers={"Host": "evil.test", **basic(PASSWORD)}).status_code == 403


@given(st.from_regex(r"[a-zA-Z0-9.-]+", fullmatch=True), st.integers(1, 65535))
def test_a_port_never_changes_the_name(name: str, port: int) -> None:
    assert host_name(f"{name}:{port}") == host_name(name)


@given(st.text())
def test_only_known_names_are_allowed(host: str) -> None:
    names = frozenset({"localhost"})
    assert is_allowed_host(host, names, any_address=False) == (host_name(host) == "localhost")


@pytest.mark.parametrize("path", ["/", "/static/js/app/main.js", "/api/status", "/api/openapi.yaml", "/nowhere"])
def test_a_password_guards_everything(path: str) -> None:
    client = make_client(PASSWORD)
    refused = client.get(path)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")
    assert client.get(path, headers=basic("wrong")).status_code == 401
    assert client.get(path, headers={"Authorization": "Bearer x"}).status_code == 401
    assert client.get(path, headers=basic(PASSWORD), buffered=True).status_code != 401


@given(st.text(), st.text(min_size=1))
def test_a_password_is_right_only_if_it_is_the_same(given_text: str, password: str) -> None:
    assert password_matches(given_text, password) == (given_text == password)


def test_a_missing_password_is_never_right() -> None:
    assert not password_matches(None, "x")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
    ],
)
def test_another_site_cannot_change_anything(headers: dict[str, str]) -> None:
    client = make_client()
    photo_id = khumbu_album()[0].document.id
    assert client.delete(f"/api/photos/{photo_id}/peaks", headers=headers).status_code == 403
    assert client.post("/api/photos", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "http://localhost"}, {"Origin": "https://localhost", "Sec-Fetch-Site": "same-origin"}]
)
def test_the_page_itself_and_programs_may_make_changes(headers: dict[str, str]) -> None:
    photo_id = khumbu_album()[0].document.id
    assert make_client().delete(f"/api/photos/{photo_id}/peaks", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/status", "/api/nowhere", "/static/js/app/main.js"])
def test_every_answer_has_security_headers(path: str) -> None:
    headers = make_client().get(path, buffered=True).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_only_map_tiles_may_come_from_another_site() -> None:
    assert "https" not in content_security_policy()
    policy = content_security_policy("https://tiles.example.org/{z}/{x}/{y}.png")
    assert "img-src 'self' blob: https://tiles.example.org;" in policy
    assert policy.count("https") == 1


@pytest.mark.parametrize("path", ["/", "/static/js/app/main.js", "/api/status"])
def test_texts_are_compressed_for_clients_that_accept_it(path: str) -> None:
    client = make_client()
    plain = client.get(path, buffered=True)
    packed = client.get(path, headers={"Accept-Encoding": "gzip, br"}, buffered=True)
    unwanted = client.get(path, headers={"Accept-Encoding": "gzip;q=0"}, buffered=True)
    if len(plain.data) >= 1000:
        assert gzip.decompress(packed.data) == plain.data
        assert len(packed.data) < len(plain.data)
    assert unwanted.data == plain.data
    for response in (plain, packed):
        assert "Accept-Encoding" in response.headers["Vary"]


def test_a_compressed_file_is_not_sent_again_to_a_client_that_has_it() -> None:
    client = make_client()
    first = client.get("/static/js/app/main.js", headers={"Accept-Encoding": "gzip"}, buffered=True)
    again = client.get(
        "/static/js/app/main.js",
        headers={"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]},
        buffered=True,
    )
    assert (again.status_code, again.data) == (304, b"")


def test_beyond_loopback_a_password_is_required() -> None:
    for host in ("127.0.0.1", "localhost", "::1"):
        require_password_beyond_loopback(host, None)
    require_password_beyond_loopback("0.0.0.0", PASSWORD)
    for host in ("0.0.0.0", "::", "192.168.1.7"):
        with pytest.raises(SettingsError, match="CUMBRE_PASSWORD"):
            require_password_beyond_loopback(host, "")
