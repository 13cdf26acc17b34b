"""A real Blender in a window, used as a person uses it: mouse and keyboard in, pictures out.

Nothing here waits for a fixed time. Every question to Blender is answered after the events sent before it have been
handled (see ``agent.py``), and whatever takes longer is waited for with a deadline.
"""
from __future__ import annotations

import itertools
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from window import texts
from window.display import Display

AGENT = Path(__file__).with_name("agent.py")
PATIENCE = 60.0  # seconds for anything at all; llvmpipe on a busy machine is slow
STEP = 16  # pixels between the places that are looked at under the mouse; the lowest widget is 18 high
HALF = 9  # of that widget's height
# Where in a row fields and buttons are looked for, as parts of the width between the margins: first what is wide,
# then what is narrow or stands in the middle.
COLUMNS = (0.7,), (0.3,), (0.5, 0.96, 0.04, 0.85, 0.15, 0.6, 0.4)
LEFT, RIGHT = 17, 38  # the margins of a sidebar, the tabs within the right one


class NotFound(AssertionError):
    """Something that a person would look for is not on the screen."""


@dataclass(frozen=True)
class Box:
    """A rectangle on the screen, in pixels from the upper left corner."""

    x: int
    y: int
    width: int
    height: int

    @property
    def centre(self) -> tuple[int, int]:
        return self.x + self.width // 2, self.y + self.height // 2


