"""Checkpoint files made for the tests, byte by byte where the point is what is wrong with them."""
import json
import struct

import numpy as np

KINDS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1", "U8": "<u1",
         "BOOL": "<u1"}


def bfloat16(x) -> bytes:
    """The upper halves of float32 numbers."""
    return (np.asarray(x, "<f4").view("<u4") >> 16).astype("<u2").tobytes()


def write_safetensors(path, tensors: dict) -> None:
    """``tensors``: arrays by name, or ``(array, type)``."""
    header, body = {"__metadata__": {"format": "pt"}}, b""
    for name, x in tensors.items():
        x, kind = x if isinstance(x, tuple) else (x, "F32")
        raw = bfloat16(x) if kind == "BF16" else np.ascontiguousarray(x, KINDS[kind]).tobytes()
        header[name] = {"dtype": kind, "shape": list(np.shape(x)), "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    write_raw(path, json.dumps(header).encode(), body)


def write_raw(path, header: bytes, body: bytes = b"", claim: int | None = None) -> None:
    path.write_bytes((len(header) if claim is None else claim).to_bytes(8, "little") + header + body)


def write_hollow(path, shapes: dict) -> int:
    """A safetensors file of float32 zeros that takes no room on the disk; its size in bytes is returned."""
    header, at = {}, 0
    for name, shape in shapes.items():
        size = 4 * int(np.prod(shape))
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + at)
    return at


def write_gguf(path, fields, tensors):
    """After ggml's docs/gguf.md. fields: str, bool, int, float or a list of texts, ints or floats; tensors: float32."""
    def text(s):
        return struct.pack("<Q", len(s.encode())) + s.encode()

    def value(x):
        if isinstance(x, str):
            return struct.pack("<I", 8) + text(x)
        if isinstance(x, list) and x and isinstance(x[0], str):
            return struct.pack("<IIQ", 9, 8, len(x)) + b"".join(map(text, x))
        if isinstance(x, list) and x and isinstance(x[0], float):
            return struct.pack("<IIQ", 9, 6, len(x)) + struct.pack(f"<{len(x)}f", *x)
        if isinstance(x, list):
            return struct.pack("<IIQ", 9, 4, len(x)) + struct.pack(f"<{len(x)}I", *x)
        kind, form = (7, "<?") if isinstance(x, bool) else (4, "<I") if isinstance(x, int) else (6, "<f")
        return struct.pack("<I", kind) + struct.pack(form, x)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(fields))
    head += b"".join(text(key) + value(x) for key, x in fields.items())
    body = b""
    for name, x in tensors.items():
        raw = np.ascontiguousarray(x, "<f4").tobytes()
        head += text(name) + struct.pack("<I", x.ndim) + struct.pack(f"<{x.ndim}Q", *reversed(x.shape))
        head += struct.pack("<IQ", 0, len(body))
        body += raw + bytes(-len(raw) % 32)
    path.write_bytes(head + bytes(-len(head) % 32) + body)
    return path
