"""A real Elasticsearch server for the tests.

CUMBRE_TEST_ELASTICSEARCH may give the address of a running server. Otherwise the first test that needs one starts it,
and it stops at the end of the test run. It is the distribution that Elastic uses for its own integration tests; Maven
downloads it once into the system's temporary folder.
"""

import json
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cumbre.index.elasticsearch.connection import ElasticAccess
from tests.support.server_cache import (
    free_port,
    obtain_or_skip,
    one_at_a_time,
    raise_unless_downloads_allowed,
    server_cache,
    stop,
    wait_until_ready,
)

VERSION = "9.5.0"
_ARTIFACT = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{VERSION}:zip"
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
_OLDEST_JAVA = 21
# Read at import, because a fixture hides the CUMBRE_ variables from the tests.
_GIVEN_ADDRESS = os.environ.get("CUMBRE_TEST_ELASTICSEARCH", "")


@dataclass(frozen=True)
class ElasticsearchServer:
    """A running server and how to connect to it."""

    access: ElasticAccess

    def drop(self, prefix: str) -> None:
        """Delete every index with this name prefix."""
        client = self.access.client()
        try:
            for name in client.indices.get_settings(index=f"{prefix}*"):
                client.indices.delete(index=name)
        finally:
            client.close()


@dataclass(frozen=True)
class User:
    """A user to create on the server, with rights on the cluster and on the indices that match a pattern."""

    name: str
    password: str
    indices: str
    index_rights: Sequence[str]
    cluster_rights: Sequence[str]


@pytest.fixture(scope="session")
def elasticsearch() -> Iterator[ElasticsearchServer]:
    """The server that all tests share."""
    if _GIVEN_ADDRESS:
        yield ElasticsearchServer(ElasticAccess(_GIVEN_ADDRESS))
        return
    distribution, java = (
        obtain_or_skip(elasticsearch_distribution, "Elasticsearch"),
        obtain_or_skip(_java, "Elasticsearch"),
    )
    with elasticsearch_folder() as folder, _running(distribution, java, folder) as server:
        yield server


@contextmanager
def running_elasticsearch(
    folder: Path | None = None,
    port: int = 0,
    secrets: Mapping[str, str] | None = None,
    users: Sequence["User"] = (),
    **settings: str,
) -> Iterator[ElasticsearchServer]:
    """Run a separate server with its data in `folder`; started again in the same folder, it still has its data.

    In the names of settings, "__" replaces ".". `secrets` go into the server's keystore under their own names, and turn
    its security on. Raises OSError if the server is not installed and can't be downloaded.
    """
    distribution, java = elasticsearch_distribution(), _java()
    if folder is not None:
        with _running(distribution, java, folder, port, secrets, users, settings) as server:
            yield server
        return
    with elasticsearch_folder() as own, _running(distribution, java, own, port, secrets, users, settings) as server:
        yield server


