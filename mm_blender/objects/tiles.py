"""Tiles: a matrix as one quad, its elements in a picture that the shader reads (``nodes.tiles``)."""
from __future__ import annotations

import struct

import bpy
import numpy as np

from ..appearance import EDGE, Scale
from ..changes import Colours
from ..shading import Shade, shade
from ..tree import Node, Viz
from . import compat, materials
from .looks import Look
from .matrices import MODIFIER
from .nodes import elements, tiles
from .nodes.builder import Socket, Tree

TARGA = struct.Struct("<BBBHHBHHHHBB")  # the header of a file
CUBES = "cubes"  # the part of a hidden object with the elements of a tile as instances
DRAWN, POSITIVE, NAN, NEGATIVE_INF, POSITIVE_INF = 255, 255, 128, 96, 160


def slots(node: Node) -> tuple[int, int]:
    """How many slots the lattice of a matrix has, down and across, gaps between blocks included."""
    return tuple(axis.size + round(axis.gap) * (axis.count - 1) for axis in (node.rows, node.cols))


def is_tile(obj: bpy.types.Object) -> bool:
    modifier = obj.modifiers.get(MODIFIER)
    return bool(modifier and modifier.node_group and modifier.node_group.name.startswith(tiles.NAME))


def put(obj: bpy.types.Object, node: Node, values: np.ndarray, scale: Scale, colours: Colours, look: Look,
        frame: np.ndarray, axes: np.ndarray, swept: bpy.types.NodesModifier | None = None) -> None:
    """Draw a matrix, which is drawn as cubes or as a tile, as a tile that shows ``values``. ``frame`` (3, 3): of the
    matrix in the world; ``axes``: right, up and backward of the camera there; ``swept``: the modifier by which a sweep
    reveals its points, whose part the shader takes."""
    clear(obj)
    texels = lattice(node, values, scale)
    image = picture(f"mm {node.name}", texels)
    made = material(image, colours, look, texels, shade_of(texels, node.viz, look, frame, axes), swept is not None)
    obj.data.materials.append(made)
    down, across = texels.shape[:2]
    use(obj, tiles.build(swept is not None), {**_of_sweep(swept), "Material": made, "Slots Across": across, "Slots Down": down, **{
        f"{name} {side}": number for side, axis in (("Rows", node.rows), ("Columns", node.cols)) if axis.count > 1
        for name, number in (("Block", axis.step), ("Gap", round(axis.gap)))}})


def _of_sweep(swept: bpy.types.NodesModifier | None) -> dict:
    """The inputs of a modifier that reveals points, under the names that they have for tiles. It rests from now on."""
    if swept is None:
        return {}
    swept.show_viewport = swept.show_render = False
    names = [item.name for item in swept.node_group.interface.items_tree if item.item_type == "SOCKET"
             and item.in_out == "INPUT" and item.name not in ("Geometry", "Block Rows", "Block Columns")]
    return {f"Sweep {name}" if name.startswith("Lit") else name: compat.modifier_input(swept, name) for name in names}


def take_away(obj: bpy.types.Object, swept: bpy.types.NodesModifier | None = None) -> None:
    """Draw a tile as cubes."""
    clear(obj)
    if swept is not None:
        swept.show_viewport = swept.show_render = True
    use(obj, elements.build(), {})


def cubes(obj: bpy.types.Object, collection: bpy.types.Collection) -> bpy.types.Object:
    """What has the elements of a matrix as instances for others to read: itself or, of a tile, a hidden object that
    shares its points."""
    held = next((child for child in obj.children if child.get("mm_part") == CUBES), None)
    if not is_tile(obj):
        if held:
            bpy.data.objects.remove(held)
        return obj
    if held is None:
        held = bpy.data.objects.new(f"mm cubes {obj.name}", obj.data)
        held.parent, held["mm_part"] = obj, CUBES
        held.hide_viewport = held.hide_render = held.hide_select = True
        collection.objects.link(held)
    held.data = obj.data
    held.modifiers.clear()
    for modifier in obj.modifiers:
        copy = held.modifiers.new(modifier.name, "NODES")
        copy.node_group = elements.build() if modifier.name == MODIFIER else modifier.node_group
        _copy_inputs(modifier, copy)
    held.update_tag()
    return held


