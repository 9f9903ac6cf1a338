"""Write local/.env with secrets for compose.yaml; existing entries stay. Needs only Python.

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


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name(".env")
    if added := complete(target):
        print(f"{target}: added {', '.join(added)}")  # noqa: T201
