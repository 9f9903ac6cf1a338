"""The OpenAPI description matches the API: its routes, parameters and limits, and the shape of real answers."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate

from bot.web.login_throttle import MOST_OF_ONE
from bot.web.site import create_app
from cumbre.index.port import Circle
from cumbre.search.query import MAX_RESULT_WINDOW
from cumbre.services.query_service import IndexingProgress
from functions.query.api import parameters
from functions.query.api.http_errors import ERROR_CODES
from tests.support.fakes import (
    KHUMBU,
    FakeAlbum,
    FakeAlbumService,
    FakeQueryService,
    draw_photo,
    khumbu_album,
    make_failure,
)

METHODS = {"GET", "POST", "PUT", "DELETE", "PATCH"}
BROKEN = make_failure("day 9/broken.heic", "the file ends too early")


@pytest.fixture(scope="module")
def app() -> Flask:
    album = FakeAlbum.of(khumbu_album(), [BROKEN])
    album.indexing = IndexingProgress(3, 10, 1.5)
    return create_app(FakeQueryService(album), FakeAlbumService(album), lambda: KHUMBU)


@pytest.fixture(scope="module")
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="module")
def description(client: FlaskClient) -> Any:
    return yaml.safe_load(client.get("/api/openapi.yaml").data)


def routes(app: Flask) -> Iterator[tuple[str, str]]:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/"):
            for method in METHODS & (rule.methods or set()):
                yield method, re.sub(r"<([^>]+)>", r"{\1}", rule.rule)


def test_the_document_is_valid(description: Any) -> None:
    validate(description)


def test_every_route_is_described_and_no_other(app: Flask, description: Any) -> None:
    described = {(m.upper(), path) for path, item in description["paths"].items() for m in item if m.upper() in METHODS}
    assert described == set(routes(app))


def resolve(description: Any, node: Any) -> Any:
    """Return the node that a $ref points to, or the node itself."""
    if "$ref" not in node:
        return node
    target = description
    for part in node["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return target


def photo(sky: tuple[int, int, int] = (90, 140, 220)) -> dict[str, Any]:
    data = {"photo": (io.BytesIO(draw_photo(sky)), "a.jpg")}
    return {"data": data, "content_type": "multipart/form-data"}


AMA = next(p.document.id for p in khumbu_album() if p.document.key == "day 3/ama.jpg")
A_PHOTO = "/api/photos/{photo_id}"


@pytest.mark.parametrize(
    ("method", "path", "address", "asked", "status"),
    [
        ("get", "/api/search", "/api/search?q=ama", {}, 200),
        ("get", "/api/search", "/api/search?q=zebra", {}, 200),
        ("get", "/api/search", "/api/search?k=0", {}, 400),
        ("post", "/api/search", "/api/search", photo(), 200),
        ("post", "/api/search", "/api/search", {"json": {}}, 415),
        ("post", "/api/identify", "/api/identify", photo(), 200),
        ("post", "/api/identify", "/api/identify", photo((255, 0, 255)), 200),
        ("post", "/api/identify", "/api/identify", {"json": {}, "headers": {"Origin": "https://evil.test"}}, 403),
        ("get", "/api/search", f"/api/search?like={AMA}&k=1", {}, 200),
        ("post", "/api/photos", "/api/photos", photo(), 200),
        ("post", "/api/photos", "/api/photos", photo((91, 141, 221)), 201),
        ("delete", A_PHOTO, f"/api/photos/{AMA}", {}, 400),
        ("get", f"{A_PHOTO}/original", f"/api/photos/{AMA}/original", {}, 403),
        ("get", "/api/peaks/around", "/api/peaks/around?at=27.83,86.76,3867", {}, 200),
        ("get", "/api/peaks/around", "/api/peaks/around", {}, 400),
        ("get", "/api/shots", "/api/shots?peak=ama-dablam", {}, 200),
        ("get", A_PHOTO, f"/api/photos/{AMA}", {}, 200),
        ("get", A_PHOTO, f"/api/photos/{BROKEN.id}", {}, 200),
        ("get", A_PHOTO, f"/api/photos/{'0' * 40}", {}, 404),
        ("put", f"{A_PHOTO}/peaks", f"/api/photos/{AMA}/peaks", {"json": {"peaks": ["lhotse"]}}, 200),
        ("delete", f"{A_PHOTO}/peaks", f"/api/photos/{AMA}/peaks", {}, 200),
        ("get", "/api/peaks", "/api/peaks", {}, 200),
        ("get", "/api/peaks", "/api/peaks?near=27.8,86.7,20&from=2023-10-01&to=2023-10-31", {}, 200),
        ("get", "/api/peaks", "/api/peaks?peak=lhotse", {}, 400),
        ("get", "/api/status", "/api/status", {}, 200),
        ("post", f"{A_PHOTO}/retry", f"/api/photos/{BROKEN.id}/retry", {}, 200),
    ],
)
def test_a_real_answer_has_the_described_shape(
    client: FlaskClient, description: Any, method: str, path: str, address: str, asked: dict[str, Any], status: int
) -> None:
    answer = client.open(address, method=method.upper(), **asked)
    assert answer.status_code == status
    described = resolve(description, description["paths"][path][method]["responses"][str(status)])
    schema = described["content"]["application/json"]["schema"]
    # The schema is put next to the components, so that its references resolve.
    whole = {**schema, "components": description["components"]}
    Draft202012Validator(whole, format_checker=FormatChecker()).validate(answer.get_json())


def test_too_many_wrong_passwords_are_answered_as_described(description: Any) -> None:
    album = FakeAlbum.of(khumbu_album())
    client = create_app(FakeQueryService(album), FakeAlbumService(album), lambda: KHUMBU, password="ama").test_client()
    for _ in range(MOST_OF_ONE):
        assert client.get("/api/status", auth=("me", "wrong")).status_code == 401
    answer = client.get("/api/status", auth=("me", "ama"))
    assert answer.status_code == 429
    assert answer.get_json()["error"]["code"] == "too_many_requests"
    for item in description["paths"].values():
        for method, operation in item.items():
            if method.upper() in METHODS:
                described = resolve(description, operation["responses"]["429"])
                assert set(described["headers"]) == {"Retry-After"} < set(answer.headers.keys())
                whole = {**described["content"]["application/json"]["schema"], "components": description["components"]}
                Draft202012Validator(whole).validate(answer.get_json())


def test_every_error_is_described(description: Any) -> None:
    error = description["components"]["schemas"]["Error"]["properties"]["error"]
    assert error["properties"]["code"]["enum"] == list(ERROR_CODES.values())
    for path, item in description["paths"].items():
        for method, operation in item.items():
            if method.upper() in METHODS:
                assert "default" in operation["responses"], (method, path)
                statuses = {int(status) for status in operation["responses"] if status != "default"}
                assert {status for status in statuses if status >= 400} <= set(ERROR_CODES), (method, path)


def test_described_parameters_are_the_ones_that_are_read(description: Any) -> None:
    search = description["paths"]["/api/search"]
    assert {p["name"] for p in search["get"]["parameters"]} == parameters.SEARCH_PARAMETERS
    form = search["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    assert set(form) == parameters.PHOTO_SEARCH_PARAMETERS | {"photo"}
    shots = description["paths"]["/api/shots"]["get"]["parameters"]
    assert {p["name"] for p in shots} == parameters.SHOTS_PARAMETERS
    identify = description["paths"]["/api/identify"]["post"]["requestBody"]["content"]["multipart/form-data"]
    assert set(identify["schema"]["properties"]) == parameters.IDENTIFY_PARAMETERS | {"photo"}


def test_described_limits_are_the_ones_that_apply(description: Any) -> None:
    k = next(p for p in description["paths"]["/api/search"]["get"]["parameters"] if p["name"] == "k")["schema"]
    assert (k["maximum"], k["default"]) == (parameters.MAX_RESULTS, parameters.DEFAULT_RESULTS)
    assert description["components"]["schemas"]["Offset"]["maximum"] == MAX_RESULT_WINDOW
    circle = description["components"]["schemas"]["Circle"]["examples"][0]
    request = parameters.search_request(parameters.Parameters({"near": circle}), None, KHUMBU)
    assert request.near == Circle(27.86, 86.86, 10_000.0)
