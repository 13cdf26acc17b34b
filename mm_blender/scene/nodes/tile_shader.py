"""The shader groups that find the cube that is seen on a tile (``tile_group``).

The ray through the tile is t pitches of depth long, t = 0 on the tile, -r at the front and r at the back of a cube of
half edge r. It is tested against the cubes of a few slots that it goes through; the first that it meets is shown.
Groups are small: what it takes to build one grows with the square of its nodes.
"""
from __future__ import annotations

import bpy

from .builder import ensure, Socket, Tree
from .tile_group import (
    LIT,
    LIT_BY,
    OWN,
    PERIOD,
    PLACE,
    REACHED,
    SHIFT,
    SIZE,
    SWEEP_LIT,
    SWEEP_LIT_BY,
    TOLD_FROM,
    TOLD_TO,
    TOUCH,
    vec,
    vector,
    xyz,
)

# depths at which a ray's slots are looked up, in half edges of the largest cubes
LOOKED = {"Front": -0.8, "Middle": 0.0, "Back": 0.75}
# properties of a tile: 1 / width and 1 / height of its picture; the mean level of what is positive and of what is
# negative, and the share of the first; and tables by face, each the mean of both sides and half their difference
PIXEL, MEAN = "mm_pixel", "mm_mean"
KEPT, ADDED = ("mm_kept_middle", "mm_kept_half"), ("mm_added_middle", "mm_added_half")
MET = ("Texel", "Slot", "Near", "Enter")  # what is known of a cube that was met
LEANING = (0.0, 0.0, 0.02)  # of faces across the tile, to the viewer: Cycles lights nothing that leans away, by a hair
CLOSE = 1e-4                # of a pitch: what is entered at the same depth


def look() -> bpy.types.NodeTree:
    """Where to look in the picture at each depth, and the mean levels of what is positive and negative in all of it."""
    return ensure("mm Tile Look 1", "ShaderNodeTree", _look)


def _look(tree: Tree) -> None:
    ray_met = tree.outputs(ray())
    places = {name: slot_at(tree, ray_met, depth)["Middle"] for name, depth in LOOKED.items()}
    positive, negative, _ = xyz(tree, own(tree, MEAN))
    tree.output(**places, Positive=positive, Negative=negative)


def met(sweep: bool) -> bpy.types.NodeTree:
    """What a ray meets, of the texels at each depth: see ``face``; and how ``Density`` covers what comes from afar."""
    return ensure(f"mm Tile Met{' sweep' if sweep else ''} 2", "ShaderNodeTree", lambda tree: _met(tree, sweep))


def _met(tree: Tree, sweep: bool) -> None:
    texels = {name: tree.input(name, "Vector", description="Texel at this depth") for name in LOOKED}
    ray_met = tree.outputs(ray())
    nearest: dict[str, Socket] = {}
    for name, depth in reversed(LOOKED.items()):
        here = slot_at(tree, ray_met, depth)["Slot"]
        share = {"Grown": tree.outputs(grown(), Slot=here)["Grown"]} if sweep else {}
        crossed = tree.outputs(cube(), **share, Texel=texels[name], Slot=here,
                             **{name: ray_met[name] for name in ("Size", "Inverse", "Spread", "Offset")})
        crossed |= {"Texel": texels[name], "Slot": here}
        nearest = tree.outputs(nearer(), **{f"{where} {name}": each[name] for where, each in (
            ("Near", crossed), ("Far", nearest)) for name in each}) if nearest else crossed
        if depth == 0:
            covered = tree.outputs(density(), Texel=texels[name], Size=ray_met["Size"], Way=ray_met["Way"], **share)
    seen = tree.outputs(face(), Side=ray_met["Side"], **{name: nearest[name] for name in MET})
    untold = seen.pop("Untold")  # while a story lights anything, what the sweep does is not lit
    lit_by_sweep = {"Highlight": tree.math("MAXIMUM", seen["Highlight"], untold * tree.outputs(
        grown(), Slot=nearest["Slot"])["Highlight"])} if sweep else {}
    tree.output(**seen | lit_by_sweep, Side=ray_met["Side"], Hit=nearest["Hit"], Density=covered["Density"])


def slot_at(tree: Tree, ray_met: dict[str, Socket], depth: float) -> dict[str, Socket]:
    """The slot that the ray goes through at a ``depth`` of ``LOOKED``, and its pixel (``slot``)."""
    return tree.outputs(slot(), Place=ray_met["Place"], Reach=ray_met["Reach"], Depth=(depth, depth, 0.0))


def ray() -> bpy.types.NodeTree:
    """The ray in the lattice: ``Place`` on the tile, ``Way`` along it for one depth, ``Reach``: that for the half edge
    of the largest cubes, ``Inverse`` of the way and ``Offset`` so that a slot's middle is met at slot * inverse -
    offset."""
    return ensure("mm Tile Ray 1", "ShaderNodeTree", _ray)


