"""Precompute text vectors for the functions' images: those of everyday texts and of the peaks' prompts.

    CUMBRE_MODEL=... python -m functions.warm_cache [FOLDER]

They take an encoder seconds and depend on nothing else. They are computed when an image is built and copied when a
function starts: with a large text encoder, computing them takes longer than Lambda allows for a function's init.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from cumbre.bootstrap import open_library
from cumbre.errors import CumbreError
from cumbre.settings import Settings, read_settings
from cumbre.system.cache_file import write_cache_file

# In the image, next to the models.
MADE: Final = Path("/opt/cumbre/cache")


def build(settings: Settings, into: Path = MADE) -> None:
    """Compute the vectors for the model in the settings and write them into a folder."""
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
    """Copy precomputed vectors, if there are any, into the cache of a home. Existing files stay."""
    for file in made.glob("*.npz"):
        target = home / "cache" / file.name
        if not target.exists():
            write_cache_file(target, file.read_bytes())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=MADE, help=f"default: {MADE}")
    folder = parser.parse_args(arguments).folder
    try:
        build(read_settings(), folder)
    except CumbreError as error:
        sys.exit(f"nothing was computed: {error}")
    except OSError as error:
        sys.exit(f"the vectors can't be written to {folder}: {error.strerror}")


if __name__ == "__main__":
    main()
