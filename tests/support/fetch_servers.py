"""Fetch the servers and programs that tests run (Elasticsearch, MinIO, a reader of compose files) before the tests.

    CUMBRE_TEST_SERVERS=1 python -m tests.support.fetch_servers

The first test that needs a server would do the same, but hold up others that wait for a browser meanwhile.
"""

import argparse
import sys

from tests.support.compose_file import compose_reader
from tests.support.elasticsearch_server import elasticsearch_distribution
from tests.support.minio_server import minio_program


def main() -> None:
    """Run the command."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    for obtain in (elasticsearch_distribution, minio_program, compose_reader):
        sys.stdout.write(f"{obtain()}\n")


if __name__ == "__main__":
    main()
