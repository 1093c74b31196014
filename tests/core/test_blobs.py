"""Both stores keep one promise: what was finished is there, whole; what was not is nowhere."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from deskhand.config import environment
from deskhand.core import blobs
from tests.processes import free_port

BUCKET = "attached"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """A server that speaks S3, with an empty bucket; its address."""
    import boto3
    from moto.server import ThreadedMotoServer

    port = free_port()
    server = ThreadedMotoServer("127.0.0.1", port)
    server.start()
    endpoint = f"http://127.0.0.1:{port}"
    boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y"
    ).create_bucket(Bucket=BUCKET)
    yield endpoint
    server.stop()


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where blobs lie during the test; each test has its own folder or prefix."""
    settings.DATA = tmp_path
    if request.param == "bucket":
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
        endpoint = request.getfixturevalue("s3")
        settings.FILES_URL = f"s3://{BUCKET}/{tmp_path.name}?endpoint={endpoint}&region=us-east-1"
    return str(request.param)


def keep(content: bytes) -> blobs.Blob:
    with blobs.writer() as writer:
        writer.write(content)
        return writer.finish()


def content_of(sha256: str) -> bytes:
    with blobs.read(sha256) as source:
        return source.read()


def test_what_was_written_in_pieces_is_read_as_a_whole(store: str, tmp_path: Path) -> None:
    pieces = [b"a" * 100_000, b"", b"b" * 300_001]

    with blobs.writer() as writer:
        for piece in pieces:
            writer.write(piece)
        blob = writer.finish()

    whole = b"".join(pieces)
    assert blob == blobs.Blob(hashlib.sha256(whole).hexdigest(), len(whole))
    assert content_of(blob.sha256) == whole
    leaving = blobs.Blocks(blobs.read(blob.sha256))
    assert [len(block) for block in leaving] == [262_144, 137_857]
    leaving.close()
    assert list((tmp_path / "files" / "incoming").iterdir()) == []


def test_what_was_not_finished_is_nowhere(store: str, tmp_path: Path) -> None:
    writer = blobs.writer()
    writer.write(b"half")
    assert len(list((tmp_path / "files" / "incoming").iterdir())) == 1

    writer.close()

    sha256 = hashlib.sha256(b"half").hexdigest()
    assert list((tmp_path / "files" / "incoming").iterdir()) == []
    assert not blobs.exists(sha256)
    with pytest.raises(blobs.BlobMissingError):
        blobs.read(sha256)


def test_equal_bytes_are_one_blob_and_may_be_written_again(store: str) -> None:
    first, second = keep(b"the same"), keep(b"the same")

    assert first == second
    assert content_of(first.sha256) == b"the same"


def test_a_writer_can_finish_again_after_a_sweep(store: str) -> None:
    with blobs.writer() as writer:
        writer.write(b"swept away")
        blob = writer.finish()
        blobs.delete(blob.sha256)

        writer.finish()

    assert content_of(blob.sha256) == b"swept away"


def test_delete_takes_it_away_and_may_be_repeated(store: str) -> None:
    blob = keep(b"to be deleted")

    blobs.delete(blob.sha256)
    blobs.delete(blob.sha256)

    assert not blobs.exists(blob.sha256)


def test_old_ones_are_found_by_their_first_two_digits(store: str) -> None:
    blob = keep(b"one of many")
    begins, other = blob.sha256[:2], f"{(int(blob.sha256[:2], 16) + 1) % 256:02x}"
    later = datetime.now(UTC) + timedelta(minutes=1)

    assert list(blobs.older_than(later, begins=begins)) == [blob.sha256]
    assert list(blobs.older_than(later, begins=other)) == []
    assert list(blobs.older_than(later - timedelta(hours=1), begins=begins)) == []
    written_at = blobs.written_at(blob.sha256)
    assert written_at is not None
    assert abs(written_at - datetime.now(UTC)) < timedelta(minutes=1)


def test_what_a_killed_process_left_goes_after_a_while(settings: Settings, tmp_path: Path) -> None:
    settings.DATA = tmp_path
    left = blobs.writer()
    (old,) = (tmp_path / "files" / "incoming").iterdir()
    young = blobs.writer()
    os.utime(old, (0, 0))

    blobs.forget_incoming(before=datetime.now(UTC) - timedelta(hours=1))

    assert not old.exists()
    assert young.finish().size == 0
    left.close()
    young.close()


def test_a_name_from_an_address_is_no_path(store: str) -> None:
    """Nobody gives one; but if a row held nonsense, it would still not lead out of the store."""
    with pytest.raises(blobs.BlobMissingError):
        blobs.read("../../secret.key")


def test_s3_is_not_imported_without_files_url(tmp_path: Path) -> None:
    """boto3 costs 25 MB and half a second; so does a picture library that a web process never needs."""
    script = (
        "import django, sys; django.setup();"
        "from deskhand.core import blobs; w = blobs.writer(); w.write(b'x'); w.finish(); w.close();"
        "import deskhand.config.urls, deskhand.config.worker;"
        "print([name for name in ('boto3', 'botocore', 'storages', 'PIL') if name in sys.modules])"
    )
    variables = {"PATH": os.environ["PATH"], "DATA": str(tmp_path), "SECRET_KEY": "tests only"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**variables, "DJANGO_SETTINGS_MODULE": "deskhand.config.settings"},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.parametrize("url", ["http://bucket", "s3:///prefix", "/var/files", "s3://"])
def test_an_address_that_is_none_stops_the_start(url: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        environment.files(url)
