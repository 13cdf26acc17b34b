"""The file: a page, its data and the viewer in one HTML document that asks nothing of any network.

What a person wrote is in it as JSON only, which the viewer sets as text. Its policy lets the one script and the one
style sheet run that are in it, known by their digests, nothing be fetched, and no text become markup or code.
"""
from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from html import escape

from .bundle import Viewer
from .manifest import LivePage, told

END = "</html>\n"


def html(page: LivePage, pieces: Sequence[str], viewer: Viewer) -> str:
    """The document of a ``page`` with its packed data in ``pieces``. Raises ValueError where the viewer would end its
    own element."""
    for name, text in (("script", viewer.script), ("style", viewer.style)):
        if f"</{name}" in text.lower() or "<!--" in text:
            raise ValueError(f"the viewer's {name} holds what would end it within HTML")
    style = f"{viewer.style}html{{background:{_ground(page)}}}"  # from the beginning, not once the script has run
    policy = "; ".join((
        "default-src 'none'", f"script-src '{_digest(viewer.script)}'", f"style-src '{_digest(style)}'",
        "img-src data: blob:", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'"))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f'<meta name="generator" content="mm_blender {_plain(page.version)}">\n'
        f"<title>{_plain(page.title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"<noscript>{_plain(page.title)}: this page needs JavaScript to be seen.</noscript>\n"
        f'<script type="application/json" id="mm-page">{_json(page)}</script>\n'
        f"<script>{viewer.script}</script>\n{''.join(map(_piece, pieces))}</body>\n{END}")


def _ground(page: LivePage) -> str:
    """The colour of what lies behind the picture, as CSS writes it."""
    red, green, blue = (round(255 * min(max(channel, 0.0), 1.0)) for channel in page.looks[page.look].ground)
    return f"rgb({red},{green},{blue})"


def _plain(text: str) -> str:
    """A text as HTML, in letters of ASCII: browsers read a page faster that has no others."""
    return escape(text).encode("ascii", "xmlcharrefreplace").decode("ascii")


def _piece(text: str) -> str:
    """A part of the data, which the viewer reads while the next one is on its way."""
    return f'<script type="application/octet-stream" class="mm-data">{text}</script>\n'


def _json(page: LivePage) -> str:
    """The page as JSON that no text in it can end."""
    text = json.dumps(told(page), allow_nan=False, separators=(",", ":"))
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _digest(text: str) -> str:
    """What a policy calls an inline text by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
