"""What is built in Blender: the visualizations of its scene."""
from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .document.asked import asked
from .errors import DataError, MMError, ParameterError, warn
from .system.interrupts import deferring
from .visualization import Visualization

if TYPE_CHECKING:
    import bpy


@deferring
@asked
def visualizations(*, load_data: bool = False, assets: str | os.PathLike | None = None,
                   online: bool = False) -> list[Visualization]:
    """The visualizations that are built in Blender's current scene, as after opening a file. Nothing that the file
    names is read for it; one whose values are not in the file, or that cannot be read, is left out, which is warned of
    (MMWarning). Needs bpy.

    load_data: read the data of those whose values are not in the file, from where it says that they are; what is built
        follows, and holds them from then on. The data of the others are read by ``Visualization.load_data`` alone.
    assets: a folder searched by file name first; then an address counts from the folder of the .blend.
    online: whether URLs may be fetched.

    Raises a ParameterError for ``assets`` or ``online`` without ``load_data``.
    """
    if not load_data and (assets is not None or online):
        raise ParameterError("assets and online say how data are loaded: load_data=True says that they are to be")

    from .scene import build, saved_state
    from .scene.blender_types import scene_now

    found = []
    for collection in saved_state.visualizations(scene_now()):
        try:
            try:
                found.append(of(collection))
            except DataError:
                if not load_data:
                    raise
                build.load_data(collection, assets, online)
                found.append(of(collection))
        except MMError as error:
            warn(f"{collection.name} is left out: {error}")
    return found


def of(collection: bpy.types.Collection) -> Visualization:
    """The visualization that is built in ``collection``. Raises an MMError where it cannot be read."""
    from .scene import held, saved_state

    return Visualization(saved_state.load(collection), held.Handle.to(collection))


@deferring
def clear() -> None:
    """Remove every visualization from Blender's current scene, and give back all that was taken of that. What a person
    made stays; of what is linked from another file only the link goes. Needs bpy. Raises a LinkedError where a link of
    a person's own holds one, and a BusyError where a person is editing one."""
    from .scene import borrowed_scene, build, saved_state
    from .scene.blender_types import scene_now

    scene = scene_now()
    build.remove(*saved_state.visualizations(scene))
    borrowed_scene.settle(scene)
