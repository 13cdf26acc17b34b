"""A browser to look at files with: Chromium without a window, driven by playwright; where one is missing, tests say so.

    with browsing.page() as page: page.goto(path.as_uri())
    with browsing.served({"/": folder, "/three/": another}) as address: page.goto(f"{address}/index.html")
"""
import functools
import shutil
import threading
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
SOFTWARE = ("--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
            "--ignore-gpu-blocklist")  # WebGL without a graphics card


def chromium() -> str:
    """Where Chromium is; else the test is skipped."""
    pytest.importorskip("playwright", reason="playwright is not installed, which drives the browser")
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("there is no Chromium (apt-get install chromium)")
    return found


@contextmanager
def page(width: int = 960, height: int = 600, **more):
    """An empty page; ``faults`` of it are what went wrong in it."""
    where = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=where, args=list(SOFTWARE))
        try:
            made = browser.new_page(viewport={"width": width, "height": height}, **more)
            made.faults = []
            made.on("pageerror", lambda error: made.faults.append(str(error)))
            made.on("console", lambda said: made.faults.append(said.text) if said.type == "error" else None)
            yield made
        finally:
            browser.close()


@contextmanager
def served(folders: dict[str, Path]):
    """The address of a server on this machine that has ``folders`` under their beginnings of paths."""
    class Handler(SimpleHTTPRequestHandler):
        def translate_path(self, path):
            for start in sorted(folders, key=len, reverse=True):
                if path.startswith(start):
                    return str(folders[start] / path[len(start):].partition("?")[0])
            return "/nothing"

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
