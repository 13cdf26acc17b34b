"""Live pages in a person's hands, in a real browser: hover, pin, play, drag, keys, touch, the address; no request."""
import http.server
import io
import json
import threading
import time

import numpy as np
import pytest

import browsing
import mm_blender as mm
from mm_blender.web import bundle, numbers

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.once, pytest.mark.outside]
TOKENS = "the cat sat on the mat".split()
L = np.array([[2, 1, -3], [0, 4, 5]], np.float32)
R = np.array([[3, -1, 2, 0], [4, 2, 1, 5], [1, 0, -2, 3]], np.float32)
PRODUCT = "#mm-page"
READY = "mm.ready"
CONTROLS = ".mm-bar :is(button, select, input)"
POINT = """([path, row, col]) => {
  const { x, y } = mm.where(path, row, col), box = document.querySelector('.mm-picture').getBoundingClientRect();
  return [x + box.left, y + box.top];
}"""  # where an element is on the screen


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Pages by their names: ``small`` and ``attention``."""
    if not (bundle.FOLDER / "viewer.js").exists():
        pytest.skip("the viewer is not built: scripts/build_viewer")
    folder = tmp_path_factory.mktemp("pages")
    rng = np.random.default_rng(4)
    data = {name: rng.normal(size=shape).astype(np.float32) for name, shape in
            (("Q", (6, 4)), ("K", (6, 4)), ("V", (6, 4)))}
    attention = mm.visualize("out = (attn = softmax(tril(Q @ K.T / sqrt(k)))) @ V", data=data, keys=True)
    return {
        "small": mm.visualize("L @ R", data={"L": L, "R": R}).page(
            folder / "small.html", title="Two <b>matrices</b>", caption="of $W_Q$"),
        "attention": attention.labelled({"root.left": {"rows": TOKENS, "cols": TOKENS}}).page(
            folder / "attention.html"),
        "turning": mm.visualize("L @ R", data={"L": L, "R": R}, settings={"anim.spin": 4}).page(
            folder / "turning.html"),
        "reduced": mm.visualize("A @ B", data={"A": rng.normal(size=(90, 60)).astype(np.float32),
                                               "B": rng.normal(size=(60, 80)).astype(np.float32)},
                                reduce="absmax", cells=600).page(folder / "reduced.html")}


@pytest.fixture(scope="module")
def browser():
    with browsing.page() as page:
        yield page.context.browser


@pytest.fixture
def open_page(browser, pages):
    """Open a page; at the end nothing must have gone wrong in it, and nothing must have been asked of any network."""
    opened = []

    def open_one(name, hash_="", width=1000, height=640, **more):
        context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True, **more)
        page = context.new_page()
        page.faults, page.asked = [], []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda said: page.faults.append(said.text) if said.type in ("error", "warning") and
                "GPU stall" not in said.text else None)
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(f"{pages[name].as_uri()}{hash_}")
        page.evaluate(READY)
        opened.append(page)
        return page

    yield open_one
    for page in opened:
        assert page.faults == []
        own = page.url.partition("#")[0]
        assert [url for url in page.asked if not url.startswith((own, "blob:", "data:"))] == []
        page.context.close()


def at(page, path, row, col):
    return page.evaluate(POINT, [path, row, col])


def hover(page, path, row, col):
    page.mouse.move(*at(page, path, row, col))
    page.wait_for_selector(".mm-tip:not(.mm-pinned):not([hidden])")
    return words(page, ".mm-tip:not(.mm-pinned)")


def until(page, what, seconds=20):
    """Wait for an expression; playwright's own way is eval, which the page's policy forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(what):
        assert time.monotonic() < end, what
        time.sleep(0.03)


def words(page, where):
    return " ".join(page.inner_text(where).split())


def pinned(page):
    return words(page, ".mm-pinned") if page.is_visible(".mm-pinned") else None


# ---- reading

def test_hover_reads_an_element_and_what_made_it(open_page):
    page = open_page("small")
    told = hover(page, "root", 1, 0)
    assert told == ("L @ R [1, 0] 21 row 1 column 0 = row 1 of L · column 0 of R = 0·3 + 4·4 + 5·1 = 21")
    assert (L @ R)[1, 0] == 21
    page.mouse.move(5, 5)
    page.wait_for_selector(".mm-tip:not(.mm-pinned)", state="hidden")


