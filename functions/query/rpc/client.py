"""Clients of the two services over direct calls of the query function; front ends use them like local services."""

import json
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from cumbre.errors import CumbreError, SettingsError
from cumbre.geo.geodesy import Position
from cumbre.index.port import NO_FILTER, PhotoFilter, Shot
from cumbre.json_codec import CodecError
from cumbre.peaks.catalog import Peak
from cumbre.photos.document import CameraPose, Identification, Orientation, PhotoDocument
from cumbre.search.query import SearchAnswer, SearchRequest
from cumbre.services.album_service import AddedPhoto, AlbumService
from cumbre.services.query_service import PeakCount, QueryService, Status
from cumbre.settings import Settings
from cumbre.viewshed.panorama import Panorama
from functions.query.rpc.calls import CALLS, error_of_json
from functions.query.rpc.invoker import LambdaInvoker, open_lambda_client
from functions.query.rpc.payloads import Payloads
from functions.query.rpc.staging import open_staging

Invoke = Callable[[bytes], bytes]
_P = ParamSpec("_P")
_R = TypeVar("_R")


class Calls:
    """Calls methods of the service interfaces remotely, with their static types."""

    def __init__(self, invoke: Invoke, payloads: Payloads) -> None:
        self._invoke = invoke
        self._payloads = payloads

    def __call__(self, method: Callable[Concatenate[Any, _P], _R], *given: _P.args, **named: _P.kwargs) -> _R:
        """Call the method on the other side and return its result.

        Raises what that method raises and what invoke raises, and CumbreError if the answer can't be read.
        """
        call = CALLS[method.__name__]
        arguments = call.encode_arguments(given, named, self._payloads)
        reply = self._invoke(json.dumps({"call": method.__name__, "arguments": arguments}).encode())
        try:
            result: _R = self._payloads.codec.decode(self._result(reply), call.result)
        except (CodecError, ValueError) as error:
            raise CumbreError(
                f"this version can't read the query function's answer ({error}): deploy the same version of both"
            ) from error
        return result

    def _result(self, reply: bytes) -> Any:
        match json.loads(reply):
            case {"result": result}:
                return result
            case {"error": error}:
                raise error_of_json(error)
            case {"staged": _} as staged:
                return json.loads(self._payloads.unpack(staged))
        raise CodecError("it has neither a result nor an error")


class RemoteQueryService:
    """QueryService over direct calls."""

    def __init__(self, call: Calls) -> None:
        self._call = call

    def search(self, request: SearchRequest) -> SearchAnswer:
        return self._call(QueryService.search, request)

    def identify(self, photo: bytes, at: Position | None = None, heading_deg: float | None = None) -> Identification:
        return self._call(QueryService.identify, photo, at, heading_deg)

    def photo(self, photo_id: str) -> PhotoDocument:
        return self._call(QueryService.photo, photo_id)

    def rendition(self, photo_id: str, size_px: int, names: bool = False) -> bytes:
        # Sent only if true: a query function of another version may not know this argument.
        return self._call(QueryService.rendition, photo_id, size_px, *([True] if names else []))

    def labelled(self, photo: bytes, orientation: Orientation, size_px: int) -> bytes:
        return self._call(QueryService.labelled, photo, orientation, size_px)

    def original(self, photo_id: str) -> bytes:
        return self._call(QueryService.original, photo_id)

    def shots(self, where: PhotoFilter) -> list[Shot]:
        return self._call(QueryService.shots, where)

    def peak(self, peak_id: str) -> Peak:
        return self._call(QueryService.peak, peak_id)

    def peaks(self, where: PhotoFilter = NO_FILTER) -> list[PeakCount]:
        return self._call(QueryService.peaks, where)

    def around(self, place: Position) -> Panorama:
        return self._call(QueryService.around, place)

    def status(self) -> Status:
        return self._call(QueryService.status)


class RemoteAlbumService:
    """AlbumService over direct calls."""

    def __init__(self, call: Calls) -> None:
        self._call = call

    def add(self, filename: str, photo: bytes) -> AddedPhoto:
        return self._call(AlbumService.add, filename, photo)

    def remove(self, photo_id: str) -> None:
        self._call(AlbumService.remove, photo_id)

    def correct(self, photo_id: str, peak_ids: tuple[str, ...] | None) -> PhotoDocument:
        return self._call(AlbumService.correct, photo_id, peak_ids)

    def correct_picture(self, photo: bytes, peak_ids: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return self._call(AlbumService.correct_picture, photo, peak_ids)

    def orient(self, photo_id: str, aim: CameraPose | None) -> PhotoDocument:
        return self._call(AlbumService.orient, photo_id, aim)

    def retry(self, photo_id: str) -> PhotoDocument:
        return self._call(AlbumService.retry, photo_id)


def connect(settings: Settings) -> tuple[QueryService, AlbumService]:
    """Return the services of the function named in the settings, without calling it yet. Raises SettingsError."""
    if not settings.query_function:
        raise SettingsError("CUMBRE_QUERY_FUNCTION is not set: set it to the name of the query function")
    payloads = Payloads(open_staging(settings), settings.max_photo_mb * 1_000_000)
    call = Calls(LambdaInvoker(open_lambda_client(), settings.query_function), payloads)
    return RemoteQueryService(call), RemoteAlbumService(call)
