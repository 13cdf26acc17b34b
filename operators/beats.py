"""The beats of a story as the sidebar shows and changes them, ``collection.mm.beat``: what the beat at hand says.

The story is the document's, in the state of the file; nothing of it is kept here. Which beat is at hand is remembered
on the collection. A change tells the story again, each beat as long as its marker says.
"""
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import bpy

from mm_blender.options import PACES
from mm_blender.story.beats import ALL, Beat, CURRENT, Story

from . import state
from .menu_items import EASES, PLACES
from .properties import choice, flag, number, text

NOTHING = "none"  # as numbers, for those that are seen no more


# ---- the story of a visualization

def story_of(collection: bpy.types.Collection) -> Story | None:
    """The story that a visualization tells; None where it tells none. Raises an MMError."""
    from mm_blender.scene import saved_state

    told = saved_state.load(collection).options.story
    return None if told is None else _read(told)


@lru_cache(8)
def _read(told: str) -> Story:
    from mm_blender.story import reading

    return reading.from_text(told)


def at_hand(collection: bpy.types.Collection) -> int:
    """Which beat is at hand, from 0: the one last picked, as far as there is one."""
    from mm_blender.scene import properties, tags

    story = story_of(collection)
    return min(max(properties.whole(collection, tags.BEAT) or 0, 0), len(story.beats) - 1 if story else 0)


def pick(collection: bpy.types.Collection, at: int) -> None:
    """Have another beat at hand."""
    from mm_blender.scene import tags

    if not collection.library:
        collection[tags.BEAT] = at


def tell(collection: bpy.types.Collection, beats: Sequence[Beat | dict], at: int) -> None:
    """Tell the story with other ``beats``, none of which takes it away, and have the one ``at`` that number at hand.
    Raises an MMError, and then nothing has changed."""
    from mm_blender import built
    from mm_blender.story import reading

    former = story_of(collection)
    title, seconds = (former.title, former.seconds) if former else ("", None)
    built.of(collection).story(reading.from_beats(beats, title, seconds) if beats else [])
    pick(collection, at)


def now(collection: bpy.types.Collection) -> list[Beat]:
    """The beats, each as long as its marker says. Raises an MMError."""
    from mm_blender import built

    told = built.of(collection).told
    return list(told.beats) if told else []


# ---- what the beat at hand says

def _beat(props: Any) -> Beat:
    story = story_of(props.id_data)
    return story.beats[at_hand(props.id_data)] if story else Beat()


def _say(props: Any, **said: Any) -> None:
    from mm_blender import MMError

    collection = props.id_data
    try:
        beats: list[Any] = list(now(collection))
        at = at_hand(collection)
        if beats:
            beats[at] = asdict(beats[at]) | said
            tell(collection, beats, at)
    except MMError as error:
        state.refuse(collection, str(error))
    else:
        state.refuse(collection, None)


def _of(key: str, shown: Any = lambda value: value, meant: Any = lambda value: value) -> tuple:
    """Reader and writer of what a beat says; ``shown``: as the property shows it, ``meant``: what a person means."""
    return (lambda props: shown(getattr(_beat(props), key)), lambda props, value: _say(props, **{key: meant(value)}))


def parts_of(listed: str) -> list[str]:
    """Parts of matrices that stand between commas: ``A[1,:], B`` are two."""
    return [part.strip() for part in re.split(r",(?![^\[]*\])", listed) if part.strip()]


def _numbers_in(written: str) -> Any:
    """Numbers between commas; what is something else as it stands, to be refused by name."""
    try:
        return [float(each) for each in written.split(",")]
    except ValueError:
        return written


def meant_pace(written: str) -> Any:
    """The pace that a person means: a number, several between commas, or a word; None of nothing."""
    found = _numbers_in(written.strip()) if written.strip() else None
    return found[0] if isinstance(found, list) and len(found) == 1 else found


def shown_pace(pace: Any) -> str:
    """A pace as one writes it."""
    if pace is None or isinstance(pace, str):
        return pace or ""
    return ", ".join(f"{each:g}" for each in (pace if isinstance(pace, tuple) else (pace,)))


def _shown_numbers(names: tuple[str, ...] | None) -> str:
    return "" if names is None else ", ".join(names) or NOTHING


def _meant_numbers(written: str) -> list[str] | None:
    named = parts_of(written)
    return None if not named else [] if named == [NOTHING] else named


def _beside() -> tuple:
    """Whether it goes on beside the beat before it."""
    return _of("meanwhile", lambda value: value is not None, lambda value: 0.0 if value else None)


def suggested(props: Any, *words: str) -> list[str]:
    """What a field about matrices offers: ``words``, and the names there are."""
    from mm_blender import MMError
    from mm_blender.expression.tree import nodes
    from mm_blender.scene import saved_state

    try:
        every = nodes(saved_state.load(props.id_data).tree)
    except MMError:
        return list(words)
    return [*words, *dict.fromkeys(node.name or node.path for node in every)]


