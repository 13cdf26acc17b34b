"""What Cycles writes into PNG files beside the picture: how long it took. That is no part of the picture, and without
it the same scene gives the same file, whoever renders it."""
from __future__ import annotations

HEAD = 8         # bytes before the first chunk
AROUND = 12      # bytes of a chunk's length, kind and checksum (PNG, 5.3)
CYCLES = b"cycles."


def without_times(data: bytes) -> bytes:
    """A PNG without the texts of Cycles: what is no whole PNG comes back as it is."""
    at, kept = HEAD, [data[:HEAD]]
    while at < len(data):
        end = at + AROUND + int.from_bytes(data[at:at + 4], "big")
        if not (data[at + 4:at + 8] == b"tEXt" and data[at + 8:at + 8 + len(CYCLES)] == CYCLES):
            kept.append(data[at:end])
        at = end
    return b"".join(kept)