@contextmanager
def elasticsearch_folder() -> Iterator[Path]:
    """Create a folder for a server's data.

    The path is short enough for sockets, and the server's user can access it, unlike pytest's folders.
    """
    folder = Path(tempfile.mkdtemp(prefix="cumbre-es-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def elasticsearch_distribution() -> Path:
    """Return the folder of the unpacked server. Raises OSError if it is missing and can't be downloaded."""
    home = server_cache() / f"elasticsearch-{VERSION}"
    with one_at_a_time(home.name):
        return home if home.is_dir() else _downloaded(home)


def _downloaded(home: Path) -> Path:
    raise_unless_downloads_allowed("130 MB by Maven")
    if shutil.which("mvn") is None:
        raise OSError("Maven is not installed; set CUMBRE_TEST_ELASTICSEARCH to the address of a server")
    with tempfile.TemporaryDirectory(dir=home.parent) as name:
        command = ["mvn", "-q", "-B", _COPY, f"-Dartifact={_ARTIFACT}", f"-DoutputDirectory={name}"]
        download = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        archives = list(Path(name).glob("*.zip"))
        if download.returncode or not archives:
            raise OSError(f"Maven could not download it: {download.stdout[-300:]}")
        with zipfile.ZipFile(archives[0]) as archive:
            archive.extractall(name)
        unpacked = Path(name) / home.name
        for file in (unpacked / "bin").iterdir():
            file.chmod(0o755)
        unpacked.rename(home)
    return home


def _java() -> Path:
    """Return the folder of a JDK that is new enough. Raises OSError if there is none."""
    configured = [Path(os.environ[name]) for name in ("ES_JAVA_HOME", "JAVA_HOME") if os.environ.get(name)]
    for home in (*configured, *sorted(Path("/usr/lib/jvm").glob("*"), reverse=True)):
        try:
            about = (home / "release").read_text()
        except OSError:
            continue
        version = about.partition('JAVA_VERSION="')[2].partition('"')[0]
        if version.partition(".")[0].isdecimal() and int(version.partition(".")[0]) >= _OLDEST_JAVA:
            return home
    raise OSError(f"there is no JDK of version {_OLDEST_JAVA} or newer")


@contextmanager
def _running(
    distribution: Path,
    java: Path,
    folder: Path,
    port: int = 0,
    secrets: Mapping[str, str] | None = None,
    users: Sequence["User"] = (),
    given: Mapping[str, str] | None = None,
) -> Iterator[ElasticsearchServer]:
    port = port or free_port()
    settings = {
        "discovery.type": "single-node",
        "xpack.security.enabled": "true" if secrets else "false",
        "network.host": "127.0.0.1",
        "http.port": str(port),
        "transport.port": str(free_port()),
        "cluster.routing.allocation.disk.threshold_enabled": "false",
        "path.data": str(folder / "data"),
        "path.logs": str(folder / "logs"),
        **{name.replace("__", "."): value for name, value in (given or {}).items()},
    }
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "ES_JAVA_HOME": str(java),
        "ES_JAVA_OPTS": "-Xms1g -Xmx1g",
        "ES_PATH_CONF": str(folder / "config"),
    }
    if not (folder / "config" / "elasticsearch.yml").exists():
        shutil.copytree(distribution / "config", folder / "config", dirs_exist_ok=True)
        if secrets:
            _keep_secrets(distribution, environment, secrets)
        for user in users:
            _add_user(distribution, environment, folder / "config" / "roles.yml", user)
    other_user: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    # Elasticsearch refuses to run as root.
    if other_user:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, "nobody", "nogroup")
    command: list[str | Path] = [distribution / "bin" / "elasticsearch"]
    command += [word for name, value in settings.items() for word in ("-E", f"{name}={value}")]
    with (folder / "output").open("ab") as output:
        server = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=output, stderr=output, start_new_session=True, **other_user
        )
    scheme = "https" if settings.get("xpack.security.http.ssl.enabled") == "true" else "http"
    address = f"{scheme}://127.0.0.1:{port}"
    try:
        wait_until_ready(server, f"{address}/_cluster/health", folder / "output")
        yield ElasticsearchServer(ElasticAccess(address))
    finally:
        stop(server)


def _keep_secrets(distribution: Path, environment: Mapping[str, str], secrets: Mapping[str, str]) -> None:
    keystore = distribution / "bin" / "elasticsearch-keystore"
    subprocess.run([keystore, "create"], env=dict(environment), check=True, capture_output=True)
    for name, value in secrets.items():
        command: list[str | Path] = [keystore, "add", "--stdin", name]
        subprocess.run(command, env=dict(environment), input=value, text=True, check=True, capture_output=True)


def _add_user(distribution: Path, environment: Mapping[str, str], roles: Path, user: "User") -> None:
    # Users are kept in files: this server can't store API keys, because their index needs an analyser that it lacks.
    role = {"cluster": user.cluster_rights, "indices": [{"names": [user.indices], "privileges": user.index_rights}]}
    with roles.open("a") as written:
        written.write(f"{json.dumps({user.name: role})[1:-1]}\n")
    program = distribution / "bin" / "elasticsearch-users"
    command: list[str | Path] = [program, "useradd", user.name, "-p", user.password, "-r", user.name]
    subprocess.run(command, env=dict(environment), check=True, capture_output=True)


def make_certificate(folder: Path, password: str) -> tuple[Path, Path]:
    """Create a self-signed certificate for 127.0.0.1; return the server's keystore and the clients' PEM file."""
    keytool, keystore, certificate = _java() / "bin" / "keytool", folder / "http.p12", folder / "authority.pem"
    common: list[str | Path] = ["-alias", "http", "-storetype", "PKCS12", "-keystore", keystore, "-storepass", password]
    constraints = [
        "-ext",
        "SAN=ip:127.0.0.1",
        "-ext",
        "BC:critical=ca:true",
        "-ext",
        "KU:critical=keyCertSign,digitalSignature",
    ]
    made: list[str | Path] = [
        keytool,
        "-genkeypair",
        "-keyalg",
        "EC",
        "-dname",
        "CN=cumbre-test",
        "-validity",
        "2",
        *constraints,
        *common,
    ]
    subprocess.run(made, check=True, capture_output=True)
    subprocess.run([keytool, "-exportcert", "-rfc", "-file", certificate, *common], check=True, capture_output=True)
    return keystore, certificate
