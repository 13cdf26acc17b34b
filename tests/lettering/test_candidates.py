"""Candidates of names: those found lazily are the first of all, by costs that are worked out here one by one."""
import numpy as np
import pytest

from mm_blender.lettering import candidate_places, candidates, coverage, placing, polygons
from mm_blender.lettering.candidate_places import EM_LED, Item, joined, LED, SHORTEST
from mm_blender.lettering.candidates import BESIDE, BOUNDS, Search, Surface


def page_of(seed, count=7, far=True, taken=2):
    rng = np.random.default_rng(seed)
    outlines = []
    for centre in rng.uniform((1, 1), (7, 4), (count, 2)):
        angles = np.sort(rng.uniform(0, 2 * np.pi, 6))
        outlines.append(polygons.hull(centre + rng.uniform(0.3, 1.0) * np.stack([np.cos(angles), np.sin(angles)], 1)))
    most = max(map(len, outlines))
    outlines = np.array([np.concatenate([each, np.repeat(each[-1:], most - len(each), 0)]) for each in outlines])
    boxes = np.array([[(x, y), (x + 0.5, y), (x + 0.5, y + 0.2), (x, y + 0.2)]
                      for x, y in rng.uniform((0, 0), (7, 4), (taken, 2))]).reshape(-1, 4, 2)
    return Surface((0.0, 0.0, 8.0, 5.0), outlines, boxes, 0.15, far)


def all_of(item, page):
    """The costs of all candidates, the cheapest first."""
    own, em = page.outlines[item.outline], page.em
    others = [polygons.hull(each) for at, each in enumerate(page.outlines) if at != item.outline]
    places = candidate_places.around(item, own, em)
    if page.far:
        places = joined([places, candidate_places.anywhere(item, own, page.area, em)])
    boxes, roomy = places.boxes(item.sizes), places.boxes(item.sizes + 2 * candidate_places.AIR * em)
    costs = []
    for at, box in enumerate(boxes):
        if (box < page.area[:2]).any() or (box > page.area[2:]).any() \
                or any(polygons.overlap(roomy[at], each) for each in page.taken):
            continue
        cost = float(places.costs[at] + item.prices[places.ways[at]])
        lower = np.linspace(box[0], box[1], 8), np.linspace(box[3], box[2], 8)
        samples = np.concatenate([lower[0], (lower[0] + lower[1]) / 2, lower[1]])
        for some in ([polygons.hull(own)], others):
            hit = np.any([polygons.inside(samples, each[None])[:, 0] for each in some], axis=0)
            cost += 14 * (hit.mean() + 0.2 * hit.any())
        led = not np.isnan(places.leaders[at, 0, 0])
        if led:
            start, end = places.leaders[at]
            line = start + np.linspace(0, 1, 12)[:, None] * (end - start)
            late = 6 * np.any([polygons.inside(line, each[None])[:, 0] for each in others], axis=0).mean()
            bar = candidates._bars(places.leaders[at:at + 1])[0]
            late += 1000 * any(polygons.overlap(bar, each) for each in page.taken)
        else:
            points = np.concatenate([box, box.mean(0, keepdims=True), (box + np.roll(box, -1, 0)) / 2])
            away, other = (min(np.linalg.norm(polygons.nearest(points, each) - points, axis=1).min() for each in some)
                           for some in ([polygons.hull(own)], others))
            wide = 1.2 * em
            late = 2.5 * np.clip((min(away, 4 * wide) - min(other, 5 * wide)) / wide + 1, 0, 1)
        costs.append((cost, cost + late))
    costs = sorted(costs, key=lambda each: each[0])[:3 * candidates.KEEP]
    return np.sort([cost for _, cost in costs])[:candidates.KEEP]


@pytest.mark.parametrize("seed, far", [(2, True), (4, False)])
def test_what_is_found_is_the_beginning_of_all(seed, far):
    page = page_of(seed, 16, far)
    item = Item(np.array([[0.9, 0.2], [0.5, 0.45]]), np.array([0.0, 0.25]), 2)
    expected, search = all_of(item, page), Search(item, page)
    levels = 0
    while True:
        found = search.found
        np.testing.assert_allclose(found.costs, expected[:len(found.costs)], atol=1e-9)
        assert (expected[len(found.costs):] >= found.rest - 1e-9).all()
        if found.rest == np.inf:
            break
        before = found
        search.go_on()
        levels += 1
        assert np.array_equal(search.found.boxes[:len(before.boxes)], before.boxes)
    assert levels and len(search.found.costs) == len(expected)


def test_bounds_hold_what_is_asked_of_the_first_candidates():
    assert placing.EASY <= BOUNDS[0]                     # names are sorted by how many cost less than that
    assert BOUNDS[BESIDE - 1] < LED + EM_LED * SHORTEST  # until then no place with a leader is looked at
    assert list(BOUNDS) == sorted(BOUNDS) and BOUNDS[-1] == np.inf


def test_a_name_without_any_place_is_left_out():
    page = page_of(3, count=2)
    items = [Item(np.array([[0.6, 0.2]]), np.array([0.0]), 0), Item(np.array([[9.0, 0.2]]), np.array([0.0]), 1)]
    spots = placing.place(items, page)
    assert spots[0] is not None and spots[1] is None


def test_placed_names_touch_neither_each_other_nor_what_is_taken():
    page = page_of(4, count=12)
    spots = placing.place([Item(np.array([[0.7, 0.2]]), np.array([0.0]), at) for at in range(12)], page)
    boxes = [spot[0] for spot in spots if spot is not None]
    assert len(boxes) > 6
    for at, box in enumerate(boxes):
        assert not any(polygons.overlap(box, other) for other in [*boxes[:at], *page.taken])


def test_distances_are_worked_out_to_what_may_be_near_alone(monkeypatch):
    page, looked, rims = page_of(3, 40), [], coverage.Outlines._rims
    drawn, middles = page.drawn, np.random.default_rng(5).uniform((0, 0), (8, 5), (200, 1, 2))
    boxes = middles + np.array([(-0.3, -0.1), (0.3, -0.1), (0.3, 0.1), (-0.3, 0.1)])
    boxes = boxes[(drawn.least(boxes) == 0)]

    def counted(self, points, of):
        looked.append(len(of))
        return rims(self, points, of)

    def found():
        del looked[:]
        mine, others = drawn.distances(boxes, 0, 0.8)
        return mine, np.where(others < mine + 0.2, others, np.inf), sum(looked)

    monkeypatch.setattr(coverage.Outlines, "_rims", counted)
    *now, few = found()
    monkeypatch.setattr(coverage.Outlines, "_apart", lambda self, corners, of: np.full(len(of), -np.inf))
    *then, many = found()
    np.testing.assert_array_equal(now, then)
    assert np.isfinite(now[1]).any() and few < many
