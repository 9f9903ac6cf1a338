"""Writing of cache files: completely or not at all, and without an error if they can't be written."""

from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

# Suffix of files that a process leaves behind if it is killed while writing.
PARTIAL_SUFFIX = ".part"


def write_cache_file(file: Path, data: bytes) -> None:
    """Write a cache file atomically. If that fails (no space, no permission), the next reader recomputes the data."""
    partial: Path | None = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # A unique name, because other processes may be writing the same file.
        with NamedTemporaryFile(dir=file.parent, suffix=PARTIAL_SUFFIX, delete=False) as out:
            partial = Path(out.name)
            out.write(data)
        partial.replace(file)
    except OSError:
        if partial is not None:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
