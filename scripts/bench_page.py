#!/usr/bin/env python3
"""Live pages: what the first frame, a frame while orbiting and a step of a sweep take, beside the reference tool.

    python scripts/bench_page.py --link LINK --sweep LINK [--assets DIR] [--reference CHECKOUT] [--json FILE]

``--link``, ``--sweep``: share links (or files that hold one): what is opened and turned, and what is swept.
``--assets``: a folder with the files that they load. ``--reference``: a checkout of bhosmer/mm, which is served on
loopback with its renderer, scene, camera and object exposed, and measured by turns with ours in the same Chromium
(``--chromium``), 1280 x 1280, software WebGL, or, with ``--gpu``, the machine's own. Times are in milliseconds, with
the GPU waited for: medians of ``--rounds`` starts and of ``--frames`` frames in each; and core-milliseconds, of all of
Chromium's processes, which say what something costs while others work beside it (Linux). Needs playwright, and what
scripts/build_viewer makes.
"""
from __future__ import annotations

import argparse
import contextlib
import functools
import http.server
import json
import os
import statistics
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

SIZE = 1280
WARM = 2  # frames before those that are counted
FLAGS = ["--no-sandbox", "--ignore-gpu-blocklist"]
# a browser without a window finds the GPU by Vulkan on Linux, and by itself elsewhere
HARDWARE = [*FLAGS, *(["--use-angle=vulkan", "--enable-features=Vulkan", "--disable-vulkan-surface"]
                      if sys.platform == "linux" else [])]
SOFTWARE = [*FLAGS, "--use-angle=swiftshader", "--use-gl=angle", "--enable-unsafe-swiftshader"]
RUN = "initFromSearchParams()\n    animate()"
EXPOSED = """initFromSearchParams()
    const pixel = () => {
      const gl = renderer.getContext()
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4))
    }
    const drawn = () => { renderer.render(scene, camera); pixel() }
    window.bench = {
      orbit() {
        const { x, z } = camera.position, [cos, sin] = [Math.cos(0.02), Math.sin(0.02)]
        camera.position.x = cos * x + sin * z
        camera.position.z = cos * z - sin * x
        camera.lookAt(orbit.target.x, orbit.target.y, orbit.target.z)
        drawn()
      },
      step() { obj.bump(); drawn() },
    }
    drawn()
    window.first = performance.now()"""
OURS = """() => mm.ready.then(() => {
  const first = performance.now(), canvas = document.querySelector("canvas");
  let step = 0;
  window.bench = {
    async orbit() {
      const press = { key: "ArrowLeft", bubbles: true, cancelable: true };
      canvas.dispatchEvent(new KeyboardEvent("keydown", press));
      await mm.draw();
    },
    async step() { await mm.frame(++step); },
  };
  return first;
})"""
TIMES = """async ({ what, frames, warm }) => {
  const times = [];
  for (let at = 0; at < frames + warm; at++) {
    const start = performance.now();
    await window.bench[what]();
    times.push(performance.now() - start);
    await new Promise(done => setTimeout(done, 0));
  }
  return times.slice(warm);
}"""


