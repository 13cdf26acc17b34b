"""Which device renders, with Cycles' preferences played by stand-ins."""
from types import SimpleNamespace

import pytest

bpy = pytest.importorskip("bpy")

from mm_blender.errors import MMWarning, RenderError  # noqa: E402
from mm_blender.output import device  # noqa: E402


class Preferences:
    """Cycles' preferences on a machine with ``cards``: (kind, name)."""

    def __init__(self, cards, chosen="NONE", used=(), kinds=("NONE", "CUDA", "OPTIX", "HIP", "ONEAPI", "METAL")):
        self.compute_device_type, self.kinds = chosen, kinds
        self.cards = [SimpleNamespace(type=kind, name=name, use=name in used) for kind, name in
                      [("CPU", "cpu"), *cards]]
        self.devices, self.looked = [], 0

    bl_rna = SimpleNamespace(properties={"compute_device_type": SimpleNamespace(enum_items={})})

    def get_device_types(self, _context):
        return [(kind, kind, "") for kind in self.kinds]

    def refresh_devices(self):
        self.looked += 1
        self.devices = [card for card in self.cards if card.type in ("CPU", self.compute_device_type)]


@pytest.fixture
def machine(monkeypatch):
    """Makes Cycles find these preferences; returns a scene."""
    def make(preferences):
        monkeypatch.setattr(device, "_none_found", False)
        monkeypatch.delenv(device.VARIABLE, raising=False)
        addons = {} if preferences is None else {"cycles": SimpleNamespace(preferences=preferences)}
        monkeypatch.setattr(device, "bpy", SimpleNamespace(context=SimpleNamespace(
            preferences=SimpleNamespace(addons=addons))))
        return SimpleNamespace(cycles=SimpleNamespace(device="CPU"))
    return make


@pytest.mark.parametrize("cards, kind", [
    ([("CUDA", "a"), ("OPTIX", "a")], "OPTIX"), ([("CUDA", "old")], "CUDA"), ([("HIP", "b")], "HIP"),
    ([("ONEAPI", "c")], "ONEAPI"), ([("METAL", "d")], "METAL")])
def test_a_gpu_is_used_where_there_is_one(machine, cards, kind):
    preferences = Preferences(cards)
    scene = machine(preferences)
    assert device.choose(scene) == kind and scene.cycles.device == "GPU"
    assert preferences.compute_device_type == kind
    assert all(card.use for card in preferences.cards if card.type == kind)
    assert not preferences.cards[0].use  # nor the CPU beside it, which would only hold it up


def test_without_one_the_cpu_renders_and_is_not_asked_again(machine):
    preferences = Preferences([])
    scene = machine(preferences)
    assert device.choose(scene) == "CPU" and scene.cycles.device == "CPU"
    looked = preferences.looked
    assert preferences.compute_device_type == "NONE" and looked
    device.choose(scene)
    assert preferences.looked == looked


def test_a_persons_choice_is_kept(machine):
    preferences = Preferences([("OPTIX", "a"), ("CUDA", "a2"), ("CUDA", "b")], "CUDA", used=("b",))
    scene = machine(preferences)
    assert device.choose(scene) == "CUDA"
    assert [card.name for card in preferences.cards if card.use] == ["b"]


def test_wishes(machine, monkeypatch):
    scene = machine(Preferences([("OPTIX", "a")]))
    assert device.choose(scene, "cpu") == "CPU" and scene.cycles.device == "CPU"
    assert device.choose(scene, "gpu") == "OPTIX"
    monkeypatch.setenv(device.VARIABLE, "cpu")
    assert device.choose(scene) == "CPU"
    with pytest.raises(RenderError, match="there is no device 'tpu'; known are auto, cpu, gpu"):
        device.choose(scene, "tpu")


def test_a_gpu_that_is_wished_and_not_there(machine):
    scene = machine(Preferences([]))
    with pytest.warns(MMWarning, match="no GPU that it can use here, so the CPU renders"):
        assert device.choose(scene, "gpu") == "CPU"


def test_builds_without_some_kinds_or_without_cycles(machine):
    scene = machine(Preferences([("HIP", "b")], kinds=("NONE", "HIP")))
    assert device.choose(scene) == "HIP"
    assert device.choose(machine(None)) == "CPU"


def test_a_driver_that_fails(machine, monkeypatch):
    preferences = Preferences([("OPTIX", "a")])
    scene = machine(preferences)

    def fail():
        raise RuntimeError("driver too old")

    monkeypatch.setattr(preferences, "refresh_devices", fail)
    with pytest.warns(MMWarning, match=r"could not be asked for its devices \(driver too old\)"):
        assert device.choose(scene) == "CPU"


def test_in_this_blender(fresh_scene, monkeypatch):
    monkeypatch.setattr(device, "_none_found", False)
    chosen = device.choose(fresh_scene)
    assert fresh_scene.cycles.device == ("CPU" if chosen == "CPU" else "GPU")


@pytest.mark.parametrize("drawn_by, told", [("SOFTWARE", True), ("NVIDIA", False), (None, False)])
def test_eevee_without_a_graphics_card_says_what_it_takes(monkeypatch, recwarn, drawn_by, told):
    monkeypatch.setattr(device, "_drawing_device", lambda: drawn_by)
    monkeypatch.setattr(device, "_draw_something", lambda: None)
    monkeypatch.setattr(device.os, "cpu_count", lambda: 2)
    device.warn_of_eevee((800, 500), 8)
    said = [str(one.message) for one in recwarn if issubclass(one.category, MMWarning)]
    assert len(said) == told
    if told:
        seconds = (device.EEVEE_START + 8 * (device.EEVEE_SAMPLE + device.EEVEE_PIXEL * 400_000)) / 2
        assert f"800 x 500 with 8 samples will take about {seconds:.0f} seconds" in said[0]


def test_what_draws_in_this_blender_is_known_in_the_background(fresh_scene):
    scenes, cameras = len(bpy.data.scenes), len(bpy.data.cameras)
    assert device.software() in (True, False)
    assert device._drawing_device() is not None
    assert (len(bpy.data.scenes), len(bpy.data.cameras)) == (scenes, cameras)


@pytest.mark.parametrize("cards, drawn_by, engine, fast", [
    ([("OPTIX", "a")], "SOFTWARE", "cycles", True), ([], "NVIDIA", "cycles", False),
    ([], "NVIDIA", "eevee", True), ([("OPTIX", "a")], "SOFTWARE", "eevee", False)])
def test_whether_a_graphics_card_does_the_work(machine, monkeypatch, cards, drawn_by, engine, fast):
    machine(Preferences(cards))
    monkeypatch.setattr(device, "_drawing_device", lambda: drawn_by)
    assert device.fast(engine) == fast
