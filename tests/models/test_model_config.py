"""Configurations of models: every key is right, as transformers has it, or refused by its name."""
import json

import numpy as np
import pytest

import mm_blender as mm
from checkpoints import write_safetensors
from mm_blender.errors import DataError
from mm_blender.expression.tree import nodes
from real_models import assert_close

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

IDS = torch.tensor([[5, 17, 3, 3, 41, 20, 42, 8, 12]])
SMALL = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=3, num_attention_heads=4, vocab_size=50)
LLAMA = {**SMALL, "num_key_value_heads": 2}


def by_name(viz, name):
    node, = [node for node in nodes(viz.tree) if node.name == name]
    return viz.values[node.path]


def made(folder, kind, **config):
    torch.manual_seed(0)
    net = transformers.AutoModel.from_config(transformers.CONFIG_MAPPING[kind](
        attn_implementation="eager", **config)).float().eval()
    with torch.no_grad():
        for weight in net.parameters():
            weight += 0.3 * torch.randn_like(weight)
    net.save_pretrained(folder)
    return net


def judge(folder, net, layers=(0, 2), heads=(0, 3)):
    """Heads attend as the model says."""
    with torch.no_grad():
        out = net(IDS, output_attentions=True, output_hidden_states=True)
    for layer in layers:
        for head in heads:
            viz = mm.attention_head(folder, layer, head, activations=out.hidden_states[layer][0])
            assert_close(by_name(viz, "attn"), out.attentions[layer][0, head].numpy())


UNDERSTOOD = {
    "llama both ways": ("llama", dict(LLAMA, is_causal=False)),
    "llama with biases": ("llama", dict(LLAMA, attention_bias=True)),
    "llama, linear": ("llama", dict(LLAMA, rope_parameters={"rope_type": "linear", "factor": 3., "rope_theta": 500.})),
    "llama, dynamic, in its length": ("llama", dict(LLAMA, max_position_embeddings=9, rope_parameters={
        "rope_type": "dynamic", "factor": 4.0, "rope_theta": 1e4})),
    "llama 3": ("llama", dict(LLAMA, max_position_embeddings=64, rope_parameters={
        "rope_type": "llama3", "rope_theta": 500.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 16})),
    "mistral both ways": ("mistral", dict(LLAMA, sliding_window=None, is_causal=False)),
    "mistral, its own head size": ("mistral", dict(LLAMA, head_dim=6, sliding_window=4)),
    "qwen2, some layers slide": ("qwen2", dict(LLAMA, use_sliding_window=True, sliding_window=3, layer_types=[
        "sliding_attention", "full_attention", "sliding_attention"])),
    "qwen2, no window": ("qwen2", dict(LLAMA, use_sliding_window=False, sliding_window=3)),
    "qwen3 with biases": ("qwen3", dict(LLAMA, head_dim=8, attention_bias=True)),
    "smollm3, unturned layers slide": ("smollm3", dict(LLAMA, pad_token_id=0, use_sliding_window=True, sliding_window=3,
                                                       no_rope_layer_interval=2, num_hidden_layers=3)),
    "smollm3, listed": ("smollm3", dict(LLAMA, pad_token_id=0, no_rope_layers=[0, 1, 0])),
    "gpt2, scores as they are": ("gpt2", dict(n_embd=32, n_layer=3, n_head=4, vocab_size=50, scale_attn_weights=False)),
    "gpt2, by layer": ("gpt2", dict(n_embd=32, n_layer=3, n_head=4, vocab_size=50, reorder_and_upcast_attn=True,
                                    scale_attn_by_inverse_layer_idx=True)),
    "gpt2, neither, both ways": ("gpt2", dict(n_embd=32, n_layer=3, n_head=4, vocab_size=50, scale_attn_weights=False,
                                              scale_attn_by_inverse_layer_idx=True, is_causal=False)),
    "bert looks back": ("bert", dict(SMALL, is_decoder=True)),
    "bert, a decoder both ways": ("bert", dict(SMALL, is_decoder=True, is_causal=False)),
    "roberta": ("roberta", dict(SMALL, pad_token_id=1)), "electra": ("electra", SMALL),
    "xlm-roberta": ("xlm-roberta", SMALL),
}


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_what_is_understood_is_as_transformers_has_it(tmp_path, name):
    kind, config = UNDERSTOOD[name]
    judge(tmp_path, made(tmp_path, kind, **config))