class Reference(http.server.SimpleHTTPRequestHandler):
    """The reference's files, its page with what is measured exposed."""

    def do_GET(self) -> None:
        if self.path.split("?")[0] not in ("/", "/index.html"):
            super().do_GET()
            return
        page = (Path(self.directory) / "index.html").read_text("utf-8")
        if RUN not in page:
            raise SystemExit(f"{self.directory}: its page does not run as it did; say another checkout")
        body = page.replace(RUN, EXPOSED).encode("utf-8")
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextlib.contextmanager
def served(folder: str) -> Iterator[str]:
    """The address at which the reference is served."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Reference, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/index.html"
    finally:
        server.shutdown()


def cores(pid: int | None = None) -> float:
    """Milliseconds that the cores have worked for what was started by a process, this one first, and is alive."""
    spent = 0.0
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid or os.getpid()}/task/{pid or os.getpid()}/children").read_text().split():
            fields = Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()
            spent += 1000 * sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK") + cores(int(child))
    return spent


def opened(browser: Any, address: str, assets: str | None, what: tuple[str, int],
           ours: bool) -> tuple[list[float], list[list[float]]]:
    """Milliseconds and core-milliseconds to the first frame of a page, and of each frame that is then drawn by turning
    or stepping."""
    before = cores()
    page = browser.new_page(viewport={"width": SIZE, "height": SIZE})
    page.set_default_timeout(300_000)

    def answer(route: Any) -> None:
        name = urllib.parse.urlparse(route.request.url).path.rsplit("/", 1)[-1]
        path = Path(assets or ".") / name
        if path.exists():
            route.fulfill(path=str(path), headers={"Access-Control-Allow-Origin": "*"})
        else:
            route.abort()

    page.route("**/*.csv", answer)
    page.goto(address)
    if ours:
        first = page.evaluate(OURS)
    else:
        page.wait_for_function("window.first")
        first = page.evaluate("window.first")
    started = cores()
    times = page.evaluate(TIMES, {"what": what[0], "frames": what[1], "warm": WARM})
    each = (cores() - started) / (what[1] + WARM)
    page.close()
    return [first, started - before], [[time, each] for time in times]


def written(source: str, assets: str | None, folder: Path) -> tuple[str, float]:
    """The address of our page of a link, and the seconds that it took to write, its values aside."""
    import mm_blender as mm

    viz = mm.visualize(source, assets=assets)
    assert viz.values
    start = time.perf_counter()
    path = viz.page(folder / f"{len(list(folder.iterdir()))}.html")
    return Path(path).as_uri(), time.perf_counter() - start


def link(text: str) -> str:
    """A share link, or what a file holds."""
    return Path(text).read_text("utf-8").strip() if Path(text[:200]).is_file() else text


def measured(args: argparse.Namespace) -> dict[str, dict[str, list[list[float]]]]:
    """By whose page and what: milliseconds and core-milliseconds."""
    from playwright.sync_api import sync_playwright

    found: dict[str, dict[str, list[list[float]]]] = {}
    with contextlib.ExitStack() as stack, sync_playwright() as driver:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        pages = {what: {"ours": written(source, args.assets, folder)[0]} for what, source in (
            ("orbit", link(args.link)), ("step", link(args.sweep)))}
        if args.reference:
            address = stack.enter_context(served(args.reference))
            for what, source in (("orbit", link(args.link)), ("step", link(args.sweep))):
                pages[what]["reference"] = f"{address}?{urllib.parse.urlparse(source).query}"
        for _ in range(args.rounds):
            for what, addresses in pages.items():
                for whose, address in addresses.items():
                    browser = driver.chromium.launch(executable_path=args.chromium,
                                                     args=HARDWARE if args.gpu else SOFTWARE)
                    first, times = opened(browser, address, args.assets, (what, args.frames), whose == "ours")
                    browser.close()
                    mine = found.setdefault(whose, {"first frame": [], "orbit": [], "step": []})
                    mine[what] += times
                    if what == "orbit":
                        mine["first frame"].append(first)
    return found


def main() -> int:
    """Measure, and say what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--link", "--sweep"):
        parser.add_argument(name, required=True)
    for name in ("--assets", "--reference", "--json"):
        parser.add_argument(name)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--gpu", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--frames", type=int, default=10)
    args = parser.parse_args()
    found = measured(args)
    medians = {whose: {what: [statistics.median(column) for column in zip(*times)] for what, times in each.items()}
               for whose, each in found.items()}
    for what in ("first frame", "orbit", "step"):
        line = f"{what:12}"
        for whose, each in medians.items():
            line += f"  {whose}{each[what][0]:7.0f} ms {each[what][1]:6.0f} core-ms"
        if "reference" in medians:
            ours, theirs = medians["ours"][what], medians["reference"][what]
            line += f"  {ours[0] / theirs[0]:.2f} and {ours[1] / theirs[1]:.2f} of it"
        print(line)
    if args.json:
        Path(args.json).write_text(json.dumps({"medians": medians, "all": found}, indent=1), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
