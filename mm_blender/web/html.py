"""The file: a page, its data and the viewer in one HTML document that asks nothing of any network.

What a person wrote is in it as JSON only, which the viewer sets as text. Its policy lets the one script and the one
style sheet run that are in it, known by their digests, nothing be fetched, and no text become markup or code.
"""
from __future__ import annotations

import base64
import hashlib
import json
from html import escape

from .bundle import Viewer
from .manifest import LivePage, told

END = "</html>\n"


def html(page: LivePage, data: str, viewer: Viewer) -> str:
    """The document of a ``page`` with its packed ``data``. Raises ValueError where the viewer would end its own
    element."""
    for name, text in (("script", viewer.script), ("style", viewer.style)):
        if f"</{name}" in text.lower() or "<!--" in text:
            raise ValueError(f"the viewer's {name} holds what would end it within HTML")
    policy = "; ".join((
        "default-src 'none'", f"script-src '{_digest(viewer.script)}'", f"style-src '{_digest(viewer.style)}'",
        "img-src data: blob:", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'"))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f'<meta name="generator" content="mm_blender {escape(page.version)}">\n'
        f"<title>{escape(page.title)}</title>\n<style>{viewer.style}</style>\n</head>\n<body>\n"
        f"<noscript>{escape(page.title)}: this page needs JavaScript to be seen.</noscript>\n"
        f'<script type="application/json" id="mm-page">{_json(page)}</script>\n'
        f'<script type="application/octet-stream" id="mm-data">{data}</script>\n'
        f"<script>{viewer.script}</script>\n</body>\n{END}")


def _json(page: LivePage) -> str:
    """The page as JSON that no text in it can end."""
    text = json.dumps(told(page), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _digest(text: str) -> str:
    """What a policy calls an inline text by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
