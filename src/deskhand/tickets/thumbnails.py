"""The job that draws small pictures of attached ones."""

import logging

from deskhand.core import blobs, jobs
from deskhand.core.pictures import thumbnail
from deskhand.tickets import attachments
from deskhand.tickets.models.message import Attachment

log = logging.getLogger("deskhand.thumbnails")


@jobs.job("tickets.thumbnail")
def make_thumbnail(task: jobs.Task) -> None:
    """Give one attachment its small picture. One that cannot be drawn stays without: the file is there all the same."""
    row = Attachment.objects.filter(pk=task.payload["id"], removed_at=None).first()
    if row is None:
        return
    try:
        with blobs.read(row.sha256) as source:
            drawn = thumbnail(source)
    except blobs.BlobMissingError:
        log.error("the bytes of attachment %s are not there", row.pk)
        return
    if drawn:
        attachments.keep_thumbnail(row, drawn.encoded, width=drawn.width, height=drawn.height)
    else:
        log.info("attachment %s is no picture that can be drawn", row.pk)
