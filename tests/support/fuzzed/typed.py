"""Readers of what people type and paste: expressions, links, parameters in JSON, settings, formulas of initialisers."""
from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np

import mm_blender as mm
from fuzzed import reader
from mm_blender.data.files import parse_json
from mm_blender.errors import DataError
from mm_blender.expression import javascript, links, sources
from mm_blender.expression.schema import SETTINGS

EXPRESSIONS = ("L @ R", "out = softmax(tril((Q = x @ wQ) @ K.T / sqrt(k))) @ V + b", "A @ (B @ C) * 2 ** 2",
               "gelu(x @ w1 + b1) @ w2", "torch.matmul(Q, K.transpose(-2, -1)) / √(2*k)",
               "rope(A @ B, 10000, 2, 1.5) @ C.t()",
               "0.5 * (A ** 2) @ B * g")
SIGNS = ("@", "(", ")", "*", "**", "/", "+", "=", ",", ".T", ".t()", "k", "sqrt(", "softmax(", "1e400", "0", " ", "\n",
         "\u0301", "\u202e", b"\xed\xa0\x80", "²", "A", "rope(", "F.", "[0]", "-", "√")


def _whole(viz: mm.Visualization) -> None:
    """What is accepted goes all the way that needs no Blender."""
    assert viz.written and viz.expression and repr(viz)
    if sum(node["h"] * node["w"] for node in (viz.params["left"], viz.params["right"]) if "h" in node) < 10 ** 5:
        viz.values
        str(viz.info())
    assert mm.visualize(viz.link()).written == viz.written


@reader("expressions", lambda: (text.encode() for text in EXPRESSIONS), SIGNS)
def expressions(body: bytes) -> object:
    _whole(mm.visualize(body.decode("utf-8", "surrogateescape")))


def _links() -> Iterator[bytes]:
    for text in EXPRESSIONS[:3]:
        params = sources.from_expression(text)
        for compress in (False, True):
            url = links.encode(params, compress)
            yield url.encode()
            yield f"see <a href='{url}'>this</a> or ({url})\n> {url[:90]}\n> {url[90:]}".encode()


@reader("links", _links, ("?", "&", "=", "%25", "%7B", "params=", "0.1=", "left.", "left", "https://", "://", "&amp;",
                          "](", "<", ">", '"', "{", "}", "[", "e999", "null", "\\u0026", "\u200b", " ",
                          "\n", "1" * 40, "matmul", "true"))
def pasted(body: bytes) -> object:
    _whole(mm.visualize(links.decode(body.decode("utf-8", "replace"))))


def _parameters() -> Iterator[bytes]:
    for text in EXPRESSIONS[:3]:
        yield json.dumps(sources.from_expression(text)).encode()
    yield (b'{"left": {"h": 3, "w": 2, "init": "expr", "expr": "i + j"}, "right": {"h": 2}, '
           b'"cam": {"x": 1, "y": 2, "z": 3}}')


@reader("parameters", _parameters, ("{", "}", "[", "]", '"left":', '"viz":', "NaN", "1e400", "-1", "null", "true", '""',
                                    "1" * 5000, '"\\ud800"', '"\\u202e"', '"h":', '"mm_epilog":', '"expr":', ",",
                                    "0.5"))
def parameters(body: bytes) -> object:
    found = parse_json(body, "the parameters")
    if not isinstance(found, dict):
        raise DataError("the parameters are no object")
    _whole(mm.visualize(found))


def _settings() -> Iterator[bytes]:
    for setting in SETTINGS:
        yield f"{setting.name}={setting.default}".encode()
    yield b"A.init=gaussian"


@reader("settings", _settings,
        ("=", ".", "A.", "root.", "left.", "auto", "1e9", "-1e9", "nan", "inf", "1e400", "0", "true",
                                "softmax(x)", "viz.", "layout.", "\u0000", "1" * 5000))
def settings(body: bytes) -> object:
    key, _, value = body.decode("utf-8", "replace").partition("=")
    _whole(mm.visualize("A @ B @ C", settings={key: value}))


FORMULAS = ("i == j ? 1 : 0", "Math.sin(i/3)*0.5 + (j & 3)", "i%3 && !j || h", "2**-i", "Math.max(i, j, w) >>> 1",
            "Math.random() - .5")


@reader("formulas", lambda: (text.encode() for text in FORMULAS), (
    "Math.", "(", ")", "**", "?", ":", "0x", "1e400", "i", "j", "-", "~", "!", ">>>", "&&", ",", "hypot(", "NaN", " "))
def formulas(body: bytes) -> object:
    x = javascript.evaluate(body.decode("utf-8", "replace"), 7, 5)
    assert x.shape == (7, 5) and x.dtype == np.float32