def test_scores_are_scaled_alike_in_every_form(tmp_path):
    net = made(tmp_path, "gpt2", n_embd=32, n_layer=3, n_head=4, vocab_size=50, scale_attn_by_inverse_layer_idx=True)
    with torch.no_grad():
        out = net(IDS, output_attentions=True, output_hidden_states=True)
    x = out.hidden_states[1][0]
    for form in ("projections", "attention", "premultiplied", "layer"):
        viz = mm.attention_head(tmp_path, 1, 2, activations=x, form=form)
        assert_close(by_name(viz, "attn"), out.attentions[1][0, 2].numpy())
    assert_close(by_name(viz, "out"), out.hidden_states[2][0].numpy())
    step = mm.attention_head(tmp_path, 1, 2, activations=x, kv_cache=True)
    assert_close(by_name(step, "attn"), out.attentions[1][0, 2, -1:].numpy())


REFUSED = [
    (dict(attn_logit_softcapping=50.0), "attn_logit_softcapping: 50.0"), (dict(clip_qkv=8), "clip_qkv: 8"),
    (dict(attention_multiplier=0.1), "attention_multiplier"), (dict(query_pre_attn_scalar=256), "query_pre_attn"),
    (dict(residual_multiplier=0.2), "residual_multiplier"), (dict(use_parallel_residual=True), "parallel_residual"),
    (dict(alibi=True), "alibi"), (dict(partial_rotary_factor=0.5), "partial_rotary_factor: 0.5"),
    (dict(rope_interleaved=True), "rope_interleaved"), (dict(qk_layernorm=True), "qk_layernorm"),
    (dict(sliding_window=4), "sliding_window: 4"), (dict(layer_types=["full_attention"] * 3), "layer_types"),
    (dict(is_causal="no"), "is_causal.*must be true or false"), (dict(attention_bias=True), "q_proj.bias"),
    (dict(rope_scaling={"type": "yarn", "factor": 4.0}), "yarn"),
    (dict(rope_scaling={"rope_type": "longrope"}), "longrope"),
    (dict(rope_scaling={"type": "mrope", "mrope_section": [1, 1]}), "mrope"),
    (dict(rope_scaling={"type": "linear"}), "factor"), (dict(rope_scaling={"type": "linear", "factor": "2"}), "factor"),
    (dict(rope_scaling={"type": "linear", "factor": 2.0, "short_factor": [1]}), "short_factor"),
    (dict(rope_parameters={"rope_type": "default", "partial_rotary_factor": 0.5}), "partial_rotary_factor"),
    (dict(rope_parameters={"full_attention": {"rope_theta": 1e4}}), "full_attention"),
    (dict(rope_theta=float("nan")), "rope_theta"), (dict(rope_theta=True), "rope_theta"),
    (dict(quantization_config={"quant_method": "gptq", "bits": 4}), "is quantized.*gptq"),
    (dict(compression_config={"quant_method": "compressed-tensors"}), "is quantized"),
    (dict(auto_map={"AutoModel": "modeling.Bi"}), "auto_map"),
    (dict(per_layer_config={"1": {"head_dim": 4}}), "per_layer"),
    (dict(num_attention_heads=True), "num_attention_heads"), (dict(num_attention_heads=4.5), "num_attention_heads"),
    (dict(num_key_value_heads=3), "do not fit"), (dict(head_dim=16), "do not fit together"),
    (dict(hidden_size=64), "do not fit together"), (dict(num_key_value_heads=4), "do not fit together"),
    (dict(model_type="gemma2"), "of the type 'gemma2'"), (dict(is_encoder_decoder=True), "is_encoder_decoder"),
    (dict(text_config={"model_type": "llama"}, model_type="paligemma"), "paligemma"),
]


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    folder = tmp_path_factory.mktemp("llama")
    made(folder, "llama", **LLAMA)
    return folder


