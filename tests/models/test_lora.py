"""LoRA adapters: what they add to a weight, and to an attention head."""
import json

import numpy as np
import pytest

import mm_blender as mm
from adapters import A, adapter, B, CONFIG, D, NAMES, RANK, rng, W, write_base, write_model
from checkpoints import write_safetensors
from mm_blender.errors import DataError, ParameterError
from mm_blender.expression.parameters import walk
from mm_blender.expression.tree import nodes


@pytest.fixture
def base(tmp_path):
    return write_model(tmp_path / "base")


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


# ---- configurations by lists

@pytest.mark.parametrize("config, scale", [
    ({"alpha_pattern": {"proj": 64}}, 2), ({"alpha_pattern": {"self_attn.q_proj": 64}}, 16),
    ({"alpha_pattern": {"^model.layers.0.self_attn.q_proj": 64}}, 16), ({"alpha_pattern": {"^q_proj": 64}}, 2),
    ({"alpha_pattern": {r".*\.0\..*": 64, "q_proj": 4}}, 16), ({"alpha_pattern": {"layers.1.*": 64}}, 2),
    ({"alpha_pattern": {"q_proj|v_proj": 64}}, 16), ({"alpha_pattern": {"q_proj": 64}, "use_rslora": True}, 32),
    ({"rank_pattern": {"q_proj": 4}, "r": 16}, 2), ({"r": None}, 2), ({"lora_alpha": -8}, -2), ({"lora_alpha": 0}, 0),
    ({"bias": "none", "modules_to_save": ["lm_head"], "layers_to_transform": [0], "exclude_modules": "x",
      "loftq_config": {}, "inference_mode": True, "megatron_config": None, "_unknown": 3,
      "init_lora_weights": "eva"}, 2),
], ids=str)
def test_scales_as_peft_documents_them(tmp_path, config, scale):
    path = adapter(tmp_path / "lora", "q", {**CONFIG, **config})
    np.testing.assert_allclose(mm.lora(path, form="delta").values["root"], scale * B["q"] @ A["q"], atol=1e-4)


@pytest.mark.parametrize("config, words", [
    ({"init_lora_weights": kind}, f"init_lora_weights: \"{kind}\"") for kind in (
        "pissa", "pissa_niter_16", "olora", "corda", "loftq", "lora_ga", "something")] + [
    ({"lora_bias": True}, "lora_bias"), ({"bias": "all"}, "bias"), ({"bias": "lora_only"}, "lora_only"),
    ({"use_qalora": True}, "use_qalora"), ({"layer_replication": [[0, 1]]}, "layer_replication"),
    ({"target_parameters": ["experts"]}, "target_parameters"), ({"trainable_token_indices": [1]}, "trainable_token"),
    ({"megatron_config": {"a": 1}}, "megatron_config"), ({"arrow_config": {"a": 1}}, "arrow_config"),
    ({"use_bdlora": {"a": 1}}, "use_bdlora"), ({"alora_invocation_tokens": [1]}, "alora_invocation"),
    ({"something_new": 3}, "something_new: 3"), ({"use_dora": "yes"}, "use_dora.*true or false"),
    ({"peft_type": None, "r": 4.5}, "`r: 4.5`"),
    ({"peft_type": "ADALORA"}, "type ADALORA"), ({"peft_type": "LOHA"}, "type LOHA"),
    ({"lora_alpha": "8"}, "lora_alpha"),
    ({"lora_alpha": float("nan")}, "lora_alpha"), ({"lora_alpha": None}, "does not say lora_alpha"),
    ({"lora_alpha": True}, "lora_alpha"), ({"r": 0}, "`r: 0`"), ({"r": 8}, "the rank 4, and its configuration says 8"),
    ({"rank_pattern": {"q_proj": 2}}, "the rank 4.*says 2"), ({"rank_pattern": {"q_proj": 1.5}}, "rank_pattern"),
    ({"alpha_pattern": {"q_proj": "8"}}, "alpha_pattern"), ({"alpha_pattern": {"(": 8}}, "no regular expression"),
    ({"alpha_pattern": ["q_proj"]}, "alpha_pattern"), ({"use_rslora": 1}, "use_rslora"),
], ids=str)
def test_what_else_adapters_do_is_refused_by_name(tmp_path, config, words):
    path = adapter(tmp_path / "lora", "q", {**CONFIG, **config})
    with pytest.raises(DataError, match=words):
        mm.lora(path, form="delta")


def with_tensors(folder, tensors):
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps(CONFIG))
    write_safetensors(folder / "adapter_model.safetensors", tensors)
    return folder


def factors(part, name="", a=None, b=None):
    module = f"base_model.model.{NAMES[part]}"
    return {f"{module}.lora_A.{name}weight": A[part] if a is None else a,
            f"{module}.lora_B.{name}weight": B[part] if b is None else b}


