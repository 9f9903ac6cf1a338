"""Pictures that are too large for a function's requests: the browser puts them into a bucket, requests name them there.

A request of the page's then has, in place of a part `photo`, a field `upload`: the upload's token and, behind a space,
the file's name. Whatever reads the request's files finds the picture there, as if it had been sent.
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
_WITH_PICTURES: Final = ("/api/", "/chat/")


class Uploads(Protocol):
    """The place where browsers put pictures (functions/query/rpc/staging.py)."""

    def presigned_upload(self, max_bytes: int, expires_s: int) -> PresignedUpload:
        """How a browser may put one picture there."""
        ...

    def read_upload(self, key: str, max_bytes: int) -> bytes:
        """What was put under a key. Raises NotFound where nothing was, and PhotoError for too much."""
        ...


def create_uploads(uploads: Uploads, max_bytes: int) -> Blueprint:
    """POST /api/uploads gives a browser a place for one picture."""
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
    """A class of requests whose files are those that were uploaded before, too."""

    class RequestWithUploads(Request):
        def _load_form_data(self) -> None:
            loaded = "form" in self.__dict__
            super()._load_form_data()
            # Where strangers may send forms nothing is fetched for them.
            if loaded or _FIELD not in self.form or not self.path.startswith(_WITH_PICTURES):
                return
            form, files = MultiDict(self.form), MultiDict(self.files)
            for named in form.poplist(_FIELD):
                token, _, filename = named.partition(" ")
                files.add(_PHOTO, _file(token, filename))
            self.__dict__["form"] = ImmutableMultiDict(form)
            self.__dict__["files"] = ImmutableMultiDict(files)

    def _file(token: str, filename: str) -> FileStorage:
        try:
            data = uploads.read_upload(token, max_bytes)
        except CumbreError as error:
            # It is read where nothing turns errors into answers: whoever reads the file is told.
            return FileStorage(_Unreadable(error), filename, _PHOTO)
        return FileStorage(io.BytesIO(data), filename, _PHOTO)

    return RequestWithUploads


class _Unreadable(io.BytesIO):
    def __init__(self, error: CumbreError) -> None:
        super().__init__()
        self._error = error

    def read(self, *_args: Any) -> bytes:
        raise self._error
