"""What takes an encoder seconds and depends on nothing else: the vectors of everyday texts and of the peaks' prompts.

Made when an image is built (CUMBRE_MODEL=... python -m functions.warm_cache), taken over when a function starts: with a
large text tower they take longer than Lambda gives a function for its init.
"""

import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

from cumbre.bootstrap import open_library
from cumbre.settings import Settings, read_settings
from cumbre.system.cache_file import write_cache_file

# Within the image, beside the models.
MADE: Final = Path("/opt/cumbre/cache")


def build(settings: Settings, into: Path = MADE) -> None:
    """Compute the vectors of the settings' model and write them into a folder."""
    with tempfile.TemporaryDirectory() as home:
        library = open_library(replace(settings, home=Path(home), storage=(), index="", state="", renditions=""))
        try:
            library.active().fill_cache()
        finally:
            library.close()
        into.mkdir(parents=True, exist_ok=True)
        for file in library.cache.glob("*.npz"):
            shutil.copyfile(file, into / file.name)


def install(home: Path, made: Path = MADE) -> None:
    """Lay what was made into the cache of a home; nothing where there is none, and what is there already stays."""
    for file in made.glob("*.npz"):
        target = home / "cache" / file.name
        if not target.exists():
            write_cache_file(target, file.read_bytes())


if __name__ == "__main__":
    build(read_settings(), *map(Path, sys.argv[1:]))
