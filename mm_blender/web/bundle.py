"""The viewer that a page is made with: built from ``viewer/``, and brought by the wheel and the extension."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import MMError

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Viewer:
    """The text of its script and of its style sheet."""

    script: str
    style: str


def viewer() -> Viewer:
    """The viewer that was built. Raises MMError, which says how to build it, where it was not."""
    try:
        return Viewer(*((FOLDER / name).read_text("utf-8") for name in ("viewer.js", "viewer.css")))
    except FileNotFoundError:
        pass
    checkout = FOLDER.parents[1]
    if (checkout / "viewer" / "package.json").exists():
        raise MMError("the viewer of live pages has not been built in this checkout: run scripts/build_viewer there, "
                      "which needs Node.js and npm")
    raise MMError("this installation of mm_blender has no viewer for live pages: install a wheel or the extension, "
                  "which bring it, or run scripts/build_viewer in a checkout")
