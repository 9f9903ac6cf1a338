"""JSON over HTTP for the QueryService and the AlbumService; openapi.yaml in this folder describes the API."""

import hashlib
from collections.abc import Callable
from importlib import resources
from pathlib import PurePosixPath

from flask import Blueprint, Response, jsonify, make_response, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import Forbidden, HTTPException, RequestEntityTooLarge, UnsupportedMediaType

from cumbre.errors import InvalidRequest
from cumbre.labels.selection import labels_for, labels_key
from cumbre.peaks.catalog import Catalog
from cumbre.photos.document import PhotoDocument
from cumbre.services import json_form
from cumbre.services.album_service import AlbumService
from cumbre.services.query_service import QueryService
from functions.query.api import parameters
from functions.query.api.http_errors import error_response, http_error_for

# Allowance for a multipart body's boundaries, headers and other fields.
MULTIPART_OVERHEAD_BYTES = 64 * 1024
MAX_FORM_PARTS = 100
# A photo edited in place keeps its id, so browsers revalidate its renditions after this time (mostly with a 304).
RENDITION_MAX_AGE_S = 3600


def create_api(
    query: QueryService,
    album: AlbumService,
    catalog: Callable[[], Catalog],
    *,
    max_upload_bytes: int,
    originals: bool = False,
) -> Blueprint:
    """Return the blueprint of /api.

    catalog is called for each request, because the catalogue may be edited while the server runs. originals allows
    downloads of the original files, with all the metadata that the camera wrote.
    """
    api = Blueprint("api", __name__, url_prefix="/api")
    description = resources.files("functions.query.api").joinpath("openapi.yaml").read_bytes()

    @api.before_request
    def limit_upload() -> None:
        request.max_content_length = max_upload_bytes + MULTIPART_OVERHEAD_BYTES
        request.max_form_parts = MAX_FORM_PARTS

    @api.after_request
    def forbid_storing(response: Response) -> Response:
        response.headers.setdefault("Cache-Control", "private, no-store")
        # Sentences are in the reader's language.
        response.vary.add("Accept-Language")
        return response

    @api.errorhandler(Exception)
    def answer_error(error: Exception) -> Response:
        return error_response(http_error_for(error))

    @api.app_errorhandler(HTTPException)
    def answer_http_error(error: HTTPException) -> ResponseReturnValue:
        """Answer unknown addresses below /api as JSON, too; they belong to no blueprint."""
        return error_response(http_error_for(error)) if request.path.startswith("/api/") else error

    def uploaded_photo() -> tuple[FileStorage, bytes]:
        if request.mimetype != "multipart/form-data":
            raise UnsupportedMediaType("send the photo as multipart/form-data, in a part named photo")
        parameters.no_parameters(request.args)
        upload = request.files.get("photo")
        if upload is None or len(request.files) != 1:
            raise InvalidRequest("send one photo, in a part named photo")
        data = upload.stream.read(max_upload_bytes + 1)
        if len(data) > max_upload_bytes:
            raise RequestEntityTooLarge(f"a photo may have at most {max_upload_bytes // 1_000_000} MB")
        if not data:
            raise InvalidRequest("the photo is empty")
        return upload, data

    def photo_response(document: PhotoDocument) -> Response:
        return jsonify(json_form.photo(document, catalog()))

    @api.get("/search")
    def search() -> Response:
        peaks = catalog()
        asked = parameters.search_request(request.args, None, peaks)
        return jsonify(json_form.search_answer(query.search(asked), peaks))

    @api.post("/search")
    def search_by_photo() -> Response:
        _, photo = uploaded_photo()
        peaks = catalog()
        asked = parameters.search_request(request.form, photo, peaks)
        return jsonify(json_form.search_answer(query.search(asked), peaks))

    @api.post("/identify")
    def identify() -> Response:
        _, photo = uploaded_photo()
        at, heading_deg = parameters.identify_place(request.form)
        return jsonify(json_form.identification(query.identify(photo, at, heading_deg), catalog()))

    @api.get("/photos/<photo_id>")
    def photo(photo_id: str) -> Response:
        parameters.no_parameters(request.args)
        return photo_response(query.photo(parameters.photo_id(photo_id)))

    @api.get("/photos/<photo_id>/rendition")
    def rendition(photo_id: str) -> Response:
        size_px, names = parameters.rendition(request.args)
        document = query.photo(parameters.photo_id(photo_id))
        drawn_labels = labels_key(labels_for(document.orientation, catalog())) if names else ""
        version = f"{document.etag} {document.content_sha256} {size_px} {drawn_labels}"
        etag = hashlib.sha256(version.encode()).hexdigest()[:32]
        if request.if_none_match.contains(etag):
            response = Response(status=304)
        else:
            response = Response(query.rendition(document.id, size_px, names), mimetype="image/jpeg")
        response.set_etag(etag)
        response.headers["Cache-Control"] = f"private, max-age={RENDITION_MAX_AGE_S}"
        return response

    @api.get("/photos/<photo_id>/original")
    def original(photo_id: str) -> Response:
        parameters.no_parameters(request.args)
        if not originals:
            raise Forbidden("downloading originals is disabled here; CUMBRE_ORIGINALS=1 allows it")
        document = query.photo(parameters.photo_id(photo_id))
        response = Response(query.original(document.id), mimetype="application/octet-stream")
        name = parameters.filename(PurePosixPath(document.key).name)
        response.headers.set("Content-Disposition", "attachment", filename=name)
        return response

    @api.put("/photos/<photo_id>/peaks")
    def correct(photo_id: str) -> Response:
        parameters.no_parameters(request.args)
        if not request.is_json:
            raise UnsupportedMediaType("send the correction as application/json")
        peaks = parameters.correction(request.get_json(silent=True), catalog())
        return photo_response(album.correct(parameters.photo_id(photo_id), peaks))

    @api.delete("/photos/<photo_id>/peaks")
    def undo_correction(photo_id: str) -> Response:
        parameters.no_parameters(request.args)
        return photo_response(album.correct(parameters.photo_id(photo_id), None))

    @api.put("/photos/<photo_id>/orientation")
    def orient(photo_id: str) -> Response:
        parameters.no_parameters(request.args)
        if not request.is_json:
            raise UnsupportedMediaType("send the orientation as application/json")
        aim = parameters.camera_pose(request.get_json(silent=True))
        return photo_response(album.orient(parameters.photo_id(photo_id), aim))

    @api.delete("/photos/<photo_id>/orientation")
    def undo_orientation(photo_id: str) -> Response:
        parameters.no_parameters(request.args)
        return photo_response(album.orient(parameters.photo_id(photo_id), None))

    @api.post("/photos")
    def add() -> Response:
        upload, data = uploaded_photo()
        parameters.no_parameters(request.form)
        added = album.add(parameters.filename(upload.filename), data)
        response = photo_response(added.photo)
        response.status_code = 201 if added.is_new else 200
        response.headers["Location"] = f"/api/photos/{added.photo.id}"
        return response

    @api.delete("/photos/<photo_id>")
    def remove(photo_id: str) -> Response:
        parameters.no_parameters(request.args)
        album.remove(parameters.photo_id(photo_id))
        return Response(status=204)

    @api.get("/shots")
    def shots() -> Response:
        return jsonify(json_form.shots(query.shots(parameters.shots_filter(request.args, catalog()))))

    @api.post("/photos/<photo_id>/retry")
    def retry(photo_id: str) -> Response:
        parameters.no_parameters(request.args)
        return photo_response(album.retry(parameters.photo_id(photo_id)))

    @api.get("/peaks")
    def peaks() -> Response:
        counted = query.peaks(parameters.peaks_filter(request.args))
        return jsonify({"peaks": [json_form.peak_count(one) for one in counted]})

    @api.get("/peaks/around")
    def peaks_around() -> Response:
        return jsonify(json_form.peaks_around(query.around(parameters.place(request.args))))

    @api.get("/status")
    def status() -> Response:
        parameters.no_parameters(request.args)
        return jsonify(json_form.status(query.status()))

    @api.get("/openapi.yaml")
    def openapi() -> Response:
        response = make_response(description)
        response.mimetype = "application/yaml"
        return response

    return api