def test_hover_tells_tokens_and_seven_digits(open_page):
    page = open_page("attention")
    told = hover(page, "root.left", 5, 1)
    value = next(word for word in told.split() if word.startswith("0."))
    elements = page.evaluate("(() => { const { row, col, value } = mm.elements('root.left');"
                             " return [[...row], [...col], [...value]]; })()")
    want = next(v for r, c, v in zip(*elements) if (r, c) == (5, 1))
    assert float(value) == pytest.approx(want, rel=1e-6) and "“mat”" in told and "“cat”" in told
    assert "softmax(tril((row 5 of Q · column 1 of KT) / 2))" in told


def test_a_cell_tells_its_rows_and_columns(open_page):
    told = hover(open_page("reduced"), "root.left", 1, 1)
    assert "max |x| over" in told and " to " in told and "A [" in told and ":" in told


def test_a_click_pins_and_esc_lets_go(open_page):
    page = open_page("small")
    page.mouse.click(*at(page, "root", 1, 0))
    page.wait_for_selector(".mm-pinned:not([hidden])")
    before = page.evaluate("document.querySelector('.mm-pinned').style.transform")
    page.mouse.move(480, 60)
    page.mouse.down()
    page.mouse.move(560, 90, steps=5)
    page.mouse.up()
    page.wait_for_timeout(700)
    assert "21" in pinned(page), "it stays while the camera turns"
    assert page.evaluate("document.querySelector('.mm-pinned').style.transform") != before
    page.keyboard.press("Escape")
    page.wait_for_selector(".mm-pinned", state="hidden")
    page.mouse.click(*at(page, "root", 0, 0))
    page.click(".mm-pinned .mm-close")
    page.wait_for_selector(".mm-pinned", state="hidden")


def test_a_pin_follows_the_sweep(open_page):
    page = open_page("small", "#algorithm=vvprod&step=0&pin=root,1,1")
    assert "[1, 1] × 0 row" in pinned(page)
    assert "in the end 0·(−1) + 4·2 + 5·0 = 8 step a partial sum: 1 of 3 terms" in pinned(page)
    page.evaluate("mm.frame(1)")
    assert "[1, 1] × 8 row" in pinned(page) and "2 of 3 terms" in pinned(page)


