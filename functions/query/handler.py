"""The query function: the JSON API behind an HTTP event (Lambda function URL or API Gateway, payload version 2)."""

from collections.abc import Callable
from typing import Any

from apig_wsgi import make_lambda_handler
from flask import Flask

LambdaHandler = Callable[[dict[str, Any], Any], dict[str, Any]]


def create_handler(app: Flask) -> LambdaHandler:
    """A Lambda handler for the same application that `cumbre serve` listens with; pictures travel as base64."""
    handler: LambdaHandler = make_lambda_handler(app, binary_support=True)
    return handler
