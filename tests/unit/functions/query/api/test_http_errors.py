"""Every error, whoever raises it, has a status and a code that the API describes."""

import pytest
from werkzeug.exceptions import InternalServerError, default_exceptions

from cumbre import errors
from functions.query.api.http_errors import ERROR_CODES, http_error_for

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.CumbreError)]


@pytest.mark.parametrize("kind", [*KINDS, ValueError, OSError])
def test_every_kind_of_error_has_a_described_status(kind: type[Exception]) -> None:
    assert http_error_for(kind("why")).status in ERROR_CODES


@pytest.mark.parametrize("status", sorted(default_exceptions))
def test_a_status_that_only_the_web_framework_answers_has_a_described_code(status: int) -> None:
    problem = http_error_for(default_exceptions[status]())
    assert problem.status == status
    assert problem.code == ERROR_CODES.get(status, "invalid_request" if status < 500 else "internal")


def test_an_error_that_the_web_framework_wrapped_is_answered_as_what_it_is() -> None:
    wrapped = InternalServerError(original_exception=errors.StorageError("the state can't be reached"))
    assert http_error_for(wrapped) == http_error_for(errors.StorageError("the state can't be reached"))
