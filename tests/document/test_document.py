"""Documents: frozen, made in one pass, and the same whatever is done with them."""
import copy
import dataclasses

import numpy as np
import pytest

import mm_blender as mm
from mm_blender.document import make
from mm_blender.document.group import Group
from mm_blender.expression.parameters import copied

SMALL = {"A.h": 4, "A.w": 3, "B.w": 5, "anim.alg": "vmprod"}


def small(**options):
    return mm.visualize("relu(A @ B)", settings=SMALL, **options)


def held(document) -> dict:
    """All that a document holds but for its cache, copied."""
    return {field.name: copy.deepcopy(getattr(document, field.name)) for field in dataclasses.fields(document)
            if field.name not in ("cache", "origin")}


def alike(one, other) -> bool:
    """Whether two things of plain values, dataclasses and arrays are the same."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    if dataclasses.is_dataclass(one):
        return type(one) is type(other) and all(
            alike(getattr(one, field.name), getattr(other, field.name)) for field in dataclasses.fields(one))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(alike(x, other[key]) for key, x in one.items())
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(alike, one, other))
    return one == other


@pytest.mark.parametrize("thing", [lambda viz: viz.document, lambda viz: viz.group, lambda viz: viz.document.placement,
                                   lambda viz: mm.side_by_side([viz, viz]).group.arrangement])
def test_nothing_can_be_put_into_one(thing):
    made = thing(small())
    for field in dataclasses.fields(made):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, field.name, None)


def test_whatever_is_done_leaves_a_document_as_it_is():
    viz = small(keys=True)
    document, before = viz.document, held(viz.document)
    viz.composed((200, 100)), viz.framed(2.0), viz.legends(), viz.info(), viz.link(), viz.scales(), viz.colours()
    viz.edited({"layout.gap": 9}, look="paper"), viz.edited(expression="A @ B + C")
    viz.labelled({"root": {"rows": list("abcd"), "cols": list("abcde")}})
    mm.side_by_side([viz, small(look="paper")], titles=["a", "b"]).composed((300, 100))
    assert viz.document is not document and viz.labels and not document.labels
    assert alike(held(document), before)


@pytest.mark.parametrize("representation", ["instances", "tiles", "faces"])
def test_whatever_is_built_leaves_a_document_as_it_is(fresh_scene, tmp_path, representation):
    viz = small(representation=representation, numbers=True)
    document, before = viz.document, held(viz.document)
    viz.build()
    assert viz.document is document
    viz.render(tmp_path / "a.png", (32, 20), 1, engine="workbench", progress=False)
    viz.figure(tmp_path / "a.svg", (2, 1.5), 20, 5, samples=1, look="paper")
    viz.save(tmp_path / "a.blend")
    assert viz.document is document
    viz.change({"layout.gap": 9, "A.h": 6}, look="studio")
    assert viz.document is not document and viz.collection["mm_pitch"]
    assert alike(held(document), before)


def test_one_that_is_edited_back_is_the_one_that_it_was():
    document = small().document
    values, gap = document.values, document.params["layout"]["gap"]
    again = make.edited(make.edited(document, {"layout.gap": 9}), {"layout.gap": gap})
    assert alike(again.placement, document.placement) and alike(again.camera, document.camera)
    assert all(again.values[path] is x for path, x in values.items())  # none is computed again


def test_parameters_are_nobody_elses():
    viz = small()
    viz.params["left"]["h"] = 99
    viz.own_params()["left"]["h"] = 99
    assert viz.params["left"]["h"] == viz.document.params["left"]["h"] == 4
    params = copied(viz.document.params)
    made = make.make(params, {}, viz.options)
    assert "cam" not in made.params and "cam" in viz.params and made.auto_framed


def test_what_was_made_of_a_document_is_computed_once(monkeypatch):
    from mm_blender.appearance import scaling
    from mm_blender.values import compute

    viz, asked = small().edited({"viz.percentile": 90}), []
    found = compute.percentile
    monkeypatch.setattr(scaling.compute, "percentile", lambda *x: asked.append(x) or found(*x))
    viz.scales(), viz.courses(), viz.colours(), viz.span("root"), viz.scales()
    assert len(asked) == 3 and viz.document.scaling is viz.scaling  # once a matrix
    composed = viz.composed((200, 100))
    assert viz.composed((200, 100)) is composed is not viz.composed((100, 200))


# ---- several

def test_a_group_of_one_stands_where_it_stood():
    document = small().document
    one = Group.alone(document)
    member, = one.members
    assert member.document is document and member.scale == 1 and not member.offset.any()
    assert one.placement is document.placement and one.memo is document.cache


def test_where_each_stands_stays_when_one_is_changed_by_itself():
    row = mm.side_by_side([small(), small(), small()], 3)
    offsets, first = row.offsets, row.group
    row.visualizations[1].change({"A.h": 9})
    assert (row.offsets == offsets).all() and row.group is not first
    assert row.group.documents[1] is row.visualizations[1].document


def test_a_row_has_all_verbs(fresh_scene, tmp_path):
    from PIL import Image

    row = mm.side_by_side([small(), small(look="paper")], titles=["a", "b"])
    row.render(tmp_path / "frames", (32, 20), 1, engine="workbench", progress=False, frames=(1, 3))
    pictures = [np.asarray(Image.open(path)) for path in sorted((tmp_path / "frames").glob("*.png"))]
    assert len(pictures) == 3 and (pictures[0] != pictures[2]).any()
    row.render(tmp_path / "a.gif", (32, 20), 1, engine="workbench", progress=False, frames=(1, 2))
    row.figure(tmp_path / "a.png", (2, 1), 40, 5, samples=1)
    row.figure(tmp_path / "a.pdf", (2, 1), 40, 5, samples=1, look="studio", title="two")
    row.save(tmp_path / "a.blend")
    assert Image.open(tmp_path / "a.png").size == (80, 40) and (tmp_path / "a.pdf").read_bytes()[:5] == b"%PDF-"
    assert Image.open(tmp_path / "a.gif").n_frames == 2 and (tmp_path / "a.blend").stat().st_size
    assert row.options.look == "dark" and row.is_built and len(mm.visualizations()) == 2
    with pytest.raises(mm.RenderError, match="steps 0 to"):
        row.render(tmp_path / "b.png", at=999)
    row.remove()
    assert not row.is_built and row.collection is None and not mm.visualizations()


def test_a_row_that_does_not_move_is_no_movie(fresh_scene, tmp_path):
    row = mm.side_by_side([small(animate=False), small(animate=False)])
    with pytest.raises(mm.RenderError, match="nothing moves"):
        row.render(tmp_path / "a.mp4", (32, 20), 1, progress=False)
    assert not row.is_built
