"""Sweeps that are looked at step by step: an expression and settings each."""
SIZES = {"A.h": 5, "A.w": 4, "B.w": 3, "C.w": 4, "A.init": "gaussian", "B.init": "gaussian", "C.init": "gaussian"}
CASES = {
    "dotprod": ("A @ B", {"anim.alg": "dotprod (row major)", "block.i blocks": 2}),
    "dotprod by column": ("A @ B", {"anim.alg": "dotprod (col major)", "block.j blocks": 2}),
    "axpy under softmax": ("softmax(A @ B)", {"anim.alg": "axpy", "block.k blocks": 2}),
    "axpy under gelu": ("gelu(A @ B / 2)", {"anim.alg": "axpy"}),
    "vvprod under a composed epilog": ("layernorm_rows(silu(A @ B)) * 2", {"anim.alg": "vvprod", "block.k blocks": 2}),
    "vvprod of large values under rmsnorm": ("rmsnorm(A @ B * 1e24)", {"anim.alg": "vvprod"}),
    "axpy of large values under layernorm": ("layernorm_rows(A @ B * 1e24)", {"anim.alg": "axpy"}),
    "partial results": ("A @ B", {"anim.alg": "vmprod", "block.k blocks": 2}),
    "fused": ("A @ B @ C", {"anim.alg": "vvprod", "left.alg": "mvprod", "fuse": "sync"}),
    "chain": ("A @ B @ C", {"anim.alg": "mvprod"}),
    "hidden inputs": ("A @ B @ C", {"anim.alg": "vmprod", "hide inputs": True}),
    "vvprod under a sum": ("gelu_tanh(A @ B + 2) @ C", {"anim.alg": "vvprod"}),
    "vvprod under a named sum": ("relu(A @ B + b)", {"anim.alg": "vvprod"}),
    "axpy under a named product": ("softmax(A @ B * g)", {"anim.alg": "axpy"}),
    "causal attention": ("softmax(tril(A @ B / sqrt(k))) @ C", {"anim.alg": "vvprod"}),
}
