"""A model of transformers made from what was read of a checkpoint, so that a text can go through it.

transformers opens no file of a checkpoint: its configuration is made of what was understood (``model_config``) and of
the sizes of the tensors, which are read here and given to it. So it runs no code that a checkpoint names, follows no
path or name of a model on the hub that stands in one, makes up no weight that is missing, and computes what is drawn.
"""
from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from ..data.foreign import foreign
from ..data.gguf_store import Gguf
from ..errors import DataError
from ..system.memory import check_room
from .families import PARTS, STEMS
from .model_config import GELUS
from .transformer import Model, require_floats

ACTIVATIONS = {own: theirs for theirs, own in reversed(GELUS.items())}
BEHIND = ("norm.", "ln_f.", "pooler.")  # what stands behind the last layer, and nothing here comes to
EMBEDDINGS = {"llama": {"vocab_size": ("embed_tokens", 0)},
              "gpt2": {"vocab_size": ("wte", 0), "n_positions": ("wpe", 0)},
              "bert": {"vocab_size": ("embeddings.word_embeddings", 0),
                       "embedding_size": ("embeddings.word_embeddings", 1),
                       "max_position_embeddings": ("embeddings.position_embeddings", 0),
                       "type_vocab_size": ("embeddings.token_type_embeddings", 0)}}
GGUF_NAMES = {"embed_tokens": "token_embd", "norm": "output_norm"}
GGUF_PARTS = {theirs: PARTS["gguf"][part] for part, theirs in PARTS["llama"].items()}


def network(model: Model, layer: int, transformers, torch):
    """The model up to ``layer``, its weights in float32. Raises DataError for weights that are missing or of other
    sizes, SizeError before more memory is taken than is free."""
    kind = model.settings.kind
    with foreign(model.path):
        version = int(transformers.__version__.split(".")[0])
        config = transformers.CONFIG_MAPPING[kind](**_config(model, layer + 1, version))
        made = transformers.MODEL_MAPPING[type(config)]
        more = {"add_pooling_layer": False} if kind in ("bert", "roberta", "xlm-roberta") else {}
        with torch.device("meta"):
            wanted = {name: tuple(x.shape) for name, x in made(config, **more).named_parameters()}
    where = {name: found for name in wanted if (found := _where(model, name, wanted[name])) is not None}
    check_room(4 * sum(map(math.prod, wanted.values())), f"the weights of {model.path} up to layer {layer}")
    state = {name: torch.from_numpy(_read(model, found)) if found else torch.zeros(wanted[name])
             for name, found in ((name, where.get(name)) for name in wanted)}
    with foreign(model.path):
        return made.from_pretrained(None, config=config, state_dict=state, dtype=torch.float32, local_files_only=True,
                                    trust_remote_code=False, **more)


def check_places(net, family: str, prefix: str, ids: Sequence[int], types: Sequence[int], name: str) -> None:
    """Raise DataError for more tokens than a model of transformers that learns its positions has positions, and for a
    type of tokens that it does not have. ``prefix``: of its tensors' names; ``types``: of each token, or none;
    ``name``: what the model is called."""
    def table(*keys: str):
        place = next((EMBEDDINGS[family][key][0] for key in keys if key in EMBEDDINGS[family]), None)
        return None if place is None else net.get_submodule(f"{prefix}{place}")

    if (places := table("n_positions", "max_position_embeddings")) is not None:
        padding = places.padding_idx  # those of RoBERTa begin behind its number
        most = len(places.weight) - (0 if padding is None else padding + 1)
        if (count := sum(number != padding for number in ids)) > most:
            raise DataError(f"{name} has {most:,} positions, and there are {count:,} tokens: give at most {most:,}, or "
                            "a shorter text")
    known = table("type_vocab_size") if types else None
    if known is not None and not 0 <= min(types) <= max(types) < len(known.weight):
        raise DataError(f"{name} knows the types of tokens 0 to {len(known.weight) - 1}, and there are token_type_ids "
                        f"from {min(types)} to {max(types)}")


def _where(model: Model, name: str, shape: tuple[int, ...]) -> str | None:
    """What the checkpoint calls a weight; None for one that it may lack: behind the last layer, or a bias of
    llama.cpp's layouts, which is nothing there."""
    own = model.prefix + name
    if isinstance(model.store, Gguf):
        match = re.fullmatch(r"layers\.([0-9]+)\.(.+)\.(weight|bias)", name)
        module, _, end = name.rpartition(".")
        own = f"{GGUF_NAMES.get(module, module)}.{end}"
        if match:
            own = f"blk.{match[1]}.{GGUF_PARTS[match[2]]}.{match[3]}"
    if own not in model.store.shapes and (name.startswith(BEHIND) or own.startswith("blk.") and own.endswith(".bias")):
        return None
    if (have := model.store.shape(own)) != shape:
        raise DataError(f"{own} in {model.path} is {have}, and its other weights need {shape}: they do not fit "
                        "together")
    return own


