"""Records of the state as JSON."""

import pytest

from cumbre.errors import CumbreError
from cumbre.state.records import read_record


def test_a_record_is_read_by_its_type() -> None:
    assert read_record(b'["lhotse"]', tuple[str, ...], "a correction") == ("lhotse",)


@pytest.mark.parametrize("value", [b"[1]", b"{", b'"lhotse"'])
def test_a_record_that_cannot_be_read_is_named_with_what_to_do(value: bytes) -> None:
    with pytest.raises(CumbreError, match=r"contains a correction that .* can't read .* restore a copy of the state"):
        read_record(value, tuple[str, ...], "a correction")
