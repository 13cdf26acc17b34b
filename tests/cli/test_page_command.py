"""The command that writes live pages: what it hands on, what it refuses, what it opens."""
import numpy as np
import pytest

from checkpoints import write_safetensors
from mm_blender.cli.main import main
from page_file import a_viewer, LivePage  # noqa: F401  a fixture

pytestmark = pytest.mark.usefixtures("a_viewer")


@pytest.fixture
def opened(monkeypatch):
    """The addresses that a browser was asked to open."""
    seen = []
    monkeypatch.setattr("webbrowser.open", lambda address: seen.append(address) or True)
    return seen


def refused(capsys, *argv: str) -> str:
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == "" and "Traceback" not in err
    return err


def test_a_page_has_what_was_asked_for(tmp_path, capsys, opened, without_bpy):
    path = tmp_path / "page.html"
    assert main(["page", "A @ B", "-o", str(path), "--look", "paper", "--projection", "isometric", "--keys",
                 "--numbers", "--title", "One", "--caption", "Two", "--algorithms", "vvprod, dotprod (row major)",
                 "--duration", "2", "--set", "A.h=3", "--set", "anim.alg=mvprod"]) == 0
    assert "wrote " in capsys.readouterr().out
    page = LivePage(path).manifest
    assert (page["title"], page["caption"], page["looks"][0]["name"]) == ("One", "Two", "paper")
    assert page["camera"]["kind"] == "isometric" and page["showKeys"] and page["showNumbers"]
    assert [each["key"] for each in page["members"][0]["variants"]] == ["mvprod", "vvprod", "dotprod (row major)"]
    assert page["stepSeconds"] == pytest.approx(2 / page["members"][0]["variants"][0]["steps"])
    assert not opened


def test_it_is_opened_where_that_is_asked_for(tmp_path, opened, capsys, monkeypatch):
    assert main(["page", "A @ B", "-q", "-o", str(tmp_path / "a b.html"), "--open", "--algorithms", "none"]) == 0
    assert opened == [(tmp_path / "a b.html").as_uri()] and capsys.readouterr() == ("", "")
    monkeypatch.setattr("webbrowser.open", lambda _: False)
    assert "no browser was found" in refused(capsys, "page", "A @ B", "-o", str(tmp_path / "c.html"), "--open")
    assert (tmp_path / "c.html").exists()


def test_what_cannot_be_is_refused(tmp_path, capsys):
    path = str(tmp_path / "page.html")
    for more, words in ((["-o", str(tmp_path / "page.png")], "must end in .html"),
                        (["-o", str(tmp_path / "none" / "page.html")], "does not exist"),
                        (["-o", path, "--algorithms", "vmprd"], "there is no algorithm 'vmprd'"),
                        (["-o", path, "--algorithms", ""], "there is no algorithm ''"),
                        (["-o", path, "--representation", "tiles"], "--representation is an option of"),
                        (["-o", path, "--title", "a\x07b"], "title"), ([], "required: -o/--output")):
        assert words in refused(capsys, "page", "A @ B", *more)
    assert not [*tmp_path.iterdir()]


def test_heads_of_a_model_make_a_page(tmp_path, capsys):
    rng = np.random.default_rng(1)
    write_safetensors(tmp_path / "model.safetensors", {f"h.0.{name}": rng.normal(size=shape) for name, shape in {
        "ln_1.weight": (8,), "attn.c_attn.weight": (8, 24), "attn.c_proj.weight": (8, 8)}.items()})
    (tmp_path / "config.json").write_text('{"model_type": "gpt2", "n_head": 2}')
    np.save(tmp_path / "x.npy", rng.normal(size=(5, 8)))
    given = ["head", str(tmp_path), "--activations", str(tmp_path / "x.npy"), "--form", "attention"]
    path = tmp_path / "head.html"
    assert main([*given, "--head", "all", "-o", str(path), "--title", "Both"]) == 0
    page = LivePage(path)
    assert [each["title"] for each in page.manifest["members"]] == ["head 0", "head 1"]
    assert page.manifest["title"] == "Both"
    assert main([*given, "--head", "1", "-o", str(path), "--tokens", *"abcde"]) == 0
    assert [each["rowLabels"] for each in LivePage(path).manifest["members"][0]["matrices"] if each["rowLabels"]] == [
        [*"abcde"]]
    capsys.readouterr()
    for option in ("--dpi=100", "--no-keys", "--no-smooth", "--transparent", "--size=8x8", "--quality=draft"):
        assert f"{option.partition('=')[0]} changes nothing of a live page" in refused(
            capsys, *given, "-o", str(path), option)