def altered(llama, tmp_path, config=None, rename=lambda name: name, change=lambda name, x: x, more=None):
    """The same model with other keys in its configuration, other names or tensors."""
    about = json.loads((llama / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**about, **(config or {})}))
    from safetensors.numpy import load_file

    tensors = load_file(llama / "model.safetensors")
    write_safetensors(tmp_path / "model.safetensors",
                      {rename(name): change(name, x) for name, x in tensors.items()} | (more or {}))
    return tmp_path


@pytest.mark.parametrize("config, words", REFUSED, ids=lambda x: next(iter(x)) if isinstance(x, dict) else "")
def test_what_is_not_understood_is_refused_by_name(llama, tmp_path, config, words):
    folder = altered(llama, tmp_path, config)
    if "rope_scaling" in config or "rope_theta" in config or "partial_rotary_factor" in config:
        about = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**about, "rope_parameters": None}))
    with pytest.raises(DataError, match=words):
        mm.attention_head(folder, 0, 0, activations=np.ones((3, 32)))


def test_what_is_harmless_is_no_obstacle(llama, tmp_path):
    harmless = dict(attention_dropout=0.1, torch_dtype="float16", unsloth_version="2024.9", max_length=20, _name="x",
                    pretraining_tp=2, use_cache=False, anything=None, pad_token_id=3)
    folder = altered(llama, tmp_path, harmless)
    x = np.eye(3, 32)
    np.testing.assert_array_equal(mm.attention_head(folder, 0, 1, activations=x).values["root"],
                                  mm.attention_head(llama, 0, 1, activations=x).values["root"])


QUERY = "layers.0.self_attn.q_proj"


@pytest.mark.parametrize("more, words", [
    ({f"{QUERY}.SCB": np.ones(32)}, "is quantized.*q_proj.SCB"),
    ({f"{QUERY}.weight_scale": np.ones((32, 1))}, "is quantized.*weight_scale"),
    ({"layers.0.self_attn.sinks": np.ones(4)}, "self_attn.sinks"), ({f"{QUERY}.bias": np.ones(32)}, "q_proj.bias"),
    ({"layers.0.self_attn.q_norm.weight": np.ones(8)}, "q_norm"),
    ({"layers.0.post_feedforward_layernorm.weight": np.ones(32)}, "post_feedforward"),
    ({"layers.0.input_layernorm.bias": np.ones(32)}, "input_layernorm.bias"),
    ({"layers.0.input_layernorm.weight": np.ones(8)}, "input_layernorm.weight .*is 8, and .* need 32"),
    ({"layers.0.self_attn.o_proj.weight": np.ones((32, 16))}, "o_proj.weight .*is 32 x 16.* need 32 x 32"),
    ({f"{QUERY}.weight": (np.ones((32, 32)), "I8")}, "is quantized.*stored as I8"),
    ({f"{QUERY}.weight": (np.ones((512, 1)), "U8")}, "is quantized.*stored as U8"),
])
def test_tensors_that_a_layer_does_not_have(llama, tmp_path, more, words):
    folder = altered(llama, tmp_path, more=more)
    with pytest.raises(DataError, match=words):
        mm.attention_head(folder, 0, 0, activations=np.ones((3, 32)))


@pytest.mark.parametrize("suffix", ["qweight", "weight_packed", "W_q"])
def test_packed_weights_are_named(llama, tmp_path, suffix):
    folder = altered(llama, tmp_path, rename=lambda name: name.replace("q_proj.weight", f"q_proj.{suffix}"))
    with pytest.raises(DataError, match=f"is quantized.*q_proj.{suffix}"):
        mm.attention_head(folder, 0, 0, activations=np.ones((3, 32)))


