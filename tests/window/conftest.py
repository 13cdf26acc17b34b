"""The tests of Blender's window: one screen for all, a Blender with empty preferences for each, and their pictures."""
from __future__ import annotations

import os
from pathlib import Path

import pytest

from window.display import Display, missing
from window.driver import Blender

ROOT = Path(__file__).resolve().parents[2]
PICTURES = Path(os.environ.get("MM_KEEP", ROOT / "out")) / "window"
SIZE = (1600, 1000)
shots: list[Path] = []


def pytest_terminal_summary(terminalreporter):
    if missing():
        terminalreporter.write_line(f"LEFT OUT: the tests of Blender's window, without {' and '.join(missing())} "
                                    "(on Debian: apt-get install xvfb xdotool)", red=True)
    if shots:
        terminalreporter.write_line(f"pictures of Blender's window, to be looked at, in {PICTURES}:")
        for path in shots:
            terminalreporter.write_line(f"  {path.name}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call" and report.failed and "bare_blender" in item.funcargs:
        blender = item.funcargs["bare_blender"]
        report.sections.append(("the window", f"{blender.keep('failed')}\n{blender.log}"))
    return report


@pytest.fixture(scope="session")
def display():
    if missing():
        pytest.skip(f"without {' and '.join(missing())}")
    for old in PICTURES.glob("*.png"):
        old.unlink()
    display = Display(SIZE)
    yield display
    display.close()


@pytest.fixture
def bare_blender(display, tmp_path, request):
    """A Blender as it comes, not yet started."""
    resources = tmp_path / "resources"
    resources.mkdir()
    blender = Blender(os.environ["BLENDER"], display, resources, PICTURES, request.node.name.removeprefix("test_"))
    yield blender
    shots.extend(blender.shots)
    blender.close()


@pytest.fixture
def blender(bare_blender, archive):
    """A Blender with our extension on, not yet started."""
    bare_blender.command("extension", "install-file", "-r", "user_default", "--enable", str(archive))
    return bare_blender
