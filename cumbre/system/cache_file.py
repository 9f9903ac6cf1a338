"""Files that only save time: kept whole or not at all, and what can't be kept is no error."""

from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

# What a process leaves behind that was killed while it wrote.
PARTIAL_SUFFIX = ".part"


def write_cache_file(file: Path, data: bytes) -> None:
    """Write a cache file; where it can't be written (no room, no permission) the next reader makes it again."""
    partial: Path | None = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # A name of its own: other processes may be writing theirs.
        with NamedTemporaryFile(dir=file.parent, suffix=PARTIAL_SUFFIX, delete=False) as out:
            partial = Path(out.name)
            out.write(data)
        partial.replace(file)
    except OSError:
        if partial is not None:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