def _ray(tree: Tree) -> None:
    place, size = (read(tree, name) for name in (PLACE, SIZE))
    incoming = tree.get("ShaderNodeNewGeometry", "Incoming")
    towards = tree.get("ShaderNodeVectorTransform", set={"vector_type": "VECTOR", "convert_from": "WORLD",
                                                         "convert_to": "OBJECT"}, into={0: incoming})
    x, y, z = xyz(tree, towards)
    depth = tree.math("MAXIMUM", abs(z), 1e-4)
    way = vec(tree, "ADD", vector(tree, (x * -1.0) / depth, (y * -1.0) / depth, 0.0), (1e-5, 1e-5, 0.0))
    side = vec(tree, "SIGN", towards)
    # where the ray goes through the plane of the elements' centres
    before = vec(tree, "MULTIPLY", vec(tree, "MULTIPLY", place, side), (0.0, 0.0, 1.0))
    deep = vec(tree, "DOT_PRODUCT", before, (1.0, 1.0, 1.0))
    place = vec(tree, "MULTIPLY", vec(tree, "ADD", place, vec(tree, "SCALE", way, deep)), (1.0, 1.0, 0.0))
    wx, wy, _ = xyz(tree, way)
    inverse = vector(tree, 1.0 / wx, 1.0 / wy, 1.0)
    half = vec(tree, "DOT_PRODUCT", size, (1.0, 0.0, 1.0))
    tree.output(Place=place, Way=way, Reach=vec(tree, "SCALE", way, half), Inverse=inverse,
                Spread=vec(tree, "ABSOLUTE", inverse), Size=size,
                Offset=vec(tree, "MULTIPLY", vec(tree, "SUBTRACT", place, (0.5, 0.5, 0.0)), inverse),
                Side=side)


def slot() -> bpy.types.NodeTree:
    """The slot that a ray goes through at a ``Depth``, in half edges of the largest cubes, and its pixel."""
    return ensure("mm Tile Slot 2", "ShaderNodeTree", _slot)


def _slot(tree: Tree) -> None:
    place = tree.input("Place", "Vector")
    reach = tree.input("Reach", "Vector")
    depth = tree.input("Depth", "Vector", (0.0, 0.0, 0.0))
    pixel = own(tree, PIXEL)
    here = vec(tree, "FLOOR", vec(tree, "MULTIPLY_ADD", reach, depth, place))
    middle = vec(tree, "MULTIPLY", vec(tree, "ADD", here, (0.5, 0.5, 0.0)), pixel)
    tree.output(Slot=here, Middle=middle)


def cube() -> bpy.types.NodeTree:
    """Where a ray enters the cube of a slot: ``Near`` along each axis, ``Enter`` the last of them, and whether it
    does: a cube without an edge is entered nowhere."""
    return ensure("mm Tile Cube 1", "ShaderNodeTree", _cube)


def _cube(tree: Tree) -> None:
    texel = tree.input("Texel", "Vector")
    here = tree.input("Slot", "Vector")
    size = tree.input("Size", "Vector")
    inverse, spread, offset = (tree.input(name, "Vector") for name in ("Inverse", "Spread", "Offset"))
    grown = tree.input("Grown", "Float", 1.0)
    half = tree.math("MULTIPLY", vec(tree, "DOT_PRODUCT", texel, size), grown)
    middle = vec(tree, "SUBTRACT", vec(tree, "MULTIPLY", here, inverse), offset)
    reach = vec(tree, "SCALE", spread, half)
    near = vec(tree, "SUBTRACT", middle, reach)
    far = xyz(tree, vec(tree, "ADD", middle, reach))
    first = xyz(tree, near)
    enter = tree.math("MAXIMUM", first[0], tree.math("MAXIMUM", first[1], first[2]))
    leave = tree.math("MINIMUM", far[0], tree.math("MINIMUM", far[1], far[2]))
    tree.output(Near=near, Enter=enter, Hit=enter < leave)


def grown() -> bpy.types.NodeTree:
    """How much of its size an element has reached in a sweep, and whether the sweep lights it."""
    return ensure("mm Tile Grown 1", "ShaderNodeTree", _grown)


def _grown(tree: Tree) -> None:
    here = tree.input("Slot", "Vector")
    in_block = vec(tree, "MODULO", here, read(tree, PERIOD))
    bases = xyz(tree, read(tree, REACHED))
    shares = [tree.math("SUBTRACT", base, vec(tree, "DOT_PRODUCT", in_block, read(tree, name)), clamp=True)
              for base, name in zip(bases, (OWN, TOUCH))]
    tree.output(Grown=tree.math("MAXIMUM", *shares), Highlight=lit(tree, in_block, SWEEP_LIT, SWEEP_LIT_BY))


def face() -> bpy.types.NodeTree:
    """What is seen of the cube that was met: its ``Level``, whether it is lit by hand or by a story, and the face's
    ``Normal``; ``Untold``: 1 while no story lights anything."""
    return ensure("mm Tile Face 4", "ShaderNodeTree", _face)


