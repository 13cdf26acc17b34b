"""USD: read back by OpenUSD, it has the elements that are drawn."""
import numpy as np
import pytest

import mm_blender as mm
from elements_of import elements_of
from mm_blender.colour.srgb import srgb_to_linear
from mm_blender.document.film import Film
from mm_blender.export import usd, views
from mm_blender.export.request import ExportRequest
from mm_blender.layout.framing import Camera
from mm_blender.layout.places import to_blender

pytestmark = pytest.mark.once
SMALL = {"A.h": 4, "A.w": 3, "B.w": 5, "B.init": "gaussian"}


@pytest.fixture
def pxr():
    return pytest.importorskip("pxr", reason="OpenUSD (usd-core) is not installed")


def stage(pxr, path):
    from pxr import Usd

    found = Usd.Stage.Open(str(path))
    assert found
    return found


def matrices(found, kind):
    return {prim.GetCustomData()["path"]: prim for prim in found.Traverse()
            if prim.GetTypeName() == kind and "path" in prim.GetCustomData()}


@pytest.mark.parametrize("ending", [".usda", ".usdc", ".usd"])
def test_instances(pxr, tmp_path, ending):
    from pxr import UsdGeom

    viz = mm.visualize("A @ B", settings=SMALL)
    found = stage(pxr, viz.export(tmp_path / f"a{ending}"))
    assert UsdGeom.GetStageUpAxis(found) == "Z" and UsdGeom.GetStageMetersPerUnit(found) == 1
    assert found.GetDefaultPrim().GetPath() == "/matmul"
    prims = matrices(found, "PointInstancer")
    assert set(prims) == set(viz.values)
    for path, prim in prims.items():
        want, instancer = elements_of(viz, path), UsdGeom.PointInstancer(prim)
        frames = np.array(instancer.ComputeInstanceTransformsAtTime(0, 0))
        np.testing.assert_allclose(frames[:, 3, :3], want.position, atol=1e-5)
        np.testing.assert_allclose(frames[:, [0, 1, 2], [0, 1, 2]], np.repeat(want.edge[:, None], 3, 1), rtol=1e-5)
        primvars = UsdGeom.PrimvarsAPI(prim)
        np.testing.assert_allclose(primvars.GetPrimvar("displayColor").Get(), srgb_to_linear(want.srgb), atol=1e-5)
        for name in ("value", "row", "col"):
            np.testing.assert_allclose(primvars.GetPrimvar(name).Get(), getattr(want, name), rtol=1e-6)
        cube, = (found.GetPrimAtPath(target) for target in instancer.GetPrototypesRel().GetTargets())
        assert UsdGeom.Cube(cube).GetSizeAttr().Get() == 1


def test_real_cubes(pxr, tmp_path):
    from pxr import UsdGeom

    viz = mm.visualize("A @ B", settings=SMALL)
    found = stage(pxr, viz.export(tmp_path / "a.usda", realized=True))
    for path, prim in matrices(found, "Mesh").items():
        want, mesh = elements_of(viz, path), UsdGeom.Mesh(prim)
        corners = np.array(mesh.GetPointsAttr().Get()).reshape(-1, 8, 3)
        np.testing.assert_allclose(corners.mean(1), want.position, atol=1e-5)
        np.testing.assert_allclose(np.ptp(corners, axis=1), np.repeat(want.edge[:, None], 3, 1), atol=1e-5)
        assert len(mesh.GetFaceVertexCountsAttr().Get()) == 6 * len(want.edge)
        colours = np.array(UsdGeom.PrimvarsAPI(prim).GetPrimvar("displayColor").Get()).reshape(-1, 8, 3)
        np.testing.assert_allclose(colours, np.repeat(srgb_to_linear(want.srgb)[:, None], 8, 1), atol=1e-5)


