"""Cells: what a notebook's kernel shows and sends of what stands on a cell's last line, and that it can be stopped."""
import base64
import time
import warnings

import pytest

import mm_blender as mm
from mm_blender import display
from mm_blender.display import Display
from mm_blender.system import notebook, progress_bars, terminal
from mm_blender.web import bundle, showing

pytestmark = pytest.mark.once
SMALL = {"A.h": 3, "A.w": 2, "B.w": 4}


@pytest.fixture
def viewer(monkeypatch):
    """A page can be made, whether the real viewer was built or not."""
    monkeypatch.setattr(bundle, "viewer", lambda: bundle.Viewer("'script';", "p { color: red }"))


def test_the_last_line_shows_the_page_and_a_picture_without_blender(viewer, without_bpy):
    viz = mm.visualize("A @ B", settings=SMALL)
    forms = viz._repr_mimebundle_()
    assert set(forms) == {"text/plain", "text/html", "image/png"} and forms["text/plain"] == repr(viz)
    assert base64.b64decode(forms["image/png"]).startswith(b"\x89PNG")
    html = forms["text/html"]
    assert 'srcdoc="&lt;!DOCTYPE html&gt;' in html and 'sandbox="allow-scripts' in html
    assert forms["image/png"] in html and html.index("<img") < html.index("<iframe")  # seen where frames are not
    assert viz._mime_() == ("text/html", html) and viz._repr_html_() == html
    row = mm.side_by_side([viz, viz.edited()], titles=["a", "b"])
    assert "text/html" in row._repr_mimebundle_()


def test_what_show_is_asked_for(viewer, monkeypatch):
    asked = []
    viz = mm.visualize("A @ B", settings=SMALL)
    monkeypatch.setattr(type(viz), "_rendered", lambda self, quality: asked.append(quality) or b"rendered")
    shown = viz.show(320)
    assert 'height="320"' in shown._repr_html_() and shown.picture != b"rendered" and not asked
    assert viz.show(quality="draft").picture == b"rendered" and asked == ["draft"]
    still = viz.show(interactive=False)
    assert still.page is None and still._repr_html_() is None and asked == ["draft", "preview"]
    assert still._mime_()[0] == "image/png" and repr(still) == repr(viz)
    monkeypatch.setattr(type(viz), "_rendered", lambda self, quality: None)  # no Blender
    assert viz.show(interactive=False).picture.startswith(b"\x89PNG")


@pytest.mark.parametrize("more, words", [
    ({"height": 20}, "height"), ({"height": "tall"}, "height"), ({"quality": "best"}, "quality"),
    ({"interactive": 3}, "interactive")])
def test_what_show_refuses(more, words):
    with pytest.raises(mm.ParameterError, match=words):
        mm.visualize("A @ B", settings=SMALL).show(**more)


def test_without_a_viewer_there_is_a_picture_and_it_is_said_once(monkeypatch):
    def missing():
        raise mm.MMError("it was not built")

    monkeypatch.setattr(bundle, "viewer", missing)
    monkeypatch.setattr(showing, "_said", set())
    viz = mm.visualize("A @ B", settings=SMALL)
    monkeypatch.setattr(type(viz), "_rendered", lambda self, quality: b"rendered")
    with pytest.warns(mm.MMWarning, match="a picture is shown in place of the live page: it was not built"):
        assert set(viz._repr_mimebundle_()) == {"text/plain", "image/png"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert set(viz._repr_mimebundle_()) == {"text/plain", "image/png"}


def test_a_page_that_is_too_large_is_left_out(viewer, monkeypatch):
    monkeypatch.setattr(showing, "LARGEST", 1000.0)
    viz = mm.visualize("A @ B", settings=SMALL)
    monkeypatch.setattr(type(viz), "_rendered", lambda self, quality: None)
    with pytest.warns(mm.MMWarning, match="a notebook should hold 1 kB: write it by page"):
        assert viz.show().page is None


def test_what_cannot_be_shown_breaks_no_cell(monkeypatch):
    viz = mm.visualize("A @ B", settings=SMALL)
    monkeypatch.setattr(type(viz), "show", lambda self: 1 / 0)
    with pytest.warns(mm.MMWarning, match="could not be shown: division by zero"):
        assert viz._repr_mimebundle_() == {"text/plain": repr(viz)}


def test_words_alone():
    shown = Display("words", None, None)
    assert shown._repr_mimebundle_() == {"text/plain": "words"} and shown._mime_() == ("text/plain", "words")
    assert display.HEIGHT == shown.height


def test_progress_is_a_bar_in_the_cell(monkeypatch):
    pytest.importorskip("IPython")
    sent = []

    class Handle:
        def update(self, data, raw):
            sent.append(data)

    monkeypatch.setattr(notebook, "running", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda data, raw, display_id: sent.append(data) or Handle())
    with terminal.progress(desc="a <film>", total=3, unit="frame", mininterval=0) as bar:
        assert isinstance(bar, progress_bars.CellBar)
        for _ in range(3):
            bar.update(1)
    assert sent[0]["text/plain"].startswith("a <film>, 0/3 frames") and sent[-1]["text/plain"].startswith(
        "a <film>, 3/3 frames")
    assert '<progress value="3" max="3"' in sent[-1]["text/html"] and "a &lt;film&gt;" in sent[-1]["text/html"]
    assert [each for each in terminal.progress([1, 2], desc="b", total=2)] == [1, 2]


@pytest.mark.slow
@pytest.mark.outside
def test_a_long_render_can_be_stopped(tmp_path):
    """As by the stop button: between two frames, with all as it was, and what is done is there."""
    pytest.importorskip("bpy")
    pytest.importorskip("ipykernel")
    manager = pytest.importorskip("jupyter_client.manager")
    kernel, client = manager.start_new_kernel(kernel_name="python3", cwd=str(tmp_path))

    def run(code):
        # else the kernel drops, for a moment after an error, what is asked next
        return client.execute(code, stop_on_error=False)

    def reply(number):
        while True:
            answer = client.get_shell_msg(timeout=400)
            if answer["parent_header"].get("msg_id") == number:
                return answer["content"]

    try:
        first = reply(run("import mm_blender as mm, bpy\n"
                          "viz = mm.visualize('A @ B', settings={'anim.alg': 'dotprod (row major)', 'A.h': 9, "
                          "'B.w': 9}).build()\nbefore = len(bpy.data.scenes)"))
        assert first["status"] == "ok", first
        going = run("viz.render('film.gif', size=(64, 40), samples=1)")
        until = time.monotonic() + 300
        while len(list((tmp_path / "film.frames").glob("frame_*.png"))) < 3 and time.monotonic() < until:
            time.sleep(0.1)
        kernel.interrupt_kernel()
        stopped = reply(going)
        assert stopped["status"] == "error" and stopped["ename"] == "KeyboardInterrupt"
        done = len(list((tmp_path / "film.frames").glob("frame_*.png")))
        assert 3 <= done < 81 * 4 and not (tmp_path / "film.gif").exists()
        after = run("assert len(bpy.data.scenes) == before and viz.is_built\nviz.values['root'].shape")
        assert reply(after)["status"] == "ok"
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
