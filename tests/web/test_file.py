"""The file of a page: whole, alike each time, and asking nothing of anybody."""
import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import warnings
from urllib.parse import urlparse

import numpy as np
import pytest

import mm_blender as mm
from measured import LINKS, write_stand_ins
from mm_blender.errors import MMError
from mm_blender.system.whole.check import is_whole
from mm_blender.web import bundle, html
from page_file import a_viewer, LivePage, VIEWER  # noqa: F401  a fixture

HOSTILE = ("</script><script>alert(1)</script>", "<!--<script>", "a & b < c > d", "'\"`${1}",
           "é漢\U0001f600 שלום", "<img src=x onerror=alert(1)>", "]]>", "\\u003c/script>")


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.mark.usefixtures("a_viewer")
def test_nothing_runs_or_is_fetched_but_what_is_in_it(tmp_path):
    page = LivePage(mm.visualize("A @ B").page(tmp_path / "page.html"))
    policy, [(_, style)] = page.policy, page.all("style")
    assert policy == {"default-src": ["'none'"], "script-src": [digest(VIEWER.script)],
                      "style-src": [digest(style)], "img-src": ["data:", "blob:"], "base-uri": ["'none'"],
                      "form-action": ["'none'"], "require-trusted-types-for": ["'script'"]}
    running = [(attributes, text) for attributes, text in page.all("script")
               if attributes.get("type") not in ("application/json", "application/octet-stream")]
    assert running == [({}, VIEWER.script)] and re.fullmatch(
        re.escape(VIEWER.style) + r"html\{background:rgb\(\d+,\d+,\d+\)\}", style)
    assert not {tag for tag, _, _ in page.elements} - {"html", "head", "meta", "title", "style", "body", "noscript",
                                                       "script"}
    assert not any(name.startswith("on") or name in ("src", "href") for _, attributes, _ in page.elements
                   for name in attributes)


@pytest.mark.usefixtures("a_viewer")
@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_is_written_is_text(name, tmp_path):
    viz = mm.visualize({**mm.visualize("A @ B").params, "name": name})
    path = viz.page(tmp_path / "page.html", title=name, caption=name)
    page = LivePage(path)
    assert page.manifest["title"] == page.manifest["caption"] == page.matrix("root")["name"] == name
    assert [text for _, text in page.all("title")] == [name] and is_whole(path)
    assert len(page.all("script")) == 3
    told = re.search('id="mm-page">(.*?)</script>', page.text, flags=re.S)[1]
    assert not set(told) & set("<>&\u2028\u2029") and json.loads(told) == page.manifest


@pytest.mark.usefixtures("a_viewer")
def test_the_same_gives_the_same(tmp_path):
    first, second = (mm.visualize("softmax(A @ B)", seed=4, look="paper").page(tmp_path / name)
                     for name in ("a.html", "b.html"))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.usefixtures("a_viewer")
def test_no_path_of_the_machine_is_in_it(tmp_path):
    np.save(tmp_path / "secret_values.npy", np.ones((3, 4), np.float32))
    folder = tmp_path / "secret_assets"
    folder.mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mm.MMWarning)
        viz = mm.visualize("A @ B", data={"A": str(tmp_path / "secret_values.npy")}, assets=folder)
        text = LivePage(viz.page(tmp_path / "page.html")).text
    assert "secret" not in text and str(tmp_path) not in text and os.path.expanduser("~") + "/" not in text


@pytest.mark.usefixtures("a_viewer")
def test_no_address_is_in_it_but_the_share_link(tmp_path):
    page = LivePage(mm.visualize("A @ B").page(tmp_path / "page.html"))
    found = set(re.findall(r"https?://[^\s\"'<]+", page.text.replace(page.manifest["link"], "")))
    assert not found, found
    assert urlparse(page.manifest["link"]).scheme == "https"


