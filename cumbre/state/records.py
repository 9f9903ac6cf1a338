"""Reading of the state's JSON records."""

from typing import TypeVar

from cumbre.errors import CumbreError
from cumbre.json_codec import CodecError, loads

T = TypeVar("T")


def read_record(value: bytes, hint: type[T], what: str) -> T:
    """Return the value of a record. Raises CumbreError, which says what can't be read (`what`) and what to do."""
    try:
        return loads(value, hint)
    except CodecError as error:
        raise CumbreError(
            f"the state contains {what} that this version of Cumbre can't read ({error}): if a newer version wrote it, "
            "install that one; otherwise restore a copy of the state (docs/cli.md)"
        ) from error
