"""One datablock: all that is in it and has a part in pictures, and what it refers to."""
from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from ...scene.blender_types import any_kind, floats, links_in
from .animation import animation, Moved
from .contents import Contents
from .properties import base_of_nodes, properties

# of a scene, what has no part in what a frame shows: where it goes, and how and how fast it is made
WORK = frozenset("""filepath fps fps_base use_persistent_data threads threads_mode device frame_map_old frame_map_new
    use_overwrite use_placeholder use_render_cache tile_size use_auto_tile frame_current frame_start frame_end
    """.split())
APART = frozenset("""objects layer_collection depsgraph freestyle_settings lightgroups ffmpeg bake views stereo_views
    aovs""".split())  # of a scene and its view layers, which a scene for pictures has as Blender makes them


class Datablock(Contents):
    """One datablock. ``plain``: the digest of what is in it; ``keys``: of its keys and drivers, empty without;
    ``kind``: what it is called where something differs. ``owners``: it, and the node trees that are a part of it."""

    def __init__(self, block: bpy.types.ID, weighted: bool):
        super().__init__()
        self.block = block
        self.refers: list[bpy.types.ID] = []
        self.unordered: list[bpy.types.ID] = []
        self.owners: list[bpy.types.ID] = []
        self.is_random = self.tells_time = False
        self._met: dict[tuple[int, str], int] = {}
        self._moved: set[Moved] = set()
        self.kind = _kind(block)
        self.keys = self._animation(block)
        self._block(block, weighted)
        self.refers += self.unordered
        self.plain = self.digest
        self._in_order = self.refers[:len(self.refers) - len(self.unordered)]

    def ordered(self, digests: dict[bpy.types.ID, str]) -> list[str]:
        """The digests of what it refers to, those in order first."""
        return [*(digests[each] for each in self._in_order), *sorted(digests[each] for each in self.unordered)]

    # ---- what is in it

    def refer(self, block: bpy.types.ID | None) -> None:
        """That another datablock is referred to, which is digested apart."""
        if block is None or isinstance(block, (bpy.types.Scene, bpy.types.Action, bpy.types.Library)):
            self.say(type(block).__name__)
            return
        self.say("refers")
        self.refers.append(block)

    def _block(self, block: bpy.types.ID, weighted: bool) -> None:
        self.say(type(block).__name__)
        if isinstance(block, bpy.types.Scene):
            self._scene(block)
        elif isinstance(block, bpy.types.NodeTree):
            self._tree(block)
        elif isinstance(block, bpy.types.Image):
            self._image(block)
        elif isinstance(block, bpy.types.Collection):
            self.say(block.hide_render, floats(block.instance_offset))
            self.unordered += [*block.objects, *block.children]
        elif isinstance(block, bpy.types.Text):
            self.say(block.as_string())
        elif isinstance(block, bpy.types.VectorFont):
            self.file(block.filepath, block.library, block.packed_file)
        else:
            if isinstance(block, bpy.types.Mesh):
                self.mesh(block, weighted)
            self._struct(block)

    def _scene(self, scene: bpy.types.Scene) -> None:
        self.refer(scene.world)
        self.refer(scene.camera)
        for owner in (scene.render, getattr(scene, "cycles", None), scene.eevee, scene.view_settings,
                      scene.display_settings, scene.display, *scene.view_layers):
            if owner is not None:
                self._struct(owner, WORK | APART)

    def _struct(self, owner: Any, skipped: frozenset[str] | set[str] = frozenset()) -> None:
        """All properties of a struct that have a part in pictures."""
        met = (owner.as_pointer(), owner.bl_rna.identifier)
        if met in self._met:
            self.say("met", self._met[met])
            return
        self._met[met] = len(self._met)
        if isinstance(owner, bpy.types.Node):
            self.say("node", owner.name)
            return
        self.say(owner.bl_rna.identifier)
        pointer = owner.as_pointer()
        for name, kind, is_file in properties(owner):
            if name in skipped:
                continue
            try:
                value = getattr(owner, name)
            except (AttributeError, TypeError, ValueError, RuntimeError):
                continue
            if kind == "POINTER":
                self._pointer(name, value)
            elif kind == "COLLECTION":
                self.say(name)
                for item in value:
                    self._item(item)
            elif is_file and value:
                self.say(name)
                self.file(value, self.block.library)
            else:
                self.say(name, self._still(pointer, name, value))
        self.attributes(owner)
        self._own(owner)

    def _item(self, item: Any) -> None:
        """One of a collection, in which places may be empty."""
        if item is None or isinstance(item, bpy.types.ID):
            self.refer(item)
        else:
            self._struct(item)

    def _pointer(self, name: str, value: Any) -> None:
        if value is None:
            return
        self.say(name)
        if not isinstance(value, bpy.types.ID):
            self._struct(value)
        elif value.is_embedded_data and isinstance(value, bpy.types.NodeTree):
            self.data(self._animation(value).encode())
            self._tree(value)
        else:
            self.refer(value)

    def _still(self, pointer: int, name: str, value: Any) -> Any:
        """A plain value, without what keys or drivers give it: that is another one at each frame."""
        if isinstance(value, (bool, int, float, str)):
            return None if (pointer, name, -1) in self._moved else value
        if isinstance(value, (set, frozenset)):
            return sorted(value)
        numbers = np.array(value).ravel().tolist()
        return [None if (pointer, name, at) in self._moved or (pointer, name, -1) in self._moved else number
                for at, number in enumerate(numbers)]

    def _own(self, owner: Any) -> None:
        """A person's own properties, and the inputs of node modifiers before Blender 5.2."""
        try:
            keys = sorted(owner.keys())
        except (AttributeError, TypeError):
            return
        known = owner.bl_rna.properties.keys()
        for key in keys:
            if key in known or key.startswith(("mm_", "_RNA_UI", "cycles")) or key == "mm":
                continue
            self.say(key)
            self._value(owner.as_pointer(), f'["{key}"]', owner[key])

    def _value(self, pointer: int, name: str, value: Any) -> None:
        if isinstance(value, bpy.types.ID):
            self.refer(value)
        elif hasattr(value, "to_dict"):
            self.say(repr(value.to_dict()))
        elif hasattr(value, "to_list"):
            self.say(self._still(pointer, name, value.to_list()))
        elif isinstance(value, (bool, int, float, str)):
            self.say(self._still(pointer, name, int(value) if isinstance(value, bool) else value))  # as a file holds it
        else:
            self.say(str(type(value)))

    def _image(self, image: bpy.types.Image) -> None:
        self._struct(image, {"filepath", "packed_files", "packed_file", "pixels", "render_slots", "size"})
        if image.packed_file and not image.is_dirty:
            self.data(image.packed_file.data)
        elif image.source == "FILE" and not image.is_dirty:
            self.file(bpy.path.abspath(image.filepath, library=image.library), self.block.library)
        elif image.source in ("SEQUENCE", "MOVIE", "TILED"):
            self.folder(bpy.path.abspath(image.filepath, library=image.library))
        else:
            held: Any = image.pixels
            pixels: Any = np.empty(len(held), np.float32)
            held.foreach_get(pixels)
            self.say(floats(image.size))
            self.data(memoryview(pixels).cast("B") if len(pixels) else b"")

    # ---- node trees

    def _tree(self, tree: bpy.types.NodeTree) -> None:
        self.say(tree.bl_idname)
        for item in any_kind(tree).interface.items_tree:
            self.say(item.item_type, item.name)
            if item.item_type == "SOCKET":
                self._struct(item, {"parent", "index", "position", "description"})
        for node in sorted(tree.nodes, key=lambda node: node.name):
            self._node(node)
        self.say(sorted((link.from_node.name, link.from_socket.identifier, link.to_node.name, link.to_socket.identifier,
                         link.is_muted, getattr(link, "multi_input_sort_id", 0)) for link in links_in(tree)))

    def _node(self, node: bpy.types.Node) -> None:
        self.say(node.name, node.bl_idname, node.mute)
        linked = {socket.name for socket in node.outputs if socket.is_linked}
        self.is_random |= node.bl_idname in ("ShaderNodeObjectInfo", "ShaderNodeParticleInfo") and "Random" in linked
        self.tells_time |= node.bl_idname == "GeometryNodeInputSceneTime" and "Seconds" in linked
        pointer = node.as_pointer()
        for name, kind, is_file in properties(node):
            if name in base_of_nodes():
                continue
            value: Any = getattr(node, name, None)
            if kind == "POINTER":
                if isinstance(value, bpy.types.Node):
                    self.say(name, value.name)
                else:
                    self._pointer(name, value)
            elif kind == "COLLECTION":
                for item in value:
                    self._item(item)
            elif is_file and value:
                self.file(value, self.block.library)
            else:
                self.say(name, self._still(pointer, name, value))
        self._own(node)
        for sockets in (node.inputs, node.outputs):
            for socket in sockets:
                if not hasattr(socket, "default_value"):
                    continue
                self.say(socket.identifier)
                value = socket.default_value
                if isinstance(value, bpy.types.ID) or value is None:
                    self.refer(value)
                else:
                    self.say(self._still(socket.as_pointer(), "default_value", value))

    def _animation(self, block: bpy.types.ID) -> str:
        """The digest of what moves a datablock, whose moved properties are noted; empty if nothing does."""
        self.owners.append(block)
        moves, moved = animation(block, self.refer)
        self._moved |= moved
        return moves


def _kind(block: bpy.types.ID) -> str:
    """What a difference is called."""
    for kinds, name in ((bpy.types.Scene, "settings"), (bpy.types.Material, "materials"), (bpy.types.World, "world"),
                        (bpy.types.Light, "lights"), (bpy.types.Camera, "camera"), (bpy.types.Image, "pictures"),
                        (bpy.types.NodeTree, "node groups"), ((bpy.types.Object, bpy.types.Collection), "objects"),
                        ((bpy.types.TextCurve, bpy.types.VectorFont), "texts"), (bpy.types.Mesh, "data")):
        if isinstance(block, kinds):
            return name
    return "other things"
