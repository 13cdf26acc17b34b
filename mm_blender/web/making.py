"""Making a page: all that it holds, of the documents that it shows."""
from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from ..document import composition, make, sharing
from ..document.document import Document
from ..document.group import Group
from ..errors import MMWarning, ParameterError, SizeError, warn
from ..expression.tree import elements, nodes
from ..layout.framing import Camera, WHOLE
from ..options import FPS
from ..plain import said
from ..version import __version__
from . import bundle, plain_picture
from .html import html
from .live_keys import live_keys
from .live_look import live_looks
from .live_matrix import live_matrix, Making
from .manifest import FORMAT, LiveCamera, LiveMember, LivePage
from .numbers import Data, EXACT
from .palette import Palette
from .variants import variants

WHOLE_UP_TO = 2 ** 22   # elements of all matrices that a page shows as they are …
MOST = 2 ** 24          # … or, where nothing is to be reduced, that it holds at all
SIZE = (1280, 800)      # of the window that a page is made for, in pixels; in another it frames itself
SPIN = 0.05             # radians a second that anim.spin is counted in
TITLE = 200             # letters of a title that nobody gave


@dataclass(frozen=True)
class Request:
    """What is asked of a page: the ``algorithms`` that it can play besides the documents' own, its texts, and the
    ``camera``; None: the documents' own, or one that sees all."""

    algorithms: tuple[str, ...]
    title: str | None = None
    caption: str | None = None
    camera: Camera | None = None


def text(group: Group, request: Request) -> str:
    """The HTML of the page of a group. Raises an MMError."""
    viewer = bundle.viewer()  # before what takes longer
    return html(*made(group, request), viewer)


def made(group: Group, request: Request) -> tuple[LivePage, list[str]]:
    """The page of a group, and its data, packed, in pieces. Computes the values. Raises an MMError."""
    if any(document.plan.elides for document in group.documents):
        raise ParameterError("a live page shows all rows and columns, or reduces them: leave show out")
    group = _fitting(group)
    if isinstance(group.options.numbers, str):
        warn(f"a live page writes the numbers of all matrices with as many decimals as have room, not "
             f"{said(group.options.numbers)}")
    if group.options.sums or group.options.arcs is not None:
        warn("a live page has no running sums and no arcs between tokens; pointing at an element tells its terms")
    if any(document.options.pace is not None for document in group.documents):
        warn("a live page plays all steps alike, as long as the pace makes them in the mean")
    data = Data(sum(elements(document.tree) for document in group.documents) <= EXACT)
    palette = Palette()
    placed = group.auto_framed and request.camera is None
    camera = composition.framed(group, SIZE[0] / SIZE[1], WHOLE, True) if placed else request.camera or group.camera
    members = _members(group, camera, data, palette, request.algorithms)
    packed = data.packed()
    document, placement, options = group.first, group.placement, group.options
    alone, rate = len(group.documents) == 1, document.frame_rate(FPS)
    looks = live_looks(options.look, palette)  # which may add to the maps
    return LivePage(
        format=FORMAT, version=__version__, title=_title(group, request), caption=request.caption or "",
        expression=document.written if alone else "", link=_link(document) if alone else "", pitch=placement.pitch,
        low=placement.low.tolist(), high=placement.high.tolist(), camera=_camera(camera), auto_framed=placed,
        spin=SPIN * document.tree.anim.spin if group.turns else 0.0, step_seconds=document.step_frames(rate) / rate,
        lettering=options.lettering, members=members, keys=live_keys(group), show_keys=options.keys, maps=palette.maps,
        looks=looks, look=0, show_numbers=bool(options.numbers), note=_note(group, data, members), bytes=data.size,
        picture=plain_picture.address(group, camera)), packed


def _fitting(group: Group) -> Group:
    """``group``, reduced where it has more elements than a page shows as they are. Raises SizeError."""
    counts = [elements(document.tree) for document in group.documents]
    total = sum(counts)
    kept = all(document.options.reduce == "none" for document in group.documents)
    if total <= WHOLE_UP_TO or kept and total <= MOST:
        return group
    if kept:
        raise SizeError(f"{total:,} elements are more than the {MOST:,} that a page can hold: let them be reduced "
                        "(reduce='absmax'), or show a slice of them")
    share = WHOLE_UP_TO / total
    return make.rearranged(group, [make.edited(document, options={"cells": max(int(count * share), 1)})
                                   for document, count in zip(group.documents, counts)])


def _members(group: Group, camera: Camera, data: Data, palette: Palette,
             algorithms: Sequence[str]) -> list[LiveMember]:
    arrows = None if group.options.lettering == "planes" else composition.arrows(group, SIZE, camera)
    titles = group.title_texts()
    out = []
    for number, (document, scale, offset) in enumerate(group.members):
        here = None if arrows is None else {path: size for (owner, path), size in arrows.items() if owner == number}
        making = Making(document, data, palette, here)
        matrices = [live_matrix(node, making) for node in nodes(document.tree)]
        title = titles[number] if number < len(titles) else None
        out.append(LiveMember(
            title.text if title else "", title.frame[:3, 3].tolist() if title else None, title.size if title else 0.0,
            scale, offset.tolist(), matrices, variants(document, algorithms), 0))
    return out


def _title(group: Group, request: Request) -> str:
    if request.title is not None:
        return request.title
    words = group.options.name or ", ".join(dict.fromkeys(each.written for each in group.documents))
    return words if len(words) <= TITLE else words[:TITLE - 1] + "…"


def _link(document: Document) -> str:
    """Its share link; what is not in it is the page's in any case."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MMWarning)
        return sharing.link(document, None)


def _camera(camera: Camera) -> LiveCamera:
    return LiveCamera(camera.position.tolist(), camera.target.tolist(), camera.fov, camera.kind, camera.roll,
                      camera.shift)


def _note(group: Group, data: Data, members: Sequence[LiveMember]) -> str:
    """The small print: what is not as it was computed."""
    matrices = [matrix for member in members for matrix in member.matrices]
    said = []
    if not data.exact:
        error = max(matrix.values.error for matrix in matrices)
        said.append(f"Values are kept in two bytes each, with 11 bits of their digits: at most {error:.1g} off.")
    reduced = [matrix for matrix in matrices if matrix.reduce]
    if reduced:
        count = sum(elements(document.true) for document in group.documents)
        said.append(f"{count:,} elements are shown reduced: {', '.join(sorted({str(each.remark) for each in reduced}))}"
                    ".")
    return " ".join(said)
