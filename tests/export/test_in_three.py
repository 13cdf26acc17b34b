"""GLB as three.js reads it, in a browser: instances with their colours, and the animation."""
import numpy as np
import pytest

import browsing
import mm_blender as mm
from elements_of import elements_of
from imports import ROOT
from mm_blender.colour.srgb import srgb_to_linear
from mm_blender.layout.places import from_blender

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.once, pytest.mark.outside]
THREE = ROOT / "viewer" / "node_modules" / "three"
HTML = """<!doctype html><meta charset="utf-8"><style>body { margin: 0 }</style>
<link rel="icon" href="data:,">
<script type="importmap">{"imports": {"three": "/three/build/three.module.js"}}</script>
<script type="module">
import * as THREE from "three";
import { GLTFLoader } from "/three/examples/jsm/loaders/GLTFLoader.js";
const renderer = new THREE.WebGLRenderer({ antialias: true, preserveDrawingBuffer: true });
renderer.setSize(innerWidth, innerHeight);
document.body.append(renderer.domElement);
const scene = new THREE.Scene();
scene.background = new THREE.Color(0xffffff);
scene.add(new THREE.HemisphereLight(0xffffff, 0xbbbbbb, 3));
const gltf = await new GLTFLoader().loadAsync(new URLSearchParams(location.search).get("file"));
scene.add(gltf.scene);
const camera = gltf.cameras[0];
const mixer = new THREE.AnimationMixer(gltf.scene);
if (gltf.animations.length) mixer.clipAction(gltf.animations[0]).play();
window.elements = name => {
  const found = [];
  gltf.scene.updateMatrixWorld(true);
  gltf.scene.traverse(each => {
    if (!each.isInstancedMesh || each.userData.path !== name && each.parent.userData.path !== name) return;
    const place = new THREE.Matrix4(), colour = new THREE.Color(), at = new THREE.Vector3(), size = new THREE.Vector3();
    for (let n = 0; n < each.count; n++) {
      each.getMatrixAt(n, place);
      at.setFromMatrixPosition(place.premultiply(each.matrixWorld));
      size.setFromMatrixScale(place);
      each.getColorAt(n, colour);
      found.push([...at, ...size, colour.r, colour.g, colour.b]);
    }
  });
  return found;
};
window.draw = seconds => {
  if (seconds !== undefined) mixer.setTime(seconds);
  renderer.render(scene, camera);
  return renderer.info.render.triangles;
};
window.loaded = true;
</script>"""


@pytest.fixture
def three(tmp_path):
    if not THREE.is_dir():
        pytest.skip("three.js is not here: scripts/build_viewer gets it")
    (tmp_path / "index.html").write_text(HTML)
    with browsing.served({"/": tmp_path, "/three/": THREE}) as address, browsing.page(480, 300) as page:
        def opened(name):
            page.goto(f"{address}/index.html?file={name}")
            page.wait_for_function("window.loaded")
            return page
        yield opened
        assert not page.faults


def test_every_instance_is_there_with_its_colour(three, tmp_path):
    viz = mm.visualize("out = softmax(tril(Q @ K.T / sqrt(k))) @ V", look="paper")
    viz.export(tmp_path / "a.glb")
    page = three("a.glb")
    for path in viz.values:
        have, want = np.array(page.evaluate("path => elements(path)", path)), elements_of(viz, path)
        np.testing.assert_allclose(have[:, :3], from_blender(want.position), atol=1e-5)
        np.testing.assert_allclose(have[:, 3:6], np.repeat(want.edge[:, None], 3, 1), rtol=1e-5)
        np.testing.assert_allclose(have[:, 6:], srgb_to_linear(want.srgb), atol=1e-5)
    assert page.evaluate("draw()") >= 12 * sum(map(np.count_nonzero, viz.values.values()))
    seen = page.screenshot(path=tmp_path / "instances.png")
    viz.export(tmp_path / "b.glb", realized=True)
    page = three("b.glb")
    page.evaluate("draw()")
    assert alike(seen, page.screenshot(path=tmp_path / "cubes.png")) < 3


def alike(a: bytes, b: bytes) -> float:
    """By how much two pictures (PNG) differ, of 255, on average."""
    import io

    Image = pytest.importorskip("PIL.Image")
    a, b = (np.asarray(Image.open(io.BytesIO(each)).convert("RGB"), float) for each in (a, b))
    assert np.ptp(a) > 100
    return float(np.abs(a - b).mean())


def test_the_sweep_plays(three, tmp_path):
    viz = mm.visualize("A @ B", settings={"anim.alg": "vmprod", "A.h": 6, "A.w": 4, "B.w": 5}, frames_per_step=12)
    viz.export(tmp_path / "a.glb")
    page = three("a.glb")
    page.evaluate("draw()")
    for step in (0, 2, 5):
        page.evaluate("seconds => draw(seconds)", step / 2 + 0.1)
        sizes = np.array(page.evaluate("path => elements(path)", "root"))[:, 3]
        assert (sizes > 1e-6).sum() == 5 * (step + 1) + 4 * 5  # rows of the result, and the plane inside