def test_a_longer_text_than_dynamic_scaling_leaves_alone(llama, tmp_path):
    folder = altered(llama, tmp_path, dict(max_position_embeddings=8, rope_parameters={
        "rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e4}))
    with pytest.raises(DataError, match="dynamic.*more than 8 tokens"):
        mm.attention_head(folder, 0, 0, activations=np.ones((9, 32)))


def test_a_model_that_sees_has_the_layers_of_its_text_part(llama, tmp_path):
    about = json.loads((llama / "config.json").read_text())
    eye = {f"vision_tower.encoder.layers.{at}.self_attn.q_proj.weight": np.eye(32) for at in range(5)}
    folder = altered(llama, tmp_path, rename=lambda name: f"language_model.model.{name}", more=eye)
    (folder / "config.json").write_text(json.dumps({"model_type": "llava", "text_config": about, "vision_config": {}}))
    x = np.eye(3, 32)
    np.testing.assert_array_equal(mm.attention_head(folder, np.int64(2), np.int32(1), activations=x).values["root"],
                                  mm.attention_head(llama, 2, 1, activations=x).values["root"])
    with pytest.raises(mm.ParameterError, match="has 3 layers, from 0 to 2; there is no layer 3"):
        mm.attention_head(folder, 3, 0, activations=x)
    two = altered(llama, tmp_path, rename=lambda name: f"one.{name}", more={
        f"two.{QUERY}.weight": np.ones((32, 32))})
    with pytest.raises(DataError, match="has layers under 'one.', 'two.'"):
        mm.attention_head(two, 0, 0, activations=x)


@pytest.mark.parametrize("number", [-1, True, np.True_, 1.0, "1", None, 4])
def test_numbers_of_heads(llama, number):
    with pytest.raises(mm.ParameterError, match="has 4 heads, from 0 to 3; there is no head"):
        mm.attention_head(llama, 0, number, activations=np.ones((3, 32)))


# ---- loaded models and hub names

def test_a_loaded_model_stands_for_its_folder(llama):
    config = transformers.AutoConfig.from_pretrained(llama, trust_remote_code=False)
    net = transformers.AutoModelForCausalLM.from_config(config).train()
    net.model.load_state_dict(transformers.AutoModel.from_pretrained(llama, trust_remote_code=False).state_dict())
    x = np.random.default_rng(0).normal(size=(4, 32))
    for form in ("projections", "layer"):
        np.testing.assert_array_equal(mm.attention_head(net, 1, 2, activations=x, form=form).values["root"],
                                      mm.attention_head(llama, 1, 2, activations=x, form=form).values["root"])
    with torch.no_grad():
        out = net.eval()(IDS, output_attentions=True)
    net.train()
    viz = mm.attention_head(net, 2, 1, tokens=IDS)
    assert all(part.training for part in net.modules()) and not net.model.layers[2]._forward_pre_hooks
    folder = mm.attention_head(llama, 2, 1, tokens=IDS)
    np.testing.assert_allclose(by_name(viz, "attn"), by_name(folder, "attn"), atol=1e-6)
    assert out.logits.shape[1] == 9
    with pytest.raises(DataError, match="give tokens=tokenizer"):
        mm.attention_head(net, text="hello")
    with pytest.raises(mm.ParameterError, match="the loaded LlamaForCausalLM has 3 layers"):
        mm.attention_head(net, 3)


def test_what_is_no_checkpoint(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cases = [(torch.nn.Linear(3, 3), "no configuration of transformers.*mm.trace"), (7, "not 7"),
             ("gpt2", "hub, download it first"), ("meta-llama/Llama-3.2-1B", "hub, download it first"),
             ("nowhere/model.safetensors", "no file nowhere/model.safetensors$"), (None, "not None")]
    for checkpoint, words in cases:
        with pytest.raises(DataError, match=words):
            mm.attention_head(checkpoint, activations=np.ones((3, 3)))


def test_a_layer_that_is_there_in_another_form_is_said(llama):
    net = transformers.AutoModel.from_pretrained(llama, trust_remote_code=False)
    torch.nn.utils.parametrizations.weight_norm(net.layers[2].self_attn.q_proj)
    with pytest.raises(DataError, match="q_proj.parametrizations"):
        mm.attention_head(net, 2, 0, activations=np.ones((3, 32)))


@pytest.mark.filterwarnings("ignore")
def test_a_loaded_model_of_quantized_modules_is_refused(llama):
    net = transformers.AutoModel.from_pretrained(llama, trust_remote_code=False)
    net = torch.ao.quantization.quantize_dynamic(net, {torch.nn.Linear})
    with pytest.raises(DataError, match="quantized"):
        mm.attention_head(net, 0, 0, activations=np.ones((3, 32)))
