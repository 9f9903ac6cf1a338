"""Write local/.env with secrets for compose.yaml; existing entries stay. Needs only Python.

python local/compose_secrets.py [FILE]
"""

import argparse
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

_BYTES = 24
NAMES = (
    "CUMBRE_PASSWORD",
    "CUMBRE_EVENTS_TOKEN",
    "CUMBRE_INDEX_PASSWORD",
    "CUMBRE_S3_ACCESS_KEY",
    "CUMBRE_S3_SECRET_KEY",
)


def complete(file: Path) -> list[str]:
    """Add a random secret for each missing name, and return the names added. Only its owner may read the file."""
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    known = {line.partition("=")[0].strip() for line in before.splitlines()}
    missing = [name for name in NAMES if name not in known]
    if missing:
        lines = "".join(f"{name}={secrets.token_urlsafe(_BYTES)}\n" for name in missing)
        whole = before + ("\n" if before and not before.endswith("\n") else "") + lines
        # Written atomically: a truncated file would lock its owner out of the services set up with these secrets.
        new = file.with_name(f"{file.name}.new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as written:
            written.write(whole)
        new.replace(file)
    return missing


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "file", type=Path, nargs="?", default=Path(__file__).with_name(".env"), help="default: local/.env"
    )
    file = parser.parse_args(arguments).file
    try:
        added = complete(file)
    except OSError as error:
        sys.exit(f"{file} can't be completed: {error.strerror}")
    if added:
        print(f"{file}: added {', '.join(added)}")  # noqa: T201


if __name__ == "__main__":
    main()