@pytest.mark.usefixtures("a_viewer")
def test_what_cannot_be_written_is_said(tmp_path):
    viz = mm.visualize("A @ B")
    for path, words in (("page.png", "must end in .html"), ("none/page.html", "there is no folder")):
        with pytest.raises(MMError, match=words):
            viz.page(tmp_path / path)
    with pytest.raises(mm.ParameterError, match="title must be a text"):
        viz.page(tmp_path / "page.html", title=3)
    with pytest.raises(mm.ParameterError, match="look"):
        viz.page(tmp_path / "page.html", look="bright")
    assert not [*tmp_path.iterdir()]


def test_a_missing_viewer_says_what_builds_it(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "FOLDER", tmp_path / "mm_blender" / "web")
    with pytest.raises(MMError, match="install a wheel or the extension"):
        mm.visualize("A @ B").page(tmp_path / "page.html")
    (tmp_path / "viewer").mkdir()
    (tmp_path / "viewer" / "package.json").touch()
    with pytest.raises(MMError, match="scripts/build_viewer"):
        mm.visualize("A @ B").page(tmp_path / "page.html")


def test_a_viewer_that_would_end_itself_is_refused(tmp_path, monkeypatch):
    for script, style in (("'</SCRIPT>'", ""), ("'<!--'", ""), ("", "/* </style> */")):
        monkeypatch.setattr(bundle, "viewer", lambda: bundle.Viewer(script, style))
        with pytest.raises(ValueError, match="would end it"):
            mm.visualize("A @ B").page(tmp_path / "page.html")


@pytest.mark.usefixtures("a_viewer")
def test_a_cut_page_is_told_from_a_whole_one(tmp_path):
    path = mm.visualize("A @ B").page(tmp_path / "page.html")
    whole = path.read_bytes()
    assert is_whole(path) and whole.endswith(html.END.encode())
    for cut in (whole[:-9], whole[:1000], b"", whole[5:]):
        path.write_bytes(cut)
        assert not is_whole(path)


@pytest.mark.usefixtures("a_viewer")
def test_a_notebook_shows_it_in_a_frame(tmp_path):
    path = mm.visualize("A @ B").page(tmp_path / "page.html", title="\"quoted\"")
    shown = path._repr_html_()
    assert shown.startswith("<iframe srcdoc=") and ' sandbox="allow-scripts allow-downloads" ' in shown
    assert "<script" not in shown  # it is an attribute's text, whatever is in it
    assert path._repr_png_() is None


@pytest.mark.once
@pytest.mark.outside
def test_neither_blender_nor_torch_is_loaded(tmp_path):
    code = ("import sys, mm_blender as mm\n"
            "from mm_blender.web import bundle\n"
            "bundle.viewer = lambda: bundle.Viewer('', '')\n"
            "sys.modules['bpy'] = None\n"
            f"mm.visualize('softmax(A @ B)', keys=True).page({str(tmp_path / 'page.html')!r})\n"
            "assert not {'torch', 'transformers'} & {*sys.modules}")
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
    assert is_whole(tmp_path / "page.html")


@pytest.mark.usefixtures("a_viewer")
def test_a_head_is_small_and_made_at_once(tmp_path):
    """The GPT-2 head: 1,114,112 elements under 6 MB, within 3 s after its values."""
    import time

    write_stand_ins(tmp_path)
    case = next(case for case in LINKS if sum(each["h"] * each["w"] for each in case["matrices"]) > 1e6)
    viz = mm.visualize(case["url"], assets=tmp_path)
    viz.values  # noqa: B018
    begun = time.perf_counter()
    path = viz.page(tmp_path / "head.html")
    assert time.perf_counter() - begun < 3
    assert path.stat().st_size < 5e6  # the viewer has the rest
    page = LivePage(path)
    for each in page.manifest["members"][0]["matrices"]:
        x, told = viz.values[each["path"]], each["values"]
        assert told["kind"] == "half" and np.abs(page.values(each["path"]) - x).max() <= told["error"] * 1.001
        assert told["error"] <= np.abs(x).max() * 2.0 ** -11
    assert "11 bits" in page.manifest["note"]
