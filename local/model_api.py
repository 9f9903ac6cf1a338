"""JSON API of the upgrade to a better model: GET returns its state, POST starts it, DELETE cancels it."""

from dataclasses import asdict
from typing import Final

from flask import Blueprint, Response, jsonify, request

from functions.query.api import parameters
from functions.query.api.http_errors import error_response, http_error_for
from local.model_upgrade import ModelUpgrade

NAME: Final = "model"


def create_model_api(change: ModelUpgrade) -> Blueprint:
    """Return the blueprint of /api/model. Only `cumbre serve` has it, because the process must be able to index."""
    api = Blueprint(NAME, __name__, url_prefix="/api/model")

    @api.before_request
    def refuse_parameters() -> None:
        parameters.no_parameters(request.args)

    @api.after_request
    def forbid_storing(response: Response) -> Response:
        response.headers["Cache-Control"] = "private, no-store"
        return response

    @api.errorhandler(Exception)
    def answer_error(error: Exception) -> Response:
        return error_response(http_error_for(error))

    @api.get("")
    def state() -> Response:
        return jsonify(asdict(change.state()))

    @api.post("")
    def start() -> Response:
        change.start()
        response = state()
        response.status_code = 202
        return response

    @api.delete("")
    def cancel() -> Response:
        change.cancel()
        return state()

    return api