def test_a_finger_taps_drags_and_pinches(open_page):
    page = open_page("small", has_touch=True, is_mobile=True)
    page.touchscreen.tap(*at(page, "root", 1, 0))
    page.wait_for_selector(".mm-pinned:not([hidden])")
    devtools = page.context.new_cdp_session(page)

    def touch(kind, *points):
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [
            {"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]})

    before = page.evaluate("mm.camera()")
    touch("touchStart", (400, 100))
    for step in range(1, 5):
        touch("touchMove", (400 + 20 * step, 100))
    touch("touchEnd")
    turned = page.evaluate("mm.camera()")
    assert turned["position"] != before["position"] and turned["target"] == before["target"]
    touch("touchStart", (400, 300), (500, 300))
    for step in range(1, 5):
        touch("touchMove", (400 - 10 * step, 300), (500 + 10 * step, 300))
    touch("touchEnd")
    nearer = page.evaluate("mm.camera()")

    def away(camera):
        return np.linalg.norm(np.subtract(camera["position"], camera["target"]))

    assert away(nearer) < 0.9 * away(turned)
    assert pinned(page), "it stays pinned meanwhile"


# ---- playing

def test_play_pause_step_and_drag(open_page):
    page = open_page("small", "#algorithm=vvprod&step=0")
    count = page.evaluate("mm.steps")
    page.click("[aria-label='A step on']")
    assert page.evaluate("mm.step") == 1
    page.click("[aria-label='A step back']")
    assert page.evaluate("mm.step") == 0
    slider = page.locator(".mm-slider")
    box = slider.bounding_box()
    page.mouse.move(box["x"] + 8, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2, steps=6)
    page.mouse.up()
    assert page.evaluate("mm.step") == count and slider.get_attribute("aria-valuetext") == "finished"
    page.select_option("[aria-label=Speed]", "0.25")
    page.click("[aria-label='Play again']")
    until(page, "mm.step > 0 && mm.step < mm.steps")
    page.select_option("[aria-label=Speed]", "64")
    until(page, "mm.step === mm.steps")
    page.wait_for_selector("[aria-label='Play again']")


def test_a_still_picture_is_played_by_its_first_sweep(open_page):
    page = open_page("small")
    assert page.evaluate("mm.steps") == 1
    page.click("[aria-label=Play]")
    assert page.evaluate("mm.steps") > 1
    page.wait_for_selector("[aria-label=Pause]")
    page.keyboard.press(" ")
    page.wait_for_selector("[aria-label=Play]")


def test_every_algorithm_can_be_chosen(open_page):
    page = open_page("attention")
    keys = page.eval_on_selector_all("[aria-label=Algorithm] option", "all => all.map(each => each.value)")
    assert len(keys) > 4
    for key in keys:
        page.select_option("[aria-label=Algorithm]", key)
        page.evaluate("mm.frame(Math.floor(mm.steps / 2))")
    page.evaluate("mm.frame(mm.steps)")


def test_keys(open_page):
    page = open_page("small", "#algorithm=vvprod&step=1")
    for key, step in ((".", 2), (",", 1), ("Home", 0), ("End", page.evaluate("mm.steps"))):
        page.keyboard.press(key)
        assert page.evaluate("mm.step") == step, key
    dark = page.evaluate("document.querySelector('.mm-figure').classList.contains('mm-dark')")
    page.focus(".mm-picture")  # which moves by keys of its own
    page.keyboard.press("d")
    until(page, f"document.querySelector('.mm-figure').classList.contains('mm-dark') !== {str(dark).lower()}")
    before = page.evaluate("mm.camera()")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("+")
    assert page.evaluate("mm.camera()") != before
    page.keyboard.press("0")
    assert page.evaluate("mm.camera()") == before
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    assert "Space" in page.inner_text("dialog")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="hidden")


def test_every_control_is_reached_by_tab_and_has_a_name(open_page):
    page = open_page("attention", "#algorithm=axpy&step=3")
    names = []
    for _ in range(30):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.getAttribute('aria-label')")
        if name in names or name is None:
            break
        names.append(name)
        assert page.evaluate("document.querySelector('.mm-bar').matches(':focus-within')") == (len(names) > 1)
    shown = page.eval_on_selector_all(CONTROLS, "all => all.filter(each => each.offsetParent)"
                                      ".map(each => each.getAttribute('aria-label'))")
    assert names[0].startswith("out") and set(shown) == set(names[1:]) and all(shown)


# ---- the address

def test_the_address_keeps_the_view(open_page):
    page = open_page("small")
    page.keyboard.press("d")
    page.select_option("[aria-label=Algorithm]", "axpy")
    page.evaluate("mm.frame(2)")
    page.mouse.click(*at(page, "root.left", 0, 1))
    page.focus(".mm-picture")
    page.keyboard.press("ArrowLeft")
    until(page, "location.hash.includes('camera=') && location.hash.includes('pin=')")
    page.wait_for_timeout(600)
    camera, hash_ = page.evaluate("mm.camera()"), page.evaluate("location.hash")
    again = open_page("small", hash_)
    assert again.evaluate("mm.step") == 2 and "L [0, 1]" in pinned(again)
    assert np.allclose(again.evaluate("mm.camera()")["position"], camera["position"], rtol=1e-5)
    assert not again.evaluate("document.querySelector('.mm-figure').classList.contains('mm-dark')")
    again.evaluate("location.hash = '#step=1&algorithm=vvprod'")
    until(again, "mm.step === 1")
    again.wait_for_selector(".mm-pinned", state="hidden")


def test_a_malformed_address_is_told_and_ignored(open_page):
    page = open_page("small", "#step=x&camera=1,2&algorithm=%ZZ&pin=root,99,0&look=nosuch&nothing")
    note = page.inner_text(".mm-note")
    assert all(word in note for word in ("step", "camera", "algorithm", "pin", "look", "nothing"))
    assert page.evaluate("mm.step") == page.evaluate("mm.steps") and pinned(page) is None


# ---- what leaves the page, and what it is without

def test_a_still_and_the_link(open_page, tmp_path):
    page = open_page("small")
    with page.expect_download(timeout=120_000) as waiting:  # 16 samples of a large picture, in software
        page.keyboard.press("s")
    waiting.value.save_as(tmp_path / "still.png")
    pillow = pytest.importorskip("PIL.Image")
    still = np.asarray(pillow.open(tmp_path / "still.png").convert("RGB"), float)
    assert still.shape == (1280, 2000, 3) and still.std() > 5
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("[aria-label='Copy the web tool\\'s share link']")
    until(page, "document.querySelector('.mm-note').textContent.includes('copied')")
    assert page.evaluate("navigator.clipboard.readText()") == json.loads(page.text_content(PRODUCT))["link"]


def test_texts_are_texts(open_page):
    page = open_page("small")
    assert page.title() == "Two <b>matrices</b>" and page.locator("b").count() == 0
    assert page.locator("h1").text_content() == "Two <b>matrices</b>"


@pytest.mark.parametrize("size", [(360, 640), (480, 480), (800, 480), (1280, 800)])
def test_all_controls_fit(open_page, size):
    page = open_page("attention", "#algorithm=axpy&step=3", *size)
    if page.is_visible("[aria-label=More]"):
        page.click("[aria-label=More]")
    page.wait_for_timeout(500)
    boxes = np.array(page.eval_on_selector_all(CONTROLS, """all => all.filter(each => each.offsetParent).map(each => {
        const { left, top, right, bottom } = each.getBoundingClientRect();
        return [left, top, right, bottom]; })"""))
    assert (boxes[:, :2] >= 0).all() and (boxes[:, 2:] <= np.array(size) + 0.5).all()
    assert ((boxes[:, 2:] - boxes[:, :2]) >= 39.5).all(), "a finger finds them"
    for number, (left, top, right, bottom) in enumerate(boxes):
        rest = np.delete(boxes, number, axis=0)
        beside = (rest[:, 0] >= right - 0.5) | (rest[:, 2] <= left + 0.5)
        assert (beside | (rest[:, 1] >= bottom - 0.5) | (rest[:, 3] <= top + 0.5)).all()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_in_a_notebook_the_wheel_scrolls_until_the_picture_is_clicked(browser, pages):
    page = browser.new_page(viewport={"width": 900, "height": 500})
    page.set_content("<iframe style='width: 800px; height: 460px'></iframe><p style='height: 3000px'>")
    page.evaluate("text => { document.querySelector('iframe').srcdoc = text; }", pages["small"].read_text("utf-8"))
    until(page, "!!document.querySelector('iframe').contentWindow.mm")
    frame = page.frames[1]
    frame.evaluate(READY)
    before = frame.evaluate("mm.camera()")
    page.mouse.move(400, 60)
    page.mouse.wheel(0, 100)
    until(page, "scrollY > 0")
    assert frame.evaluate("mm.camera()") == before
    page.mouse.wheel(0, -400)
    until(page, "scrollY === 0")
    page.mouse.click(400, 60)
    page.mouse.wheel(0, -100)
    until(frame, f"mm.camera().position[0] !== {before['position'][0]!r}")
    assert page.evaluate("scrollY") == 0
    page.close()


def test_without_webgl_it_says_so_in_words(browser, pages):
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script("HTMLCanvasElement.prototype.getContext = (of => function (kind, ...more) {"
                         " return kind.startsWith('webgl') ? null : of.call(this, kind, ...more); })"
                         "(HTMLCanvasElement.prototype.getContext)")
    page.goto(pages["small"].as_uri())
    page.wait_for_selector("[role=alert]")
    assert "WebGL2" in page.inner_text("[role=alert]") and "3 by 4" in page.inner_text("main")
    context.close()


def test_a_graphics_card_that_is_lost_and_comes_back(open_page):
    page = open_page("small")
    page.evaluate("window.card = document.querySelector('.mm-picture').getContext('webgl2')"
                  ".getExtension('WEBGL_lose_context')")
    page.evaluate("card.loseContext()")
    until(page, "document.querySelector('.mm-note').textContent.includes('load it anew')")
    page.keyboard.press("d")  # what is changed meanwhile is there afterwards
    page.evaluate("card.restoreContext()")
    until(page, "document.querySelector('.mm-note').textContent === 'The picture is back.'")
    page.evaluate("mm.draw()")
    pillow = pytest.importorskip("PIL.Image")
    shot = np.asarray(pillow.open(io.BytesIO(page.screenshot())).convert("RGB"), int)
    assert (np.abs(shot - shot[20, 20]).max(-1) > 60).mean() > 0.05 and shot[20, 20].min() > 200


def test_on_paper_the_picture_keeps_its_shape(open_page):
    page = open_page("small")
    page.emulate_media(media="print")
    for canvas in (".mm-picture", ".mm-lettering"):
        assert page.evaluate(f"getComputedStyle(document.querySelector('{canvas}')).objectFit") == "contain"
    assert not page.is_visible(".mm-bar")


def test_colours_of_the_readers_own_hide_no_button(open_page):
    page = open_page("small", forced_colors="active")
    ink, button, mark = (page.evaluate(f"getComputedStyle(document.querySelector('{each}')).color")
                         for each in (".mm-figure", ".mm-button", ".mm-button svg"))
    assert ink == button == mark


def test_without_javascript_it_says_so(browser, pages):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(pages["small"].as_uri())
    assert "JavaScript" in page.inner_text("body")
    context.close()


def test_a_broken_page_says_what_is_wrong(browser, pages, tmp_path):
    text = pages["small"].read_text("utf-8")
    for number, (here, other, why) in enumerate((('"format":1', '"format":99', "format 99"),
                                                 ('class="mm-data">', 'class="mm-data">AAAA', "cannot be shown"))):
        (tmp_path / f"{number}.html").write_text(text.replace(here, other), "utf-8")
        page = browser.new_page()
        page.goto((tmp_path / f"{number}.html").as_uri())
        page.wait_for_selector("[role=alert]")
        assert why in page.inner_text("[role=alert]")
        page.close()


def test_a_page_that_is_still_on_its_way_says_how_far_it_is(browser, tmp_path, monkeypatch):
    monkeypatch.setattr(numbers, "PIECE", 512)
    rng = np.random.default_rng(0)
    data = {name: rng.normal(size=(16, 16)).astype(np.float32) for name in "LR"}
    whole = mm.visualize("L @ R", data=data).page(tmp_path / "page.html").read_bytes()
    half = whole.index(b'class="mm-data"') + (len(whole) - whole.index(b'class="mm-data"')) // 2
    rest = threading.Event()

    class Slow(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(whole[:half])
            self.wfile.flush()
            rest.wait(60)
            self.wfile.write(whole[half:])

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/", wait_until="commit")
        until(page, "document.querySelector('progress')?.value > 0.1", 60)
        assert page.evaluate("document.querySelector('progress').value") < 0.7
        assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == page.evaluate(
            "getComputedStyle(document.querySelector('main')).backgroundColor") != "rgba(0, 0, 0, 0)"
        rest.set()
        page.evaluate(READY)
        assert page.locator("progress").count() == 0 and page.evaluate("mm.elements('root').value.length") == 256
        page.close()
        server.shutdown()


def test_a_camera_that_turns_by_itself_is_no_view_of_a_person(open_page):
    page = open_page("turning")
    before = page.evaluate("mm.camera()")
    until(page, f"mm.camera().position[0] !== {before['position'][0]!r}")
    page.wait_for_timeout(600)
    assert page.evaluate("location.hash") == ""
    page.mouse.move(500, 60)
    page.mouse.wheel(0, -100)
    until(page, "location.hash.includes('camera=')")
    still = page.evaluate("mm.camera()")
    page.wait_for_timeout(300)
    assert page.evaluate("mm.camera()") == still, "a hand ends it"
    calm = open_page("turning", reduced_motion="reduce")
    before = calm.evaluate("mm.camera()")
    calm.wait_for_timeout(400)
    assert calm.evaluate("mm.camera()") == before


def test_motion_is_reduced_where_that_is_asked(open_page):
    page = open_page("small", reduced_motion="reduce")
    assert page.evaluate("getComputedStyle(document.querySelector('.mm-bar')).transitionDuration") in ("0s", "0s, 0s")
    assert json.loads(page.text_content(PRODUCT))["title"]