def _offering(*words: str) -> dict[str, Any]:
    """Of a text about matrices, what is offered for it."""
    return {"search": lambda props, _context, typed: [each for each in suggested(props, *words) if typed in each],
            "search_options": {"SUGGESTION"}}


def offered(*choices: str) -> dict[str, Any]:
    """Of a text, what is offered for it."""
    return {"search": lambda _props, _context, typed: [each for each in choices if typed in each],
            "search_options": {"SUGGESTION"}}


def _annotations() -> dict[str, Any]:
    joined = ", ".join
    return {
        "called": text(_of("name"), "Name", "What its marker and the contact sheet call it"),
        "words": text(_of("words"), "Words", "What is said; it stands as long as it takes to be read"),
        "place": choice(_of("place"), "Place", "Where the words stand", PLACES),
        "seconds": number(_of("seconds", lambda value: value or 0.0, lambda value: value or None), "Seconds",
                          "How long it takes; 0: as long as its motion, its words and its rest need", min=0.0,
                          soft_max=60.0),
        "hold": number(_of("hold"), "Rest", "Seconds at its end in which nothing moves", 0.5, min=0.0, soft_max=10.0),
        "beside": flag(_beside(), "Beside the One Before", "It goes on at once with the beat before it"),
        "meanwhile": number(_of("meanwhile", lambda value: value or 0.0), "After", "Seconds from the beginning of the "
                            "beat before it", min=0.0, soft_max=60.0),
        "sweep": text(_of("sweep", lambda value: value or "", lambda value: value.strip() or None), "Sweep",
                      "Where the sweep goes: start, end, step 4, 2 steps (further); empty: it stays where it is",
                      **offered("start", "end", "1 step", "2 steps", "step 0")),
        "pace": text(_of("pace", shown_pace, meant_pace), "Pace", "How fast: frames a step of a film of 24 a second, "
                     "several between commas, or a word; empty: slow, then faster", **offered(*PACES)),
        "ease": choice(_of("ease"), "Ease", "Whether the sweep starts, or stops, gently", EASES),
        "look": text(_of("look", joined, parts_of), "Look at", "all, a matrix A, a row A[2,:], a column B[:,1], an "
                     "element C[2,1] (from 0), current (what is made), or several between commas, one after another",
                     **_offering(ALL, CURRENT)),
        "view": text(_of("view", lambda value: joined(f"{each:g}" for each in value or ()),
                         lambda value: _numbers_in(value) if value.strip() else None), "View",
                     "From where: degrees to the right of the front, degrees above it, such as 30, 20"),
        "fill": number(_of("fill", lambda value: value or 0.0, lambda value: value or None), "Fill", "The share of the "
                       "picture that what is looked at takes; 0: as it suits", min=0.0, max=1.0, subtype="FACTOR"),
        "orbit": number(_of("orbit"), "Orbit", "Degrees by which the camera goes around it, to the right if positive",
                        soft_min=-360.0, soft_max=360.0, step=500),
        "lit": text(_of("lit", joined, parts_of), "Lit", "What stays bright while all else is dimmed, as under Look "
                    "at; current: what is multiplied", **_offering(CURRENT)),
        "numbers": text(_of("numbers", _shown_numbers, _meant_numbers), "Numbers", "The matrices whose numbers are "
                        "seen from here on, between commas; none: of none; empty: as before", **_offering(NOTHING)),
        "sum": flag(_of("sum"), "Running Sum", "The sum with its terms, at the element that is being made"),
        "arcs": text(_of("arcs", meant=str.strip), "Arcs of", "The row attn[2,:] (from 0) whose weights are seen above "
                     "the picture, as arcs from its token to the others", **_offering()),
    }


class MM_Beat(bpy.types.PropertyGroup):
    """What the beat at hand says"""


MM_Beat.__annotations__ = _annotations()


def picked() -> Any:
    """The property that says which beat is at hand; picking one shows it: the frame goes to where it has arrived."""
    def read(props: Any) -> int:
        from mm_blender import MMError

        try:
            return at_hand(props.id_data)
        except MMError:
            return 0

    def put(props: Any, at: int) -> None:
        pick(props.id_data, at)
        show(bpy.context.scene, props.id_data)

    return bpy.props.IntProperty(name="Beat", description="The beat that is shown, from 0", get=read, set=put, min=0)


def timeline_of(scene: bpy.types.Scene, collection: bpy.types.Collection) -> Any:
    """When all happens, as it stands in the scene; None where no story is told. Raises an MMError."""
    from mm_blender.scene import saved_state, story_objects

    return story_objects.timeline_of(saved_state.load(collection), collection, scene,
                                     story_objects.aspect_of(collection))


def show(scene: bpy.types.Scene | None, collection: bpy.types.Collection) -> None:
    """Have the scene show the beat at hand, near its end, unless it is being played."""
    from mm_blender import MMError

    try:
        told = timeline_of(scene, collection) if scene else None
    except MMError:
        return
    screen = bpy.context.screen
    if told is not None and scene is not None and not (screen and screen.is_animation_playing):
        scene.frame_set(told.shown_at(told.beats[at_hand(collection)]))