def _copy_inputs(source: bpy.types.NodesModifier, target: bpy.types.NodesModifier) -> None:
    names = {item.name for item in source.node_group.interface.items_tree if item.item_type == "SOCKET"}
    for item in target.node_group.interface.items_tree:
        if item.item_type == "SOCKET" and item.in_out == "INPUT" and item.name in names and item.name != "Geometry":
            compat.set_modifier_input(target, item.name, compat.modifier_input(source, item.name))


def clear(obj: bpy.types.Object) -> None:
    """Forget the material and the picture of a tile."""
    made = material_of(obj)
    if made is None:
        return
    index = obj.data.materials.find(made.name)
    if index >= 0:
        obj.data.materials.pop(index=index)
    pictures = {node.image for node in made.node_tree.nodes if node.bl_idname == "ShaderNodeTexImage"}
    bpy.data.materials.remove(made)
    bpy.data.batch_remove([image for image in pictures if image and image.users == 0])


def material_of(obj: bpy.types.Object) -> bpy.types.Material | None:
    """The material of a tile; None of what is none."""
    return compat.modifier_input(obj.modifiers[MODIFIER], "Material") if is_tile(obj) else None


def use(obj: bpy.types.Object, group: bpy.types.NodeTree, inputs: dict) -> None:
    """Draw with another group; inputs of the same name stay what they are."""
    modifier = obj.modifiers[MODIFIER]
    names = {item.name for item in group.interface.items_tree if item.item_type == "SOCKET" and item.in_out == "INPUT"}
    held = {item.name: compat.modifier_input(modifier, item.name) for item in modifier.node_group.interface.items_tree
            if item.item_type == "SOCKET" and item.in_out == "INPUT" and item.name in names and item.name != "Geometry"}
    modifier.node_group = group
    for name, value in {**held, **inputs}.items():
        compat.set_modifier_input(modifier, name, value)
    obj.update_tag()


def lattice(node: Node, values: np.ndarray, scale: Scale) -> np.ndarray:
    """The picture of a matrix, uint8 (slots down, slots across, 4) as ``nodes.tiles`` reads it."""
    out = np.zeros((*slots(node), 4), np.uint8)
    out[..., 3] = 255
    rows, cols = (np.arange(axis.size) + np.arange(axis.size) // axis.step * round(axis.gap)
                  for axis in (node.rows, node.cols))
    whole = out.shape[:2] == values.shape
    for start in range(0, node.h, 256):  # what is worked on stays in the processor's cache
        x = values[start:start + 256]
        texels = out[start:start + 256] if whole else np.full((*x.shape, 4), 255, np.uint8)
        with np.errstate(invalid="ignore", over="ignore"):
            share = np.clip((np.abs(x) - np.float32(scale.low)) / np.float32(scale.span), 0, 1) if scale.span else 0 * x
            texels[..., 0] = np.where(x == 0, 0, np.sqrt(share) * np.float32(255) + np.float32(0.5))
        texels[..., 1] = (x > 0) * np.uint8(POSITIVE)
        texels[..., 2] = (x != 0) * np.uint8(DRAWN)
        odd = ~np.isfinite(x)
        if odd.any():
            texels[odd, 0] = 255
            texels[odd, 1] = np.where(np.isnan(x[odd]), NAN, np.where(x[odd] > 0, POSITIVE_INF, NEGATIVE_INF))
        if not whole:
            out[rows[start:start + 256, None], cols[None, :]] = texels
    return out


def picture(name: str, texels: np.ndarray, image: bpy.types.Image | None = None) -> bpy.types.Image:
    """A packed image of ``texels`` (h, w, 4), the first row at the bottom: a new one, or ``image`` changed. As a Targa
    file, which needs no compression: the .blend is compressed as a whole."""
    h, w = texels.shape[:2]
    data = bytearray(TARGA.size + texels.size)
    TARGA.pack_into(data, 0, 0, 0, 2, 0, 0, 0, 0, 0, w, h, 32, 8)
    body = np.frombuffer(data, np.uint8, offset=TARGA.size).reshape(texels.shape)
    for at, channel in enumerate((2, 1, 0, 3)):
        body[..., at] = texels[..., channel]
    data = bytes(data)
    if image is None:
        image = bpy.data.images.new(name, 1, 1, alpha=True)
    image.colorspace_settings.name = "Non-Color"
    image.alpha_mode = "CHANNEL_PACKED"
    image.pack(data=data, data_len=len(data))
    image.source = "FILE"
    return image