def test_tensors_beside_the_factors(tmp_path, base):
    x = rng.normal(size=(3, D))
    vector = {f"base_model.model.{NAMES['q']}.lora_magnitude_vector": np.ones(D)}
    head = {"base_model.model.lm_head.weight": np.ones((9, D))}
    cases = [(factors("q") | vector, "lora_magnitude_vector"),
             (factors("q") | {f"base_model.model.{NAMES['q']}.lora_B.bias": np.ones(D)}, "lora_B.bias"),
             (factors("q") | {f"base_model.model.{NAMES['v']}.base_layer.bias": np.ones(D)}, "base_layer.bias"),
             (factors("q") | {"base_model.model.model.layers.0.input_layernorm.weight": np.full(D, 2)},
              "input_layernorm.weight, which is not known here"),
             ({next(iter(factors("q"))): A["q"]}, "not the other factor"),
             (factors("q", "one.") | factors("v", "two."), "several adapters: one, two"),
             (factors("q", a=A["q"][:, :8]), "16 x 16 in .* are for 16 x 8"),
             (factors("q", b=B["k"]), "16 x 16 in .* are for 8 x 16"),
             ({name.replace("layers.0.self_attn", "other"): t for name, t in factors("q").items()},
              "changes nothing in")]
    for at, (tensors, words) in enumerate(cases):
        with pytest.raises(DataError, match=words):
            mm.attention_head(base, 0, 0, activations=x, adapter=with_tensors(tmp_path / str(at), tensors))
    plain = mm.attention_head(base, 0, 0, activations=x, adapter=with_tensors(tmp_path / "a", factors("q")))
    for name, more in (("b", head), ("c", {"base_model.model.model.embed_tokens.weight": np.ones((9, D))})):
        viz = mm.attention_head(base, 0, 0, activations=x, adapter=with_tensors(tmp_path / name, factors("q") | more))
        np.testing.assert_array_equal(viz.values["root"], plain.values["root"])
    named = mm.attention_head(base, 0, 0, activations=x, adapter=with_tensors(tmp_path / "d", factors("q", "mine.")))
    np.testing.assert_array_equal(named.values["root"], plain.values["root"])


@pytest.mark.parametrize("rows", [0, -3, 1.5, [1, 2], True, "3"])
def test_what_is_no_part_of_a_weight(tmp_path, rows):
    for more in ({"rows": rows}, {"cols": rows}):
        with pytest.raises(ParameterError, match=f"{next(iter(more))} is a slice, or how many"):
            mm.lora(with_tensors(tmp_path / f"{next(iter(more))}", factors("q")), form="delta", **more)


def test_a_pattern_that_does_not_stand_in_pefts_is_refused(tmp_path):
    path = adapter(tmp_path / "lora", "q", {**CONFIG, "alpha_pattern": {"(?i)Q_PROJ": 64}})
    with pytest.raises(DataError, match="no regular expression"):
        mm.lora(path, form="delta")


def test_an_adapter_of_other_layers_is_said_to_change_nothing(tmp_path, base):
    path = with_tensors(tmp_path / "lora", {name.replace("self_attn.q_proj", "mlp.up_proj"): x
                                            for name, x in factors("q").items()})
    with pytest.warns(mm.MMWarning, match="changes nothing in head 0 of layer 0"):
        mm.attention_head(base, 0, 0, activations=np.ones((2, D)), adapter=path)


def test_a_square_weight_lies_as_its_type_has_it(tmp_path, base):
    """PEFT sets fan_in_fan_out by the kind of layer, whatever the configuration says."""
    path = adapter(tmp_path / "lora", "q", {**CONFIG, "fan_in_fan_out": True})
    want = W["q"] + 2 * B["q"] @ A["q"]
    np.testing.assert_allclose(mm.lora(path, base).values["root"], want, atol=1e-5)
    (base / "config.json").unlink()
    np.testing.assert_allclose(mm.lora(path, base).values["root"], W["q"].T + 2 * B["q"] @ A["q"], atol=1e-5)
    (base / "config.json").write_text(json.dumps({
        "model_type": "llama", "quantization_config": {"quant_method": "awq"}}))
    with pytest.raises(DataError, match="is quantized.*awq"):
        mm.lora(path, base)


def test_a_text_goes_through_the_model_with_its_adapter(tmp_path):
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    torch.manual_seed(0)
    net = transformers.LlamaForCausalLM(transformers.LlamaConfig(
        hidden_size=D, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        vocab_size=30, attn_implementation="eager")).eval()
    parts = {name: part for name, part in net.named_modules() if name.endswith(("q_proj", "down_proj", "lm_head"))}
    tensors = {}
    for name, part in parts.items():
        outputs, inputs = part.weight.shape
        tensors |= {f"base_model.model.{name}.lora_A.weight": rng.normal(size=(RANK, inputs)).astype(np.float32),
                    f"base_model.model.{name}.lora_B.weight": rng.normal(size=(outputs, RANK)).astype(np.float32) / 4}
    path, ids = with_tensors(tmp_path / "lora", tensors), [3, 7, 1, 9]
    viz = mm.attention_head(net, 1, 2, tokens=ids, adapter=path)
    assert not any(part._forward_hooks for part in net.modules())
    with torch.no_grad():
        for name, part in parts.items():
            part.weight += 2 * torch.from_numpy(tensors[f"base_model.model.{name}.lora_B.weight"]
                                                @ tensors[f"base_model.model.{name}.lora_A.weight"])
        want = net(torch.tensor([ids]), output_attentions=True).attentions[1][0, 2].numpy()
    attn, = [node.path for node in nodes(viz.tree) if node.name == "attn"]
    np.testing.assert_allclose(viz.values[attn], want, atol=1e-5)
