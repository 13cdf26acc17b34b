"""LoRA adapters: what they add to a weight, and to an attention head."""
import json

import numpy as np
import pytest

import mm_blender as mm
from checkpoints import write_safetensors
from mm_blender.errors import DataError, ParameterError
from mm_blender.params import walk

rng = np.random.default_rng(0)
D, RANK = 16, 4
NAMES = {part: f"model.layers.0.self_attn.{part}_proj" for part in "qkvo"}
W = {part: rng.normal(size=(D if part in "qo" else D // 2, D)).astype(np.float32) / 4 for part in "qkvo"}
A = {part: rng.normal(size=(RANK, D)).astype(np.float32) for part in "qkvo"}
B = {part: rng.normal(size=(W[part].shape[0], RANK)).astype(np.float32) / 8 for part in "qkvo"}
CONFIG = {"peft_type": "LORA", "r": RANK, "lora_alpha": 8}


@pytest.fixture
def base(tmp_path):
    folder = tmp_path / "base"
    folder.mkdir()
    config = {"model_type": "llama", "num_attention_heads": 4, "num_key_value_heads": 2, "rms_norm_eps": 1e-5}
    (folder / "config.json").write_text(json.dumps(config))
    write_base(folder, W)
    return folder


def write_base(folder, weights):
    write_safetensors(folder / "model.safetensors", {
        "model.layers.0.input_layernorm.weight": np.ones(D),
        **{f"{NAMES[part]}.weight": w for part, w in weights.items()}})


def adapter(folder, parts="qkvo", config=CONFIG, prefix="base_model.model."):
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps(config))
    write_safetensors(folder / "adapter_model.safetensors", {
        f"{prefix}{NAMES[part]}.lora_{letter}.weight": x[part] for part in parts for letter, x in (("A", A), ("B", B))})
    return folder


def test_a_weight_its_change_and_their_sum(tmp_path, base):
    path = adapter(tmp_path / "lora")
    for rows, cols in ((None, None), (6, slice(2, 12))):
        at = (slice(rows) if rows else slice(None), cols or slice(None))
        delta = (2 * B["k"] @ A["k"])[at]
        viz = mm.lora(path, module="k_proj", form="delta", rows=rows, cols=cols)
        np.testing.assert_allclose(viz.values["root"], delta, atol=1e-5)
        assert viz.tree.d == RANK and viz.tree.name == "dW"
        viz = mm.lora(path, base, NAMES["k"], rows=rows, cols=cols)
        np.testing.assert_allclose(viz.values["root"], delta + W["k"][at], atol=1e-5)
    x = rng.normal(size=(3, D))
    viz = mm.lora(path, base, NAMES["k"], form="applied", x=x)
    np.testing.assert_allclose(viz.values["root"], x @ (W["k"] + 2 * B["k"] @ A["k"]).T, atol=1e-4)


def test_scales_of_their_own(tmp_path, base):
    for at, (config, scale) in enumerate([({"lora_alpha": 6}, 1.5), ({"use_rslora": True}, 4), ({"alpha_pattern": {
            "q_proj": 2}}, 0.5)]):
        path = adapter(tmp_path / str(at), "q", {**CONFIG, **config})
        np.testing.assert_allclose(mm.lora(path, form="delta").values["root"], scale * B["q"] @ A["q"], atol=1e-5)


@pytest.mark.parametrize("parts", ["q", "k", "vo", "qkvo"])
@pytest.mark.parametrize("prefix", ["base_model.model.", "", "base_model.model.base."])
def test_a_head_with_an_adapter_is_that_of_the_merged_model(tmp_path, base, parts, prefix):
    path = adapter(tmp_path / "lora", parts, prefix=prefix)
    merged = tmp_path / "merged"
    merged.mkdir()
    (merged / "config.json").write_text((base / "config.json").read_text())
    write_base(merged, {part: w + 2 * B[part] @ A[part] if part in parts else w for part, w in W.items()})
    x = rng.normal(size=(7, D))
    for head in (0, 3):
        viz = mm.attention_head(base, 0, head, activations=x, adapter=path)
        expected = mm.attention_head(merged, 0, head, activations=x)
        np.testing.assert_allclose(viz.values["root"], expected.values["root"], atol=1e-4)
        for part in "qkvo":
            assert any(node["name"] == f"A_{part}" or node["name"] == f"A_{part}.T"
                       for _, node, _ in walk(viz.params)) == (part in parts)


def test_what_is_no_adapter(tmp_path, base):
    path = adapter(tmp_path / "lora")
    cases = [(lambda: mm.lora(base), "holds no adapter: its adapter_config.json"),
             (lambda: mm.lora(path), "changes 4 modules; say which: model.layers.0.self_attn.q_proj"),
             (lambda: mm.lora(path, base, "mlp"), "changes no 'mlp'; it changes"),
             (lambda: mm.lora(path, base, NAMES["q"], form="x"), "no form 'x'; known are sum"),
             (lambda: mm.lora(path, module=NAMES["q"]), "needs base"),
             (lambda: mm.lora(adapter(tmp_path / "other", "q", {"peft_type": "IA3"})), "of the type IA3"),
             (lambda: mm.lora(adapter(tmp_path / "dora", "q", {**CONFIG, "use_dora": True})), "with DoRA"),
             (lambda: mm.lora(adapter(tmp_path / "none", "")), "no factors lora_A and lora_B")]
    for make, words in cases:
        with pytest.raises((DataError, ParameterError), match=words):
            make()
