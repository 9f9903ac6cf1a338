"""Uploads by way of a bucket, for pictures that are too large for the request of a Lambda function.

The browser first puts the picture into the bucket. Its request then has a field `upload` (the upload's token, a space,
the file name) in place of a part `photo`. Code that reads the request's files finds the picture as if it had been sent
in the request.
"""

import io
from typing import Any, Final, Protocol

from flask import Blueprint, Request, Response, jsonify
from werkzeug.datastructures import FileStorage, ImmutableMultiDict, MultiDict

from cumbre.errors import CumbreError
from functions.query.api.http_errors import error_response, http_error_for
from functions.query.rpc.staging import PresignedUpload

NAME: Final = "uploads"
_FIELD: Final = "upload"
_PHOTO: Final = "photo"
_EXPIRES_S: Final = 900
_PATHS_WITH_PICTURES: Final = ("/api/", "/chat/")


class Uploads(Protocol):
    """Storage that browsers upload pictures to (functions/query/rpc/staging.py)."""

    def presigned_upload(self, max_bytes: int, expires_s: int) -> PresignedUpload:
        """Return a form that lets a browser upload one picture."""
        ...

    def read_upload(self, key: str, max_bytes: int) -> bytes:
        """Return the upload of a key. Raises NotFound if there is none, PhotoError if it is too large."""
        ...


def create_uploads(uploads: Uploads, max_bytes: int) -> Blueprint:
    """Return the blueprint of POST /api/uploads, which gives the browser a place for one picture."""
    api = Blueprint(NAME, __name__, url_prefix="/api/uploads")

    @api.errorhandler(Exception)
    def answer_error(error: Exception) -> Response:
        return error_response(http_error_for(error))

    @api.post("")
    def begin() -> Response:
        place = uploads.presigned_upload(max_bytes, _EXPIRES_S)
        response = jsonify({"url": place.url, "fields": place.fields, "token": place.key})
        response.status_code = 201
        response.headers["Cache-Control"] = "private, no-store"
        return response

    return api


def request_with_uploads(uploads: Uploads, max_bytes: int) -> type[Request]:
    """Return a Request class that adds pictures uploaded before to the files of a request."""

    class RequestWithUploads(Request):
        def _load_form_data(self) -> None:
            loaded = "form" in self.__dict__
            super()._load_form_data()
            # The login form is open to strangers: fetch nothing for them.
            if loaded or _FIELD not in self.form or not self.path.startswith(_PATHS_WITH_PICTURES):
                return
            form, files = MultiDict(self.form), MultiDict(self.files)
            for value in form.poplist(_FIELD):
                token, _, filename = value.partition(" ")
                files.add(_PHOTO, _file(token, filename))
            self.__dict__["form"] = ImmutableMultiDict(form)
            self.__dict__["files"] = ImmutableMultiDict(files)

    def _file(token: str, filename: str) -> FileStorage:
        try:
            data = uploads.read_upload(token, max_bytes)
        except CumbreError as error:
            # The form is parsed outside of the error handlers, so raise only when the file is read.
            return FileStorage(_Unreadable(error), filename, _PHOTO)
        return FileStorage(io.BytesIO(data), filename, _PHOTO)

    return RequestWithUploads


class _Unreadable(io.BytesIO):
    def __init__(self, error: CumbreError) -> None:
        super().__init__()
        self._error = error

    def read(self, *_args: Any) -> bytes:
        raise self._error
