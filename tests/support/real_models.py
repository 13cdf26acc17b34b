"""What transformers' own models compute, to compare with: the attention and the heads' outputs of every layer."""
from dataclasses import dataclass

import numpy as np

TEXT = "The animal didn't cross the street because it was too tired."
OUTPUTS = {"bert": "encoder.layer.{}.attention.output.dense", "gpt2": "h.{}.attn.c_proj",
           "llama": "layers.{}.self_attn.o_proj"}
LAYERS = {"bert": "encoder.layer.{}", "gpt2": "h.{}", "llama": "layers.{}"}


@dataclass
class Truth:
    """By layer: ``hidden`` (n, d) enters, ``attentions`` (heads, n, n), ``outputs`` [head] (n, d), ``leaves``
    (n, d)."""

    hidden: list
    attentions: list
    outputs: list
    leaves: list


def truth(net, ids, family: str) -> Truth:
    """A forward pass of ``net`` (with attn_implementation="eager") with hooks on what it computes on its way."""
    import torch

    modules, entered, joined, left = dict(net.named_modules()), {}, {}, {}
    count = net.config.num_hidden_layers
    for layer in range(count):
        def catch(module, args, named, layer=layer):
            entered[layer] = (args[0] if args else named["hidden_states"])[0]

        def after(module, args, result, layer=layer):
            left[layer] = (result[0] if isinstance(result, tuple) else result)
        modules[LAYERS[family].format(layer)].register_forward_pre_hook(catch, with_kwargs=True)
        modules[LAYERS[family].format(layer)].register_forward_hook(after)
        modules[OUTPUTS[family].format(layer)].register_forward_pre_hook(
            lambda module, args, layer=layer: joined.__setitem__(layer, args[0][0]))
    with torch.no_grad():
        done = net(torch.tensor([ids]), output_attentions=True)
        outputs = []
        for layer in range(count):
            w = modules[OUTPUTS[family].format(layer)].weight  # (d, heads * size), and GPT-2's the other way round
            w = w.T if family == "gpt2" else w
            size = w.shape[1] // net.config.num_attention_heads
            outputs.append([(joined[layer][:, at:at + size] @ w[:, at:at + size].T).numpy()
                            for at in range(0, w.shape[1], size)])
    return Truth([entered[at].numpy() for at in range(count)], [a[0].numpy() for a in done.attentions], outputs,
                 [left[at].reshape(-1, left[at].shape[-1]).numpy() for at in range(count)])


def assert_close(found, wanted, share=1e-4):
    """Equal to a share of the range of what is wanted."""
    np.testing.assert_allclose(found, wanted, rtol=0, atol=share * float(wanted.max() - wanted.min()))
