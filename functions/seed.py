"""Vectors of texts, made once while an image is built, so that no cold start makes them (a minute for SigLIP-2).

    CUMBRE_MODEL=... python -m functions.seed FOLDER

They are caches and nothing more: what is missing, or made for another model or catalogue, is made when it is needed.
"""

import os
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from cumbre.bootstrap import open_library
from cumbre.cache_file import keep
from cumbre.prototypes import Prototypes
from cumbre.settings import Settings, read_settings

# Where images have it.
SEED: Final = Path("/opt/cumbre/seed")


def make(settings: Settings, folder: Path) -> None:
    """The caches of the wanted model and the catalogue that Cumbre brings along, as files of a folder."""
    with tempfile.TemporaryDirectory() as home:
        library = open_library(replace(settings, home=Path(home), storage=(), index="", state="", renditions=""))
        try:
            generation = library.active()
            generation.embedder.backgrounds(np.zeros((1, generation.encoder.space.dimensions), np.float32))
            Prototypes(generation.embedder, library.store, library.cache).all()
        finally:
            library.close()
        folder.mkdir(parents=True, exist_ok=True)
        for file in sorted(library.cache.glob("*.npz")):
            shutil.copyfile(file, folder / file.name)


def plant(home: Path, seed: Path = SEED) -> None:
    """Put the caches of an image where Cumbre looks for them; what is there already stays."""
    for file in sorted(seed.glob("*.npz")):
        target = home / "cache" / file.name
        if not target.exists():
            keep(target, file.read_bytes())


if __name__ == "__main__":
    make(read_settings(os.environ), Path(sys.argv[1]))