def shade_of(texels: np.ndarray, viz: Viz, look: Look, frame: np.ndarray, axes: np.ndarray) -> Shade:
    """What the cubes in ``texels`` take from each other of a look's light. ``frame`` (3, 3): of the matrix in the world;
    ``axes``: right, up and backward of the camera there."""
    most = 384  # slots each way: a patch tells of the whole
    h, w = texels.shape[:2]
    patches = []
    for y in sorted({0, max(0, h // 2 - most // 2)}):
        patches.append(texels[y:y + most // 2, max(0, w // 2 - most // 2):][:, :most])
    patch = np.concatenate(patches)
    half = EDGE * viz.elem_scale / 2
    halves = np.where(patch[..., 2] > 0, half * (viz.min_size + (1 - viz.min_size) * patch[..., 0] / 255.0), 0.0)
    suns = []
    for sun in look.suns:
        towards = np.array(sun.direction) @ axes
        suns.append((frame.T @ (towards / np.linalg.norm(towards)), sun.strength * float(np.mean(sun.color))))
    return shade(halves, frame.T @ axes[2], suns, 0.9 * look.ambient)


def material(image: bpy.types.Image, colours: Colours, look: Look, texels: np.ndarray,
             shades: Shade, sweep: bool = False) -> bpy.types.Material:
    """The material of a tile that shows ``image``; with ``sweep`` one that a sweep reveals and lights."""
    tree = materials._new("mm tile")
    h, w = texels.shape[:2]
    pixel = (1.0 / w, 1.0 / h, 0.0)
    ray = _group(tree, tiles.ray())

    def look_up(depth: float) -> tuple[Socket, Socket]:
        slot = _group(tree, tiles.slot(), Place=ray["Place"], Reach=ray["Reach"], Depth=(depth, depth, 0.0), Pixel=pixel)
        texture = tree.node("ShaderNodeTexImage", set={"image": image, "interpolation": "Closest",
                                                       "extension": "CLIP"}, into={"Vector": slot["Middle"]})
        return slot["Slot"], Socket(tree, texture.outputs["Color"])

    met = None
    for depth in reversed(tiles.DEPTHS):
        here, texel = look_up(depth)
        share = {"Grown": _group(tree, tiles.grown(), Slot=here)["Grown"]} if sweep else {}
        cube = _group(tree, tiles.cube(), **share, Texel=texel, Slot=here, Size=ray["Size"], Inverse=ray["Inverse"],
                      Spread=ray["Spread"], Offset=ray["Offset"])
        found = {"Texel": texel, "Slot": here, "Near": cube["Near"], "Enter": cube["Enter"]}
        if met is None:
            met, hit = found, cube["Hit"]
        else:
            met = {name: _choose(tree, cube["Hit"], met[name], found[name]) for name in met}
            hit = tree.math("MAXIMUM", hit, cube["Hit"])
    face = _group(tree, tiles.face(), **met, Side=ray["Side"])
    lit = face["Highlight"]
    if sweep:
        lit = tree.math("MAXIMUM", lit, _group(tree, tiles.grown(), Slot=met["Slot"])["Highlight"])
    color = materials.colour_of(tree, colours, look, Level=face["Level"], Highlight=lit, Hue_Shift=face["Hue"],
                    Light_Shift=face["Light"])
    if look.accent:
        color = tree.get("ShaderNodeMix", "Result", set={"data_type": "RGBA"}, into={
            "Factor": lit, "A": color, "B": (*look.accent, 1.0)})
    glow = look.glow + lit * look.highlight_glow
    if look.lit:
        kept, added = (_by_face(tree, face["Facing"], ray["Side"], table) for table in (shades.kept, shades.added))
        surface = materials._surface(tree, color, look, glow + added)
        dimmed = tiles._vec(tree, "SCALE", color, kept)
        tree.put(surface.socket.node.inputs["Base Color"], dimmed)
    else:
        surface = materials._surface(tree, color, look, glow)
    if "Normal" in surface.socket.node.inputs:
        tree.put(surface.socket.node.inputs["Normal"], face["Normal"])
    seen = materials._mix(tree, face["Number"], _no_number(tree, face["Sign"]), surface)
    transparent = tree.get("ShaderNodeBsdfTransparent")
    seen = materials._mix(tree, hit, transparent, seen)
    # what light meets that does not come to the camera at once: the colours and the density on average
    far_here, far_texel = look_up(0.0)
    density = _density(tree, far_texel, ray)
    if sweep:
        share = _group(tree, tiles.grown(), Slot=far_here)["Grown"]
        density = density * share * share
    far = materials._mix(tree, density, transparent, _average(tree, texels, colours, look))
    camera = tree.get("ShaderNodeLightPath", "Is Camera Ray")
    materials._output(tree, materials._mix(tree, camera, far, seen))
    if hasattr(tree.material, "cycles"):
        # the faces of cubes are no bumps, which Cycles would shade at most as the plane that they are on
        tree.material.cycles.use_bump_map_correction = False
        tree.material.cycles.emission_sampling = "NONE"  # a glow, no lamp
    return tree.material


def _by_face(tree: Tree, facing: Socket, side: Socket, table: np.ndarray) -> Socket:
    """The number of the face that is seen, of a table (2, 3) by side and axis."""
    middle, half = tuple(table.mean(0)), tuple((table[1] - table[0]) / 2)
    return tiles._vec(tree, "DOT_PRODUCT", facing, tiles._vec(tree, "MULTIPLY_ADD", side, half, middle))


def _group(tree: Tree, group: bpy.types.NodeTree, **into) -> dict[str, Socket]:
    node = tree.node("ShaderNodeGroup")
    node.node_tree = group
    for name, value in into.items():
        tree.put(node.inputs[name.replace("_", " ")], value)
    return {output.name: Socket(tree, output) for output in node.outputs}


def _choose(tree: Tree, which: Socket, no: Socket, yes: Socket) -> Socket:
    kind = "FLOAT" if no.socket.type == "VALUE" else "VECTOR"
    return tree.get("ShaderNodeMix", "Result", set={"data_type": kind}, into={"Factor": which, "A": no, "B": yes})


def _no_number(tree: Tree, sign: Socket) -> Socket:
    """As the chequers of cubes, from afar."""
    nan, negative = abs(sign) < 0.05, sign < -0.05
    grey = (1.0 - 0.75 * negative) * 0.5
    rgb = tree.get("ShaderNodeCombineColor", into={0: grey, 1: grey * (1.0 - nan), 2: grey})
    return tree.get("ShaderNodeEmission", into={"Color": rgb, "Strength": 1.0})


def _density(tree: Tree, texel: Socket, ray: dict) -> Socket:
    """How much of a slot its cube covers for a ray of this slope."""
    edge = tiles._vec(tree, "DOT_PRODUCT", texel, ray["Size"]) * 2.0
    slope = tiles._vec(tree, "DOT_PRODUCT", tiles._vec(tree, "ABSOLUTE", ray["Way"]), (1.0, 1.0, 0.0))
    return tree.math("MINIMUM", edge * edge * (slope + 1.0), 1.0)


def _average(tree: Tree, texels: np.ndarray, colours: Colours, look: Look) -> Socket:
    """A surface of the colours of both signs, by how much there is of them."""
    some = texels[:: max(1, texels.shape[0] // 512), :: max(1, texels.shape[1] // 512)].reshape(-1, 4)
    root, area = some[:, 0] / 255.0, (some[:, 2] > 0) * (0.2 + 0.8 * some[:, 0] / 255.0) ** 2
    both = []
    for sign, of in ((1.0, some[:, 1] > NAN), (-1.0, some[:, 1] <= NAN)):
        weight = float((area * of).sum())
        mean = float((root ** 2 * area * of).sum() / weight) if weight else 0.0
        both.append((weight, materials.colour_of(tree, colours, look, Level=sign * max(mean, 1e-6))))
    share = both[0][0] / (both[0][0] + both[1][0]) if both[0][0] + both[1][0] else 0.5
    color = tree.get("ShaderNodeMix", "Result", set={"data_type": "RGBA"}, into={
        "Factor": share, "A": both[1][1], "B": both[0][1]})
    if not look.lit:
        return tree.get("ShaderNodeEmission", into={"Color": color, "Strength": 1.0})
    return tree.get("ShaderNodeBsdfDiffuse", into={"Color": color})
