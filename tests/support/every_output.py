"""A run of its own that writes a file of every kind, for ``test_paths``: in a home and on a machine whose names are
found wherever they are told.

    every_output.py FOLDER        (in pip's bpy or in a Blender, whose first argument of ours stands behind ``--``)
"""
import ctypes
import os
import sys
from pathlib import Path

HOST = b"qzhost"


def rename_the_machine() -> None:
    """For this process alone, where the system lets one."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(0x04000000) and library.unshare(0x14000000):  # as a user who may everything in a world of theirs
        return
    library.sethostname(HOST, len(HOST))


def write_all(folder: Path) -> None:
    import bpy
    import numpy as np

    import mm_blender as mm
    from mm_blender.expression import sources

    bpy.ops.wm.read_homefile(use_factory_startup=True)
    home = Path(os.environ["HOME"])
    np.save(home / "qzdata" / "b.npy", np.ones((3, 2), np.float32))
    viz = mm.visualize("A @ B", data={"A": np.ones((2, 3))}, assets=home / "qzdata", numbers=True, settings={
        "B.init": "url", "B.url": str(home / "qzdata" / "b.npy"), "B.h": 3, "B.w": 2, "anim.alg": "vmprod"})
    quick = {"size": (48, 32), "samples": 1, "quality": "preview", "progress": False}
    for name in ("a.png", "b.mp4", "b.webm", "b.webp", "c.gif", "d"):
        viz.render(folder / name, **quick, **({} if name == "a.png" else {"frames": (1, 2)}))
    for ending in ("png", "jpg", "webp", "tif", "exr", "pdf", "svg"):
        viz.figure(folder / f"figure.{ending}", (2, 1.5), 40, 6, samples=1, quality="preview", progress=False,
                   font=os.environ["QZ_FONT"])
    bpy.context.scene.render.filepath = str(home / "out" / "my picture.png")
    viz.save(folder / "a.blend")
    mm.side_by_side([viz, viz.edited(look="paper")], titles=["a", "b"]).save(folder / "row.blend", alone=False)
    for scheduler, options in (("plain", {}), ("slurm", {"cpus": 2}), ("flamenco", {})):
        viz.job(folder / "job", scheduler, size=(48, 32), samples=1, quality="preview", **options)
    (folder / "link.txt").write_text(viz.link())
    os.environ["MM_BLENDER_PRESETS"] = str(folder)
    sources.save_preset("mine", viz.params)


if __name__ == "__main__":
    given = Path(sys.argv[-1])
    rename_the_machine()
    write_all(given)
    print(os.uname().nodename)
