"""Marks: the guides and the arrows of a group as meshes."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..appearance.looks import LOOKS
from ..document.group import Group
from ..expression.tree import MatMul, nodes
from ..layout import guides


@dataclass(frozen=True, eq=False)
class Mark:
    """A mesh of one colour: ``corners`` (n, 3) in metres, ``triangles`` (m, 3), ``colour`` in linear light and
    ``opacity``. Seen from both sides, and as bright as it is, whatever the light."""

    name: str
    corners: np.ndarray
    triangles: np.ndarray
    colour: tuple[float, float, float]
    opacity: float = 1.0


def marks(group: Group) -> Iterator[Mark]:
    """Lines around and along the rows of matrices, and arrows from operands to results, where no sweep goes."""
    look, pitch = LOOKS[group.options.look], group.placement.pitch
    for document, scale, offset in group.members:
        def placed(points: np.ndarray, frame: np.ndarray) -> np.ndarray:
            world = points @ frame[:3, :3].T + frame[:3, 3]
            return ((world * scale + offset) * pitch).astype(np.float32)  # noqa: B023  used at once

        placement = document.placement
        radius = guides.line_radius(float((placement.high - placement.low).max()))
        lined = [node for node in nodes(document.tree) if node.deco.row_guides > 0]
        for node, (corners, quads) in zip(lined, guides.row_bars(lined, radius)):
            light = look.line * node.deco.row_guides ** 2
            red, green, blue = (min(light * hue, 1.0) for hue in look.guide)
            yield Mark(f"{node.name or node.path} rows", placed(corners, placement.matrices[node.path]),
                       quads[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3).astype(np.uint32), (red, green, blue))
        for node in nodes(document.tree):
            if isinstance(node, MatMul) and node.deco.flow_guides > 0 and node.path not in document.schedule.tracks:
                for vane, side, paint in zip(guides.flow_guides(node, document.tree.count), ("left", "right"),
                                             (look.left_vane, look.right_vane)):
                    yield Mark(f"{node.name or node.path} from the {side}", placed(vane, placement.boxes[node.path]),
                               np.array([(0, 1, 2)], np.uint32), paint[:3], paint[3])
