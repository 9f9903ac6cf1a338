"""The login page, the session after a login, and the limits on guessing."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner

from bot.aws.shared_login_throttle import SharedLoginThrottle
from bot.web.login import SESSION_COOKIE
from bot.web.login_throttle import MOST_OF_ALL, MOST_OF_ONE, WINDOW_S, InMemoryLoginThrottle, LoginThrottle
from bot.web.sessions import KEY_BYTES, Sessions
from bot.web.site import create_app
from cumbre.state.sqlite import SqliteStateStore
from tests.support.fakes import KHUMBU, FakeAlbum, FakeAlbumService, FakeQueryService, khumbu_album

PASSWORD = "pangboche 3 985"
KEY = bytes(KEY_BYTES)
A_PAGE = {"Accept": "text/html,*/*;q=0.8"}


def make_client(password: str | None = PASSWORD, key: bytes = KEY) -> FlaskClient:
    album = FakeAlbum.of(khumbu_album())
    app = create_app(
        FakeQueryService(album), FakeAlbumService(album), lambda: KHUMBU, password=password, session_key=key
    )
    return app.test_client()


def log_in(client: FlaskClient, password: str = PASSWORD, wanted: str = "/?q=ama") -> int:
    return client.post("/login", data={"password": password, "next": wanted}).status_code


def test_a_visitor_is_sent_to_the_form_and_then_to_the_requested_page() -> None:
    client = make_client()
    sent = client.get("/?q=ama&peak=lhotse", headers=A_PAGE)
    assert sent.status_code == 303
    form = client.get(sent.headers["Location"])
    assert "is protected by a password" in form.get_data(as_text=True)
    wanted = re.search(r'name="next" value="([^"]*)"', form.get_data(as_text=True))
    assert wanted is not None
    entered = client.post("/login", data={"password": PASSWORD, "next": wanted[1].replace("&amp;", "&")})
    assert (entered.status_code, entered.headers["Location"]) == (303, "/?q=ama&peak=lhotse")
    assert client.get("/api/status").status_code == 200
    assert client.get("/", headers=A_PAGE).status_code == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites() -> None:
    client = make_client()
    plain = client.post("/login", data={"password": PASSWORD}).headers["Set-Cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    secure = client.post("/login", data={"password": PASSWORD}, base_url="https://localhost").headers["Set-Cookie"]
    assert "Secure" in secure


def test_the_form_shows_nothing_of_the_album_and_needs_no_script() -> None:
    client = make_client()
    html = client.get("/login").get_data(as_text=True)
    assert "<script" not in html
    for address in re.findall(r'(?:src|href)="([^"]+)"', html):
        assert client.get(address, buffered=True).status_code == 200, address
    for address in ("/static/js/app/main.js", "/static/../app.py", "/static/css/base.css/../main.js", "/api/status"):
        assert client.get(address).status_code in (401, 404), address


def test_a_wrong_password_is_reported_in_the_language_of_the_reader() -> None:
    client = make_client()
    answer = client.post("/login", data={"password": "wrong"}, headers={"Accept-Language": "es"})
    assert answer.status_code == 401
    assert "Contraseña incorrecta." in answer.get_data(as_text=True)
    assert "Set-Cookie" not in answer.headers


def test_logging_out_ends_the_session() -> None:
    client = make_client()
    log_in(client)
    logged_out = client.post("/logout")
    assert logged_out.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get("/api/status").status_code == 401


def test_a_session_outlives_a_restart_but_not_a_new_password_or_another_key() -> None:
    client = make_client()
    log_in(client)
    cookie = client.get_cookie(SESSION_COOKIE)
    assert cookie is not None
    for other, status in ((make_client(), 200), (make_client("another one"), 401), (make_client(key=b"x" * 32), 401)):
        other.set_cookie(SESSION_COOKIE, cookie.value)
        assert other.get("/api/status").status_code == status


@pytest.mark.parametrize("token", ["", "x", "x.y.z", "a" * 100_000, "é.1.2"])
def test_a_forged_token_opens_nothing(token: str) -> None:
    assert not Sessions(KEY, PASSWORD).is_valid(token)


def test_a_token_expires_after_a_month(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = Sessions(KEY, PASSWORD)
    real = TimestampSigner.get_timestamp
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: real(self) - 31 * 86_400)
    old = sessions.issue()
    monkeypatch.undo()
    assert not sessions.is_valid(old)
    assert sessions.is_valid(sessions.issue())


@pytest.mark.parametrize(
    "wanted",
    ["//evil.test/", "https://evil.test/", "/\\evil.test", "javascript:alert(1)", "", "\n/x", "/a\r\nSet-Cookie: a=b"],
)
def test_nobody_is_sent_to_another_site(wanted: str) -> None:
    answer = make_client().post("/login", data={"password": PASSWORD, "next": wanted})
    assert answer.headers["Location"] == "/"
    assert len(answer.headers.getlist("Set-Cookie")) == 1


def test_the_address_of_the_next_page_is_only_text_in_the_form() -> None:
    html = make_client().get("/login?next=/%22%3E%3Cscript%3Ealert(1)%3C/script%3E").get_data(as_text=True)
    assert "<script" not in html


def test_another_site_cannot_log_anybody_in() -> None:
    answer = make_client().post("/login", data={"password": PASSWORD}, headers={"Origin": "https://evil.test"})
    assert answer.status_code == 403


def test_guessing_is_slowed_down_for_every_kind_of_login_and_sessions_continue() -> None:
    client = make_client()
    inside = make_client()
    inside.application = client.application
    log_in(inside)
    for _ in range(MOST_OF_ONE):
        assert log_in(client, "wrong") == 401
    refused = client.post("/login", data={"password": PASSWORD})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= WINDOW_S
    assert client.get("/api/status", auth=("me", PASSWORD)).status_code == 429
    assert inside.get("/api/status").status_code == 200


def test_a_program_may_send_the_password_with_each_request() -> None:
    client = make_client()
    for _ in range(MOST_OF_ONE):
        assert client.get("/api/status", auth=("me", PASSWORD)).status_code == 200
    for _ in range(MOST_OF_ONE):
        assert client.get("/api/status", auth=("me", "wrong")).status_code == 401
    assert client.get("/api/status", auth=("me", PASSWORD)).status_code == 429


def test_a_page_with_an_expired_session_does_not_open_the_browsers_login_dialog() -> None:
    client = make_client()
    assert "WWW-Authenticate" in client.get("/api/status").headers
    assert "WWW-Authenticate" not in client.get("/api/status", headers={"Sec-Fetch-Mode": "cors"}).headers


def test_a_large_form_is_refused() -> None:
    assert make_client().post("/login", data={"password": "x" * 1_000_000}).status_code == 413


def test_without_a_password_the_login_page_leads_straight_on() -> None:
    client = make_client(None)
    assert client.get("/login?next=/?q=a").headers["Location"] == "/?q=a"
    assert client.post("/login", data={"next": "/"}).headers["Location"] == "/"


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["of one process", "shared"])
def throttle_and_clock(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[LoginThrottle, Clock]]:
    clock = Clock()
    if request.param == "of one process":
        yield InMemoryLoginThrottle(clock), clock
        return
    state = SqliteStateStore(tmp_path / "state.sqlite", clock)
    yield SharedLoginThrottle(state, clock), clock
    state.close()


def test_attempts_are_forgotten_after_a_while_or_a_success(throttle_and_clock: tuple[LoginThrottle, Clock]) -> None:
    attempts, clock = throttle_and_clock
    for _ in range(MOST_OF_ONE):
        attempts.failed("192.0.2.7")
    assert attempts.wait_s("192.0.2.7") == WINDOW_S
    assert attempts.wait_s("192.0.2.8") == 0
    clock.now += WINDOW_S
    assert attempts.wait_s("192.0.2.7") == 0
    for _ in range(MOST_OF_ONE):
        attempts.failed("192.0.2.7")
    attempts.succeeded("192.0.2.7")
    assert attempts.wait_s("192.0.2.7") == 0


def test_the_addresses_of_a_household_count_as_one_and_all_households_share_a_limit(
    throttle_and_clock: tuple[LoginThrottle, Clock],
) -> None:
    attempts, _ = throttle_and_clock
    for host in range(MOST_OF_ONE):
        attempts.failed(f"2001:db8::{host:x}")
    assert attempts.wait_s("2001:db8::ffff") > 0
    assert attempts.wait_s("2001:db8:0:1::1") == 0
    for number in range(MOST_OF_ALL):
        attempts.failed(f"198.51.{number // 250}.{number % 250}")
    assert attempts.wait_s("203.0.113.1") > 0


def test_shared_attempts_include_those_of_other_processes(tmp_path: Path) -> None:
    state = SqliteStateStore(tmp_path / "state.sqlite")
    one, other = SharedLoginThrottle(state), SharedLoginThrottle(state)
    for _ in range(MOST_OF_ONE):
        one.failed("192.0.2.7")
    assert other.wait_s("192.0.2.7") > 0
    state.close()