def _face(tree: Tree) -> None:
    texel = tree.input("Texel", "Vector")
    near = tree.input("Near", "Vector")
    enter = tree.input("Enter", "Float")
    here = tree.input("Slot", "Vector")
    side = tree.input("Side", "Vector")
    root, sign, _ = xyz(tree, texel)
    signed = sign - 0.5
    level = root * root * tree.math("SIGN", signed)
    # the axis that was entered last, within what mixing rounds off
    last = tree.math("SUBTRACT", enter, CLOSE)
    facing = vec(tree, "MULTIPLY_ADD", vec(tree, "SIGN", vec(tree, "SUBTRACT", near, vector(tree, last, last, last))),
                  (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    normal = tree.get("ShaderNodeVectorTransform", set={"vector_type": "NORMAL", "convert_from": "OBJECT",
                                                        "convert_to": "WORLD"},
                      into={0: vec(tree, "MULTIPLY", vec(tree, "ADD", facing, LEANING), side)})
    shift, told = xyz(tree, read(tree, SHIFT)), tree.outputs(told_of(), Slot=here)
    tree.output(Level=level, Number=abs(signed) > 0.4, Sign=signed, Normal=normal, Facing=facing,
                Highlight=tree.math("MAXIMUM", lit(tree, here, LIT, LIT_BY), told["Bright"]), Untold=told["Untold"],
                **{"Hue Shift": shift[0], "Light Shift": shift[1] + told["Dark"]})


def told_of() -> bpy.types.NodeTree:
    """What a story says of a slot: how ``Bright`` it is, and what is added to its lightness."""
    return ensure("mm Tile Told 1", "ShaderNodeTree", _told)


def _told(tree: Tree) -> None:
    here = tree.input("Slot", "Vector")
    first, last = read(tree, TOLD_FROM), read(tree, TOLD_TO)
    inside: Socket | None = None
    for after in (xyz(tree, vec(tree, "SUBTRACT", here, first)), xyz(tree, vec(tree, "SUBTRACT", last, here))):
        for away in after[:2]:
            inside = (away > -0.5) * inside if inside else away > -0.5
    assert inside is not None
    bright, dark = xyz(tree, first)[2], xyz(tree, last)[2]
    tree.output(Bright=inside * bright, Dark=(1.0 - inside) * dark,
                Untold=tree.math("MAXIMUM", bright, abs(dark)) < 1e-6)


def lit(tree: Tree, here: Socket, name: str, by: str) -> Socket:
    """1 where a slot is what the attribute ``name`` lights, along the axes that ``by`` gives."""
    lit_slot, axes = read(tree, name), read(tree, by)
    away = vec(tree, "DOT_PRODUCT", vec(tree, "ABSOLUTE", vec(tree, "SUBTRACT", here, lit_slot)), axes)
    return (away < 0.5) * xyz(tree, axes)[2]


def read(tree: Tree, name: str) -> Socket:
    """An attribute of the tile, where it was met."""
    return tree.get("ShaderNodeAttribute", "Vector", set={"attribute_type": "GEOMETRY", "attribute_name": name})


def own(tree: Tree, name: str) -> Socket:
    """A property of the tile."""
    return tree.get("ShaderNodeAttribute", "Vector", set={"attribute_type": "OBJECT", "attribute_name": name})


def nearer() -> bpy.types.NodeTree:
    """What was met: at the nearer of two depths if anything was met there, else at the other. ``Hit``: in either."""
    return ensure("mm Tile Nearer 1", "ShaderNodeTree", _nearer)


def _nearer(tree: Tree) -> None:
    hits = [tree.input(f"{name} Hit", "Float") for name in ("Near", "Far")]
    out = {}
    for name in MET:
        kind = "Float" if name == "Enter" else "Vector"
        near, far = (tree.input(f"{where} {name}", kind) for where in ("Near", "Far"))
        out[name] = tree.get("ShaderNodeMix", "Result", set={"data_type": kind.upper()}, into={
            "Factor": hits[0], "A": far, "B": near})
    tree.output(Hit=tree.math("MAXIMUM", *hits), **out)


def density() -> bpy.types.NodeTree:
    """How much of a slot its cube covers for a ray of this slope."""
    return ensure("mm Tile Density 1", "ShaderNodeTree", _density)


def _density(tree: Tree) -> None:
    texel, size, way = (tree.input(name, "Vector") for name in ("Texel", "Size", "Way"))
    share = tree.input("Grown", "Float", 1.0)
    edge = vec(tree, "DOT_PRODUCT", texel, size) * 2.0
    slope = vec(tree, "DOT_PRODUCT", vec(tree, "ABSOLUTE", way), (1.0, 1.0, 0.0))
    tree.output(Density=tree.math("MINIMUM", edge * edge * (slope + 1.0), 1.0) * (share * share))
