"""A LoRA adapter and the small model that it is for, written into folders."""
import json

import numpy as np

from checkpoints import write_safetensors

rng = np.random.default_rng(0)
D, RANK = 16, 4
NAMES = {part: f"model.layers.0.self_attn.{part}_proj" for part in "qkvo"}
W = {part: rng.normal(size=(D if part in "qo" else D // 2, D)).astype(np.float32) / 4 for part in "qkvo"}
A = {part: rng.normal(size=(RANK, D)).astype(np.float32) for part in "qkvo"}
B = {part: rng.normal(size=(W[part].shape[0], RANK)).astype(np.float32) / 8 for part in "qkvo"}
CONFIG = {"peft_type": "LORA", "r": RANK, "lora_alpha": 8}


def write_model(folder):
    """A llama of one layer, in a folder of its own."""
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
