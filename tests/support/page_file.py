"""Live pages, read back as a browser reads them: by nothing but their HTML."""
from __future__ import annotations

import base64
import json
import zlib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from mm_blender.web import bundle

VIEWER = bundle.Viewer("window.mm = {};", "body { margin: 0 }")  # for tests of what Python puts around the real one


@pytest.fixture
def a_viewer(monkeypatch):
    """Pages can be made though no viewer was built."""
    monkeypatch.setattr(bundle, "viewer", lambda: VIEWER)


class LivePage(HTMLParser):
    """A page: its ``elements`` (tag, attributes, text), its ``manifest`` and its ``data``, unpacked."""

    def __init__(self, path: Path):
        super().__init__()
        self.text = Path(path).read_text("utf-8")
        self.elements: list[list] = []
        self.inside = False  # an element that no other one has begun or ended in
        self.feed(self.text)
        self.close()
        self.manifest = json.loads(self.held("mm-page"))
        self.data = np.frombuffer(zlib.decompress(base64.b64decode(self.packed)), np.uint8)

    def handle_starttag(self, tag, attrs):
        self.elements.append([tag, dict(attrs), ""])
        self.inside = True

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.elements[-1][2] += data

    def held(self, name: str) -> str:
        """The text of the element of that ``id``."""
        return next(text for _, attributes, text in self.elements if attributes.get("id") == name)

    @property
    def packed(self) -> str:
        """The data as they are written, all pieces of them."""
        return "".join(text for attributes, text in self.all("script") if attributes.get("class") == "mm-data")

    def all(self, tag: str) -> list[tuple[dict, str]]:
        """Attributes and texts of the elements of a kind."""
        return [(attributes, text) for kind, attributes, text in self.elements if kind == tag]

    @property
    def policy(self) -> dict[str, list[str]]:
        """Its Content-Security-Policy, by directive."""
        text = next(attributes["content"] for attributes, _ in self.all("meta")
                    if attributes.get("http-equiv") == "Content-Security-Policy")
        return {name: sources for name, *sources in map(str.split, text.split(";"))}

    def matrix(self, path: str, member: int = 0) -> dict:
        """What it says of a matrix."""
        return next(each for each in self.manifest["members"][member]["matrices"] if each["path"] == path)

    def values(self, path: str, member: int = 0) -> np.ndarray:
        """The values of a matrix (h, w), as the viewer unpacks them."""
        matrix = self.matrix(path, member)
        told = matrix["values"]
        width = {"float32": 4, "half": 2}[told["kind"]]
        planes = self.data[told["offset"]:told["offset"] + width * told["length"]].reshape(width, -1)
        numbers = np.ascontiguousarray(planes.T).view({4: "<f4", 2: "<f2"}[width]).ravel()
        return (numbers.astype(np.float64) * told["scale"]).astype(np.float32).reshape(matrix["h"], matrix["w"])
