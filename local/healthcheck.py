"""Health check of a container: exit with 0 if the Cumbre on this machine answers, including its index, else with 1."""

import argparse
import base64
import sys
import urllib.error
import urllib.request

from cumbre.settings import Settings, read_settings

_TIMEOUT_S = 8.0


def is_healthy(settings: Settings) -> bool:
    """Return whether the server of these settings answers a request for its status."""
    request = urllib.request.Request(f"http://127.0.0.1:{settings.port}/api/status")
    if settings.password:
        credentials = base64.b64encode(f"cumbre:{settings.password}".encode()).decode()
        request.add_header("Authorization", f"Basic {credentials}")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310  a fixed local address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    sys.exit(0 if is_healthy(read_settings()) else 1)