class Blender:
    """A Blender with its own preferences in the folder ``resources``, on ``display``; pictures go to ``pictures``."""

    def __init__(self, program: str, display: Display, resources: Path, pictures: Path, name: str):
        self.program, self.display, self.resources = program, display, resources
        self.pictures, self.name = pictures, name
        self.shots: list[Path] = []
        self._folder = tempfile.TemporaryDirectory(prefix="mm-window-")  # a socket's path must be short
        self._log = Path(self._folder.name) / "log"
        self._environment = {**os.environ, **display.environment, "BLENDER_USER_RESOURCES": str(resources)}
        self._environment.pop("WAYLAND_DISPLAY", None)
        self._process: subprocess.Popen | None = None
        self._known: dict[tuple[int, int], str | None] = {}  # what was under the mouse, and may have moved since

    # Its life

    def command(self, *arguments: str) -> str:
        """Run ``blender --command ...`` with the same preferences and return what it prints."""
        done = subprocess.run([self.program, "--command", *arguments], env=self._environment, capture_output=True,
                              text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, *arguments: str) -> None:
        """Open the window, with a file or with other arguments of Blender's, and wait until it answers."""
        assert not self.running
        path = Path(self._folder.name) / "socket"
        path.unlink(missing_ok=True)
        width, height = map(str, self.display.size)
        with socket.socket(socket.AF_UNIX) as listener, self._log.open("w") as log:
            listener.bind(str(path))
            listener.listen()
            listener.settimeout(0.2)
            self._process = subprocess.Popen(
                [self.program, "--gpu-backend", "opengl", "--window-geometry", "0", "0", width, height, *arguments,
                 "--python-exit-code", "1", "--python", str(AGENT), "--", str(path)],
                env=self._environment, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
            self._connection = self._accept(listener)
        self._answers = self._connection.makefile("r")
        self._answers.readline()
        self._known.clear()

    def _accept(self, listener: socket.socket) -> socket.socket:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.running:
            try:
                connection = listener.accept()[0]
            except TimeoutError:
                continue
            connection.settimeout(PATIENCE)
            return connection
        raise RuntimeError(f"Blender did not open its window:\n{self.log}")

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """What Blender has printed."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def quit(self) -> None:
        """Press Ctrl-Q, with nothing left to save, and wait until Blender has ended well."""
        self.under(self.area("VIEW_3D").centre)
        self.display.send("key", "ctrl+q")
        try:
            status = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"Blender did not quit; see {self.keep('does not quit')}") from None
        assert status == 0, f"Blender ended with status {status}:\n{self.log}"
        self._hang_up()

    def close(self) -> None:
        """End Blender, whatever it is doing."""
        if self.running:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(PATIENCE)
        self._hang_up()
        self._folder.cleanup()

    def _hang_up(self) -> None:
        if self._process is not None and hasattr(self, "_connection"):
            self._answers.close()
            self._connection.close()

    # Questions

    def ask(self, expression: str) -> Any:
        """The value, as JSON carries it, of a Python expression in Blender, after all events sent so far."""
        try:
            self._connection.sendall(json.dumps({"ask": expression}).encode() + b"\n")
            line = self._answers.readline()
        except OSError as error:
            line, reason = "", f" ({error})"
        else:
            reason = ""
        if not line:
            raise RuntimeError(f"Blender does not answer{reason}: {expression}\n{self.log}")
        answer = json.loads(line)
        assert "error" not in answer, f"{expression}\n{answer['error']}"
        return answer["value"]

    def wait_until(self, expression: str, seconds: float = PATIENCE) -> Any:
        """Ask again and again until the answer is true; return it."""
        deadline = time.monotonic() + seconds
        while not (answer := self.ask(expression)):
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {seconds:g} s: {expression}; see {self.shot('waited')}")
            time.sleep(0.02)
        return answer

    # Pictures

    def picture(self, patience: float = 10.0) -> np.ndarray:
        """The screen, (height, width, 3), when it has come to rest, or as it is after ``patience`` seconds."""
        self.ask("True")
        deadline = time.monotonic() + patience
        before = np.asarray(self.display.picture())
        while True:
            time.sleep(0.05)  # between two looks; a sliding sidebar moves at every frame
            now = np.asarray(self.display.picture())
            if (now == before).all() or time.monotonic() > deadline:
                return now
            before = now

    def shot(self, step: str) -> Path:
        """Keep a picture of the screen at rest, named after the test and the step."""
        self.picture()
        return self.keep(step)

    def keep(self, step: str) -> Path:
        """Keep a picture of the screen as it is, without asking Blender anything."""
        self.pictures.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"\W+", "-", f"{self.name} {len(self.shots) + 1} {step}").strip("-")
        path = self.pictures / f"{name}.png"
        self.display.picture().save(path)
        self.shots.append(path)
        return path

    # Mouse and keyboard

    def move(self, place: Box | tuple[int, int]) -> None:
        """Move the mouse there: to the middle of a box, or to a point."""
        self.display.send("mousemove", *_point(place))

    def click(self, place: Box | tuple[int, int], button: int = 1, times: int = 1) -> None:
        """Click there; ``button`` is 1 left, 2 middle, 3 right."""
        self.move(place)
        self.ask("True")  # Blender must know what is under the mouse before it is pressed
        for _ in range(times):
            self.display.send("click", button)
        self.ask("True")

    def drag(self, start: Box | tuple[int, int], end: Box | tuple[int, int], button: int = 1, steps: int = 8) -> None:
        """Press at ``start``, move to ``end`` in that many steps, and let go."""
        (x0, y0), (x1, y1) = _point(start), _point(end)
        self.move(start)
        self.ask("True")
        self.display.send("mousedown", button)
        for step in range(1, steps + 1):
            self.move((x0 + (x1 - x0) * step // steps, y0 + (y1 - y0) * step // steps))
            self.ask("True")
        self.display.send("mouseup", button)
        self.ask("True")

    def scroll(self, place: Box | tuple[int, int], clicks: int) -> None:
        """Turn the wheel there; positive is downwards."""
        self.move(place)
        for _ in range(abs(clicks)):
            self.display.send("click", 5 if clicks > 0 else 4)
        self.ask("True")

    def key(self, keys: str, at: Box | tuple[int, int] | None = None) -> None:
        """Press keys, such as ``ctrl+z`` or ``Return``; Blender gives them to what the mouse is over."""
        if at is not None:
            self.move(at)
            self.ask("True")
        self.display.send("key", keys)
        self.ask("True")

    def type(self, text: str) -> None:
        self.display.send("type", "--delay", 5, text)
        self.ask("True")

    # Where things are

    def area(self, kind: str, region: str = "WINDOW") -> Box:
        """A region of the first editor of that kind: ``VIEW_3D``, ``DOPESHEET_EDITOR``, …; ``UI`` is the sidebar."""
        for area in self.ask("areas()"):
            if area["type"] == kind:
                for found in area["regions"]:
                    if found["type"] == region:
                        return Box(*(found[side] for side in ("x", "y", "width", "height")))
        raise NotFound(f"{kind} with a region {region}; see {self.shot('no such region')}")

    @property
    def status_bar(self) -> Box:
        """The window's last lines, where Blender tells what went wrong."""
        width, height = self.display.size
        return Box(0, height - 24, width, 24)

    def sidebar(self, tab: str) -> Box:
        """The 3D view's sidebar, opened with N and turned to that tab with the mouse, if that is needed."""
        opened = "any(r['type'] == 'UI' for a in areas() if a['type'] == 'VIEW_3D' for r in a['regions'])"
        if not self.ask(opened):
            self.key("n", at=self.area("VIEW_3D"))
            self.wait_until(opened)
        region = self.area("VIEW_3D", "UI")
        if self.ask("sidebar_tab()") != tab:
            self.click(self.find(tab, within=region, upright=True))
            self.wait_until(f"sidebar_tab() == {tab!r}", 5)
        return region

    def find_all(self, text: str, within: Box | None = None, upright: bool = False) -> list[Box]:
        """Every place where Blender's interface shows exactly this text now; ``upright``: as on a sidebar's tab."""
        return self._look(text, within, upright)[0]

    def find(self, text: str, within: Box | None = None, upright: bool = False, seconds: float = 10.0) -> Box:
        """The one place where Blender's interface shows this text, within ``seconds``.

        Words are whole and go with the dot or comma after them; a label that Blender has cut short is not found.
        """
        deadline = time.monotonic() + seconds
        while True:
            boxes, best = self._look(text, within, upright)
            if len(boxes) == 1:
                return boxes[0]
            if boxes:
                raise NotFound(f"'{text}' is there {len(boxes)} times: {boxes}; see {self.shot(f'many {text}')}")
            if time.monotonic() > deadline:
                raise NotFound(f"'{text}' is not to be seen within {seconds:g} s (the likest text: {best:.2f}); "
                               f"see {self.shot(f'no {text}')}")

    def _look(self, text: str, within: Box | None, upright: bool) -> tuple[list[Box], float]:
        drawn = np.array(self.ask(f"text({text!r})"), np.uint8)
        within = within or Box(0, 0, *self.display.size)
        picture = self.picture(0.0)[within.y:within.y + within.height, within.x:within.x + within.width].mean(axis=2)
        found, best = texts.places(picture, drawn, upright)
        return [Box(x + within.x, y + within.y, width, height) for x, y, width, height in found], best

    def under(self, place: tuple[int, int]) -> str | None:
        """The property or the operator under the mouse, which moves there; see ``agent.widget``."""
        self.move(place)
        name = self._known[place] = self.ask(f"widget{place!r}")
        return name

    def locate(self, operator: str, within: Box | None = None) -> tuple[int, int]:
        """The middle of the button of an operator: ``mm.build``, or with arguments, ``mm.load_preset(name='mlp'``."""
        pattern = re.escape(f"bpy.ops.{operator}") + ("" if "(" in operator else r"\(")
        return self._locate(pattern, f"a button of {operator}", within)

    def locate_property(self, path: str, within: Box | None = None) -> tuple[int, int]:
        """The middle of the field of a property, named by the end of its path: ``mm.look``, ``scale[0]``."""
        return self._locate(rf"bpy\.data\.(.*[.\]])?{re.escape(path)}$", f"a field of {path}", within)

    def widgets(self, within: Box | None = None) -> set[str]:
        """All properties and operators in a region (the sidebar), scrolled from its beginning to its end."""
        return {name for name in map(self.under, self._everywhere(within or self.area("VIEW_3D", "UI"))) if name}

    def _locate(self, pattern: str, wanted: str, within: Box | None) -> tuple[int, int]:
        """Look under the mouse where it was seen before, in the region as it is, and then in all of it."""
        within = within or self.area("VIEW_3D", "UI")

        def fits(place) -> bool:
            return re.match(pattern, self.under(place) or "") is not None

        seen = [place for place, name in self._known.items() if name and re.match(pattern, name)]
        for place in itertools.chain(seen, _grid(within, COLUMNS[0] + COLUMNS[1]), self._everywhere(within)):
            if fits(place):
                # Only the upper edge is exact: below the last widget, that one stays active up to the region's end.
                x, y = place
                while fits((x, y - 1)):
                    y -= 1
                self.under((x, y + HALF))
                return x, y + HALF
        raise NotFound(f"{wanted} is not in {within}; see {self.shot(f'no {wanted}')}")

    def _everywhere(self, box: Box) -> Iterator[tuple[int, int]]:
        """Points in every widget of a region, which is scrolled from its beginning to its end."""
        top = box.x + box.width // 2, box.y + 14  # on the uppermost panel; below all panels the viewport is meant
        for columns in COLUMNS:
            self.key("Home", at=top)
            before = None
            while before is None or (self._crop(box) != before).any():
                before = self._crop(box)
                yield from _grid(box, columns)
                self.scroll(top, 10)

    def _crop(self, box: Box) -> np.ndarray:
        """How a region looks with the mouse outside it."""
        self.move((box.x - 20, box.y + 4))
        return self.picture()[box.y:box.y + box.height, box.x:box.x + box.width - RIGHT]

    def enter(self, field: str, value: object, within: Box | None = None) -> None:
        """Type a value into the field of a property (as for ``locate_property``), with Return before and after.

        Return over a field opens it as a click does, but is not taken for one on the arrows at a number's sides.
        """
        self.locate_property(field, within)
        self.key("Return")
        self.key("ctrl+a")
        self.type(str(value))
        self.key("Return")

    def choose_file(self, path: Path, confirm: str) -> None:
        """In the file browser that is open, go to the folder of ``path``, type its name and press ``confirm``."""
        self.wait_until("any(area['type'] == 'FILE_BROWSER' for area in areas())", 10)
        self.key("ctrl+l", at=self.area("FILE_BROWSER"))
        self.key("ctrl+a")
        self.type(str(path.parent))
        self.key("Return")
        row = self.area("FILE_BROWSER", "EXECUTE")
        self.click((row.x + 100, row.centre[1]), times=2)
        self.key("ctrl+a")
        self.type(path.name)
        self.key("Return")
        self.click(self.find(confirm, within=row))
        self.wait_until("not any(area['type'] == 'FILE_BROWSER' for area in areas())")


def _grid(box: Box, columns: tuple[float, ...]) -> Iterator[tuple[int, int]]:
    for column in columns:
        for y in range(box.y + 4, box.y + box.height, STEP):
            yield box.x + LEFT + int((box.width - LEFT - RIGHT) * column), y


def _point(place: Box | tuple[int, int]) -> tuple[int, int]:
    return place.centre if isinstance(place, Box) else place
