"""What there may be in place of a file."""
from __future__ import annotations

import stat

KINDS = ((stat.S_ISDIR, "a folder"), (stat.S_ISLNK, "a link"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"),
         (stat.S_ISCHR, "a device"), (stat.S_ISBLK, "a device (a disk)"))


def other_kind(mode: int) -> str | None:
    """What it is, in words, that has ``mode`` (``st_mode``) and is no regular file; None for a regular file."""
    if stat.S_ISREG(mode):
        return None
    return next((words for is_one, words in KINDS if is_one(mode)), "nothing that is known")
