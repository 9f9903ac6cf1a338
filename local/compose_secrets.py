"""Writes local/.env with secrets for compose.yaml; what is there already stays. Needs nothing but Python.

python local/compose_secrets.py [FILE]
"""

import os
import secrets
import sys
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
    """Add a secret for each name that the file lacks; says which. Nobody but its owner may read it."""
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    known = {line.partition("=")[0].strip() for line in before.splitlines()}
    missing = [name for name in NAMES if name not in known]
    if missing:
        lines = "".join(f"{name}={secrets.token_urlsafe(_BYTES)}\n" for name in missing)
        whole = before + ("\n" if before and not before.endswith("\n") else "") + lines
        # In one step: a file that was cut short would lock its owner out of what was made with it.
        new = file.with_name(f"{file.name}.new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as written:
            written.write(whole)
        new.replace(file)
    return missing


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name(".env")
    if made := complete(target):
        print(f"{target}: made {', '.join(made)}")  # noqa: T201
