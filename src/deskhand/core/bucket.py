"""Blobs in a bucket that speaks S3: `FILES_URL=s3://bucket/prefix?endpoint=https://…&region=…`. Imported with it only.

The credentials are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or whatever else boto3 finds by itself.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, cast
from urllib.parse import parse_qs, urlsplit

from botocore.exceptions import ClientError
from storages.backends.s3 import S3Storage

from deskhand.core.blobs import BlobMissingError

ABSENT: Final = {"404", "NoSuchKey", "NotFound"}


class Bucket:
    """`prefix/ab/cd/<sha256>`, private, without a type or a name."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        prefix = parts.path.strip("/")
        self.prefix = f"{prefix}/" if prefix else ""
        self.bucket: Any = S3Storage(
            bucket_name=parts.netloc,
            endpoint_url=asked.get("endpoint"),
            region_name=asked.get("region"),
            addressing_style="path" if "endpoint" in asked else "auto",
            default_acl=None,
        ).bucket

    def put(self, spooled: Path, sha256: str) -> None:
        """Upload; S3 shows an object only when it is whole."""
        self.bucket.upload_file(str(spooled), self._key(sha256), ExtraArgs={"ContentType": "application/octet-stream"})

    def read(self, sha256: str) -> BinaryIO:
        """The object's body as it comes over the line, never as a whole in memory."""
        try:
            return cast(BinaryIO, self.bucket.Object(self._key(sha256)).get()["Body"])
        except ClientError as error:
            if _is_absent(error):
                raise BlobMissingError(sha256) from None
            raise

    def exists(self, sha256: str) -> bool:
        """Whether the object is there."""
        return self.written_at(sha256) is not None

    def delete(self, sha256: str) -> None:
        """Remove the object; S3 does not mind if there is none."""
        self.bucket.Object(self._key(sha256)).delete()

    def older_than(self, moment: datetime, *, begins: str) -> Iterator[str]:
        """A listing in pages of a thousand."""
        for found in self.bucket.objects.filter(Prefix=f"{self.prefix}{begins}/"):
            if found.last_modified < moment:
                yield found.key.rpartition("/")[2]

    def written_at(self, sha256: str) -> datetime | None:
        """What S3 calls LastModified."""
        try:
            return cast(datetime, self.bucket.Object(self._key(sha256)).last_modified)
        except ClientError as error:
            if _is_absent(error):
                return None
            raise

    def size(self, sha256: str) -> int | None:
        """What S3 calls ContentLength."""
        try:
            return cast(int, self.bucket.Object(self._key(sha256)).content_length)
        except ClientError as error:
            if _is_absent(error):
                return None
            raise

    def _key(self, sha256: str) -> str:
        return f"{self.prefix}{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _is_absent(error: ClientError) -> bool:
    return error.response["Error"]["Code"] in ABSENT
