"""What a page holds, as records: the same as ``viewer/src/format.ts``, which says what each of them means.

Both change together, and ``FORMAT`` with them. Names are the other's with underscores: ``told`` writes them as there.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..appearance.rules import Course, Scale
from .live_look import LiveLook
from .numbers import Numbers
from .palette import LiveMap

FORMAT = 1


@dataclass(frozen=True)
class LiveSplit:
    """A dimension in blocks."""

    size: int
    step: int
    gap: float
    parts: int
    full: int
    full_step: int
    factor: int


@dataclass(frozen=True)
class LiveViz:
    """Settings of sizes and colours; ``map``: index into the page's maps, None for the scheme of hues."""

    sensitivity: str
    min_size: float
    min_light: float
    max_light: float
    elem_scale: float
    zero_hue: float
    hue_gap: float
    hue_spread: float
    map: int | None
    auto: bool
    percentile: float


@dataclass(frozen=True)
class LiveStep:
    """One step of an epilog."""

    name: str
    scalar: float | None
    matrix: str | None
    numbers: list[float]


@dataclass(frozen=True)
class LiveLayout:
    """On which sides operands stand, and how far."""

    gap: float
    positive: bool
    left: bool
    top: bool
    front: bool


@dataclass(frozen=True)
class LiveGuides:
    """Lines: six numbers a segment, half their widths, and the share of the look's light that they have."""

    segments: list[float]
    radii: list[float]
    light: float


@dataclass(frozen=True)
class LiveEdge:
    """What the size along an edge is called, and whether it stands on the far one."""

    letter: str
    far: bool


@dataclass(frozen=True)
class LiveRange:
    """The least and the greatest finite element, and how many others there are."""

    least: float
    greatest: float
    odd: int


@dataclass(frozen=True)
class LiveMatrix:
    """One matrix: a leaf or a result."""

    path: str
    role: str
    name: str
    remark: str
    h: int
    w: int
    d: int | None
    full_h: int
    full_w: int
    full_d: int | None
    left: str | None
    right: str | None
    rows: LiveSplit
    cols: LiveSplit
    inner: LiveSplit | None
    frame: list[float]
    box: list[float] | None
    layout: LiveLayout
    viz: LiveViz
    scale: Scale
    course: Course
    values: Numbers
    chain: list[LiveStep]
    guides: LiveGuides | None
    arrow: list[float] | None
    row_labels: list[str] | None
    col_labels: list[str] | None
    edges: list[LiveEdge] | None
    legends: float
    shape: bool
    reduce: str | None
    exact: LiveRange | None


@dataclass(frozen=True)
class LivePartials:
    """Where the partial results of a sweep stand, and how large they are drawn."""

    frames: list[list[float]]
    scales: list[Scale]


@dataclass(frozen=True)
class LiveTrack:
    """When one matmul sweeps, and by which algorithm."""

    algorithm: str
    walks: str
    fuse: str
    hide_inputs: bool
    count: int
    done: int
    runs: list[list[int]]
    inside: Scale
    partials: LivePartials | None


@dataclass(frozen=True)
class LiveVariant:
    """One way to sweep; ``tracks`` by path."""

    key: str
    title: str
    meaning: str
    steps: int
    tracks: dict[str, LiveTrack]


@dataclass(frozen=True)
class LiveCamera:
    """Where all is seen from."""

    position: list[float]
    target: list[float]
    fov: float
    kind: str
    roll: float
    shift: tuple[float, float]


@dataclass(frozen=True)
class LiveKey:
    """A bar of the colours that a matrix has at some levels, its ticks, and sizes."""

    title: str
    member: int
    path: str
    levels: list[float]
    ticks: list[tuple[float, str]]
    sizes: list[tuple[float, str, float]]


@dataclass(frozen=True)
class LiveMember:
    """One document of the page and its place among the others."""

    title: str
    title_at: list[float] | None
    title_size: float
    scale: float
    offset: list[float]
    matrices: list[LiveMatrix]
    variants: list[LiveVariant]
    start: int


@dataclass(frozen=True)
class LivePage:
    """All of it but the data."""

    format: int
    version: str
    title: str
    caption: str
    expression: str
    link: str
    pitch: float
    low: list[float]
    high: list[float]
    camera: LiveCamera
    auto_framed: bool
    spin: float
    step_seconds: float
    lettering: str
    members: list[LiveMember]
    keys: list[LiveKey]
    show_keys: bool
    maps: list[LiveMap]
    looks: list[LiveLook]
    look: int
    show_numbers: bool
    note: str
    bytes: int
    picture: str


def told(record: Any) -> Any:
    """A record as what JSON has, its fields called as in format.ts. Keys of mappings stay as they are."""
    if dataclasses.is_dataclass(record):
        return {_camel(each.name): told(getattr(record, each.name)) for each in dataclasses.fields(record)}
    if isinstance(record, Mapping):
        return {key: told(value) for key, value in record.items()}
    if isinstance(record, (list, tuple)):
        return [told(each) for each in record]
    return record


def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(word.capitalize() for word in more)
