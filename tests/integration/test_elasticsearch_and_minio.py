"""Commands with an index in Elasticsearch and photos in MinIO give the same answers as with a local index."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.elasticsearch_server import ElasticsearchServer
from tests.support.minio_server import MinioServer
from tests.support.processes import cumbre

pytestmark = pytest.mark.servers


@pytest.fixture
def settings(elasticsearch: ElasticsearchServer, minio: MinioServer) -> Iterator[dict[str, str]]:
    name = f"test-{uuid.uuid4().hex[:12]}"
    minio.client.create_bucket(Bucket=name)
    yield {
        "CUMBRE_INDEX": elasticsearch.access.address,
        "CUMBRE_INDEX_PREFIX": f"{name}-",
        "CUMBRE_STORAGE": f"s3://{name}/trek",
        "CUMBRE_S3_ENDPOINT": minio.address,
        "CUMBRE_S3_ACCESS_KEY": minio.user,
        "CUMBRE_S3_SECRET_KEY": minio.password,
    }
    elasticsearch.drop(f"{name}-")


def json_of(home: Path, *arguments: object, **settings: str) -> Any:
    """Run a command and return its output with --json."""
    ran = cumbre(home, *arguments, "--json", **settings)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def names_and_scores(answer: Any) -> list[tuple[str, float]]:
    return [(one["path"].rpartition("/")[2], round(one["score"], 4)) for one in answer["results"]]


def test_the_answers_are_those_of_the_embedded_index(
    home: Path, tmp_path: Path, settings: dict[str, str], minio: MinioServer
) -> None:
    drawn = cumbre(home, "demo", "--first", 8)
    assert drawn.returncode == 0, drawn.stderr
    pictures = sorted((home / "sample-album").glob("*.jpg"))
    bucket = settings["CUMBRE_INDEX_PREFIX"].rstrip("-")
    client = minio.client
    for picture in pictures:
        client.upload_file(str(picture), bucket, f"trek/{picture.name}")
    client.put_object(Bucket=bucket, Key="trek/broken.jpg", Body=pictures[0].read_bytes()[:3000])
    client.put_object(Bucket=bucket, Key="elsewhere/other.jpg", Body=pictures[0].read_bytes())

    assert cumbre(home, "ingest").returncode == 0
    remote_home = tmp_path / "another home"
    report = json_of(remote_home, "ingest", **settings)
    assert (report["indexed"], len(report["failed"])) == (len(pictures), 1)
    again = json_of(remote_home, "ingest", **settings)
    assert (again["indexed"], again["unchanged"]) == (0, len(pictures))

    for question in (["ama dablam"], ["a river"], ["mountain", "--sort", "time"], ["--peak", "ama-dablam"]):
        assert names_and_scores(json_of(remote_home, "search", *question, **settings)) == names_and_scores(
            json_of(home, "search", *question)
        )
    assert [one["id"] for one in json_of(remote_home, "peaks", "list", **settings)["peaks"]] == [
        one["id"] for one in json_of(home, "peaks", "list")["peaks"]
    ]
    doctor = cumbre(remote_home, "doctor", **settings)
    assert doctor.returncode == 0, doctor.stdout

    client.delete_object(Bucket=bucket, Key=f"trek/{pictures[0].name}")
    assert json_of(remote_home, "ingest", **settings)["removed"] == 1
    assert json_of(remote_home, "status", **settings)["photos"] == len(pictures) - 1


def test_an_unusable_server_is_reported_in_one_sentence(home: Path, settings: dict[str, str]) -> None:
    unreachable = cumbre(home, "search", "yak", **{**settings, "CUMBRE_INDEX": "http://127.0.0.1:1"})
    assert unreachable.returncode == 1
    assert "can't be reached" in unreachable.stderr
    assert len(unreachable.stderr.strip().splitlines()) == 1
    no_bucket = cumbre(home, "ingest", **{**settings, "CUMBRE_STORAGE": "s3://no-such-bucket"})
    assert no_bucket.returncode == 1
    assert "does not exist" in no_bucket.stderr
    wrong_key = cumbre(home, "ingest", **{**settings, "CUMBRE_S3_SECRET_KEY": "wrong-secret"})
    assert wrong_key.returncode == 1
    assert "does not accept the credentials" in wrong_key.stderr
    assert "wrong-secret" not in wrong_key.stderr
