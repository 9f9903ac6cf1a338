"""The cache of text vectors in a file."""

from pathlib import Path

import numpy as np
import pytest

from cumbre.encoding.vector_cache import read_vectors, write_vectors


def test_written_vectors_are_read_back(tmp_path: Path) -> None:
    vectors = {"a": np.arange(3, dtype=np.float32), "b": np.ones((2, 3), dtype=np.float32)}
    write_vectors(tmp_path / "deep" / "cache.npz", vectors)
    again = read_vectors(tmp_path / "deep" / "cache.npz")
    assert again.keys() == vectors.keys()
    np.testing.assert_array_equal(again["b"], vectors["b"])
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["cache.npz"]


@pytest.mark.parametrize("content", [b"", b"PK\3\4 cut short", b"no archive at all"])
def test_a_damaged_or_missing_cache_is_empty(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cache.npz").write_bytes(content)
    assert read_vectors(tmp_path / "cache.npz") == {}
    assert read_vectors(tmp_path / "missing.npz") == {}


def test_a_cache_that_cannot_be_written_raises_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    write_vectors(tmp_path / "file" / "cache.npz", {"a": np.ones(2, dtype=np.float32)})
