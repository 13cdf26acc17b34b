"""Attention heads, layers and adapters of real checkpoints, as expressions with the model's own numbers."""