def _read(model: Model, name: str) -> np.ndarray:
    require_floats(model.store, name, model.path)
    x = model.store.read(name)
    if isinstance(model.store, Gguf) and model.settings.kind == "llama" and re.search(r"\.attn_[qk]\.", name):
        # llama.cpp pairs neighbours, Hugging Face the halves of a head
        size = model.head_size
        x = x.reshape(-1, size // 2, 2, *x.shape[1:]).swapaxes(1, 2).reshape(x.shape)
    x = np.ascontiguousarray(x)
    return x if x.flags.writeable else x.copy()


def _size(model: Model, name: str, axis: int) -> int:
    """A size that a tensor tells."""
    if isinstance(model.store, Gguf):
        name = GGUF_NAMES.get(name, name)
    shape = model.store.shape(f"{model.prefix}{name}.weight")
    if len(shape) != 2:
        raise DataError(f"{model.prefix}{name}.weight in {model.path} has {len(shape)} dimensions, and a table has 2")
    return shape[axis]


def _config(model: Model, layers: int, version: int) -> dict:
    """What transformers is told of a model, by its own names of keys."""
    about, family = model.settings, "llama" if model.rms else model.family
    up = model.store.shape(f"{model.name(0, 'up')}.weight")
    act = about.activation.removeprefix("?")
    found: dict = {key: _size(model, *place) for key, place in EMBEDDINGS[family].items()}
    if family == "gpt2":
        return found | dict(n_embd=model.width, n_head=model.heads, n_layer=layers, n_inner=up[-1] if up else 0,
                            activation_function=ACTIVATIONS.get(act, act), layer_norm_epsilon=about.eps,
                            scale_attn_weights=about.scaled, scale_attn_by_inverse_layer_idx=about.by_layer,
                            bos_token_id=None, eos_token_id=None, **({} if about.causal else {"is_causal": False}))
    found |= dict(hidden_size=model.width, num_attention_heads=model.heads, num_hidden_layers=layers,
                  intermediate_size=up[0] if up else 0, hidden_act=ACTIVATIONS.get(act, act), bos_token_id=None,
                  eos_token_id=None)
    if family == "bert":
        if about.kind != "electra":
            found.pop("embedding_size")
        return found | dict(layer_norm_eps=about.eps, is_decoder=about.causal, pad_token_id=about.padding)
    found |= dict(num_key_value_heads=model.kv_heads, head_dim=model.head_size, rms_norm_eps=about.eps,
                  pad_token_id=None, tie_word_embeddings=False, **_rope(about.rope or (), version))
    biased = about.biased or {where: f"{model.name(0, part)}.bias" in model.store.shapes
                              for where, part in (("attention", "q"), ("mlp", "up"))}
    if about.kind in ("llama", "qwen3", "smollm3"):
        found["attention_bias"] = biased["attention"]
    if about.kind in ("llama", "smollm3"):
        found["mlp_bias"] = biased["mlp"]
    if about.kind != "llama":
        found["sliding_window"] = about.window
    if about.kind in ("qwen2", "qwen3", "smollm3"):
        slides = about.sliding or (False,) * layers
        found |= dict(use_sliding_window=about.window is not None, layer_types=[
            "sliding_attention" if at else "full_attention" for at in slides[:layers]])
    if about.kind == "smollm3":
        found["no_rope_layers"] = [int(turns) for turns in about.turned[:layers]]
    return found if about.causal else found | {"is_causal": False}


def _rope(numbers: tuple[float, ...], version: int) -> dict:
    """The numbers of the epilog ``rope`` (theta, offset, …) as transformers has them."""
    theta, _, *more = numbers
    scaling: dict = {"rope_type": "default"}
    if more:
        scaling = {"rope_type": "llama3" if more[1:] else "linear", "factor": more[0]}
    if more[1:]:
        scaling |= {"low_freq_factor": more[1], "high_freq_factor": more[2],
                    "original_max_position_embeddings": int(more[3])}
    if version >= 5:
        return {"rope_parameters": {"rope_theta": theta, **scaling}}
    return {"rope_theta": theta, "rope_scaling": scaling if more else None}


def beyond(name: str, model: Model, layer: int) -> bool:
    """Whether a module of that name lies in a layer behind ``layer``, which ``network`` does not make."""
    family = "llama" if model.family == "gguf" else model.family
    match = re.search(rf"(?:^|\.){re.escape(STEMS[family])}\.([0-9]{{1,9}})\.", name)
    return match is not None and int(match[1]) > layer
