"""A real Elasticsearch for the tests.

The one that CUMBRE_TEST_ELASTICSEARCH names, else one that the first test to ask starts and the run's end stops: the
distribution that its makers test with, brought by Maven once and kept in the system's folder for temporary files.
"""

import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from cumbre.index.elastic_connection import ElasticAccess
from tests.server_cache import free_port, obtained, refuse_unasked, server_cache, stop, wait_until_ready

VERSION = "9.5.0"
_ARTIFACT = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{VERSION}:zip"
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
_OLDEST_JAVA = 21
# Read here, for the tests' environment has no settings of Cumbre's.
_NAMED = os.environ.get("CUMBRE_TEST_ELASTICSEARCH", "")


@dataclass(frozen=True)
class ElasticsearchServer:
    access: ElasticAccess

    def drop(self, prefix: str) -> None:
        """Delete every index whose name starts so."""
        client = self.access.client()
        try:
            for name in client.indices.get_settings(index=f"{prefix}*"):
                client.indices.delete(index=name)
        finally:
            client.close()


@pytest.fixture(scope="session")
def elasticsearch() -> Iterator[ElasticsearchServer]:
    if _NAMED:
        yield ElasticsearchServer(ElasticAccess(_NAMED))
        return
    distribution, java = obtained(_distribution, "Elasticsearch"), obtained(_java, "Elasticsearch")
    with _running(distribution, java) as address:
        yield ElasticsearchServer(ElasticAccess(address))


@contextmanager
def running_elasticsearch() -> Iterator[ElasticsearchServer]:
    """The same for a benchmark. Raises OSError if it is not there and can't be brought."""
    with _running(_distribution(), _java()) as address:
        yield ElasticsearchServer(ElasticAccess(address))


def _distribution() -> Path:
    """The unpacked server. Raises OSError if it is not there and can't be brought."""
    cache = server_cache()
    home = cache / f"elasticsearch-{VERSION}"
    if home.is_dir():
        return home
    refuse_unasked("130 MB by Maven")
    if shutil.which("mvn") is None:
        raise OSError("there is no Maven to bring it; name one in CUMBRE_TEST_ELASTICSEARCH")
    with tempfile.TemporaryDirectory(dir=cache) as name:
        command = ["mvn", "-q", "-B", _COPY, f"-Dartifact={_ARTIFACT}", f"-DoutputDirectory={name}"]
        brought = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        archives = list(Path(name).glob("*.zip"))
        if brought.returncode or not archives:
            raise OSError(f"Maven brought none: {brought.stdout[-300:]}")
        with zipfile.ZipFile(archives[0]) as archive:
            archive.extractall(name)
        unpacked = Path(name) / home.name
        for file in (unpacked / "bin").iterdir():
            file.chmod(0o755)
        unpacked.rename(home)
    return home


def _java() -> Path:
    """A JDK that is new enough. Raises OSError if there is none."""
    named = [Path(os.environ[name]) for name in ("ES_JAVA_HOME", "JAVA_HOME") if os.environ.get(name)]
    for home in (*named, *sorted(Path("/usr/lib/jvm").glob("*"), reverse=True)):
        try:
            about = (home / "release").read_text()
        except OSError:
            continue
        version = about.partition('JAVA_VERSION="')[2].partition('"')[0]
        if version.partition(".")[0].isdecimal() and int(version.partition(".")[0]) >= _OLDEST_JAVA:
            return home
    raise OSError(f"there is no JDK of version {_OLDEST_JAVA} or newer")


@contextmanager
def _running(distribution: Path, java: Path) -> Iterator[str]:
    # A short name, for sockets; and one that the server's user may reach, as pytest's folders are not.
    folder = Path(tempfile.mkdtemp(prefix="cumbre-es-"))
    port, transport_port = free_port(), free_port()
    shutil.copytree(distribution / "config", folder / "config")
    settings = {
        "discovery.type": "single-node",
        "xpack.security.enabled": "false",
        "network.host": "127.0.0.1",
        "http.port": port,
        "transport.port": transport_port,
        "cluster.routing.allocation.disk.threshold_enabled": "false",
        "path.data": folder / "data",
        "path.logs": folder / "logs",
    }
    command = [distribution / "bin" / "elasticsearch"]
    command += [word for name, value in settings.items() for word in ("-E", f"{name}={value}")]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "ES_JAVA_HOME": str(java),
        "ES_JAVA_OPTS": "-Xms1g -Xmx1g",
        "ES_PATH_CONF": str(folder / "config"),
    }
    someone_else = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    if someone_else:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, "nobody", "nogroup")
    with (folder / "output").open("wb") as output:
        server = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=output, stderr=output, start_new_session=True, **someone_else
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_ready(server, f"{address}/_cluster/health", folder / "output")
        yield address
    finally:
        stop(server)
        shutil.rmtree(folder, ignore_errors=True)