def test_the_sweep_is_what_is_visible(pxr, tmp_path):
    from pxr import UsdGeom

    viz = mm.visualize("A @ B", settings={**SMALL, "anim.alg": "vvprod"}, frames_per_step=5)
    found, film = stage(pxr, viz.export(tmp_path / "a.usda")), Film(viz.document)
    assert found.GetStartTimeCode() == 0 and found.GetTimeCodesPerSecond() == 24
    assert found.GetEndTimeCode() == 5 * viz.schedule.steps
    prims = [prim for prim in found.Traverse() if prim.GetTypeName() == "PointInstancer"]
    for step in range(viz.schedule.steps + 1):
        seen = [prim for prim in prims if UsdGeom.Imageable(prim).ComputeVisibility(5 * step) == "inherited"]
        have = np.concatenate([np.array(UsdGeom.PrimvarsAPI(prim).GetPrimvar("value").Get()) for prim in seen])
        want = np.concatenate([shown.value for shown in film.at(step)])
        np.testing.assert_allclose(np.sort(have), np.sort(want), rtol=1e-5)
    still = [prim for prim in prims if UsdGeom.Imageable(prim).ComputeVisibility() == "inherited"]
    assert sum(len(UsdGeom.PrimvarsAPI(prim).GetPrimvar("row").Get()) for prim in still) == 4 * 3 + 3 * 5 + 4 * 5


def test_the_camera(pxr, tmp_path):
    from pxr import UsdGeom

    for projection in ("perspective", "orthographic"):
        viz = mm.visualize("A @ B", settings=SMALL, projection=projection)
        found = stage(pxr, viz.export(tmp_path / f"{projection}.usda"))
        frustum = UsdGeom.Camera(found.GetPrimAtPath("/matmul/camera")).GetCamera().frustum
        for matrix in ("root.left", "root.right", "root"):
            for place in elements_of(viz, matrix).position:
                assert frustum.Intersects(tuple(map(float, place)))


def test_a_persons_camera(pxr, tmp_path):
    from pxr import Gf, UsdGeom

    viz = mm.visualize("A @ B", settings=SMALL)
    camera = Camera(np.array([-9.0, 5.0, 12.0]), np.array([1.0, 0.0, 2.0]), fov=30.0, roll=-35.0, shift=(0.2, -0.1))
    usd.write(viz.group, tmp_path / "a.usda", ExportRequest(camera=camera))
    found = stage(pxr, tmp_path / "a.usda")
    frustum = UsdGeom.Camera(found.GetPrimAtPath("/matmul/camera")).GetCamera().frustum
    sees = frustum.ComputeViewMatrix() * frustum.ComputeProjectionMatrix()
    points = np.random.default_rng(0).normal(size=(20, 3)) * 3
    for point, want in zip(points, camera.page(points, views.ASPECT), strict=True):
        have = sees.Transform(Gf.Vec3d(*map(float, to_blender(point) * viz.placement.pitch)))
        assert (have[0] / 2 + 0.5, have[1] / 2 + 0.5) == pytest.approx(tuple(want), abs=1e-5)


def test_names_are_valid_and_apart(pxr, tmp_path):
    viz = mm.visualize("A @ B @ C")
    row = mm.side_by_side([viz, viz], titles=["8 heads", '8 "heads"'])
    found = stage(pxr, row.export(tmp_path / "a.usda"))
    tops = [prim.GetName() for prim in found.GetDefaultPrim().GetChildren() if prim.GetTypeName() == "Xform"]
    assert tops == ["_8_heads", "_8_heads_2"]
    prims = [prim for prim in found.Traverse() if prim.GetTypeName() == "PointInstancer"]
    assert len(prims) == 10 and {prim.GetCustomData()["matrix"] for prim in prims} >= {'8 "heads": A', "8 heads: B"}


def test_what_openusd_makes_is_refused_without_it(tmp_path, monkeypatch):
    monkeypatch.setattr(usd.importlib.util, "find_spec", lambda name: None)
    viz = mm.visualize("A @ B", settings=SMALL)
    with pytest.raises(mm.RenderError, match="pip install usd-core, or name the file a.usda"):
        viz.export(tmp_path / "a.usdc")
    assert viz.export(tmp_path / "a.usda").stat().st_size > 1000
