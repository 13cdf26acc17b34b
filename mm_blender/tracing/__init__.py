"""PyTorch code is run once, and its matmuls come back as expressions with the values they had."""
