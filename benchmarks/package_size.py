"""Measure the size of the functions' images on top of their base image, for arm64.

    python -m benchmarks.package_size

Builds the file trees from the lines of infra/Dockerfile, without Docker; packages are downloaded from PyPI. SigLIP-2
counts with the pinned sizes of its files. Limits: 350 MB with lite, 1200 MB with SigLIP-2; exits with 1 if an image is
larger. Needs the development dependencies and access to PyPI.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from cumbre.encoding.known_models import SIGLIP2
from tests.infra.image_tree import ImageBuilder, ImageTree, Machine
from tests.infra.images import DOCKERFILE, IMAGES

LITE_MB_MAX = 350
SIGLIP2_MB_MAX = 1200
LARGEST = 6


def largest(tree: ImageTree) -> str:
    """Return the largest entries of the task root with their sizes in MB."""
    sizes = {
        entry.name: sum(file.stat().st_size for file in entry.rglob("*") if file.is_file())
        for entry in tree.task_root.iterdir()
    }
    by_size = sorted(sizes.items(), key=lambda one: -one[1])[:LARGEST]
    return ", ".join(f"{name} {size / 1e6:.0f}" for name, size in by_size)


def main() -> None:
    """Run the benchmark."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    too_large = False
    for name in IMAGES:
        with tempfile.TemporaryDirectory() as folder:
            tree = ImageBuilder(DOCKERFILE, Path(folder), Machine.IMAGE).image(name)
            lite_mb = tree.size_bytes() / 1e6
            encoder = "with lite" if name != "bot" else "without an encoder"
            print(f"{name}: {lite_mb:.0f} MB {encoder} (largest entries in MB: {largest(tree)})")
        too_large |= lite_mb > LITE_MB_MAX
        if name != "bot":  # it has no encoder
            with_siglip2_mb = lite_mb + SIGLIP2.size_bytes / 1e6
            print(f"{name}: {with_siglip2_mb:.0f} MB with SigLIP-2")
            too_large |= with_siglip2_mb > SIGLIP2_MB_MAX
    sys.exit(too_large)


if __name__ == "__main__":
    main()
