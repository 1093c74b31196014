"""The line between `deskhand serve` and the processes it starts: one socket pair each.

A child says on it that it is ready. When it closes, the parent is gone, however it died, and the child stops by itself.
"""

import socket


class Parent:
    """The child's end of the line; without a descriptor there is no parent, and the line never closes."""

    def __init__(self, descriptor: int | None) -> None:
        self._line = socket.socket(fileno=descriptor) if descriptor is not None else None

    def fileno(self) -> int:
        """For a selector; -1 when there is no parent."""
        return self._line.fileno() if self._line else -1

    def say_ready(self) -> None:
        """Tell that this process does its work from now on."""
        if self._line:
            self._line.sendall(b"ready\n")
