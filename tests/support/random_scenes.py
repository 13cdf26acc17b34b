"""Expressions with settings at random, by a seed."""
import random

import mm_blender as mm
from mm_blender.layout import places

TEXTS = ("A @ B", "out = (attn = Q @ K_t) @ V", "(A @ B) @ (C @ D)", "A @ (B @ (C @ D))", "A @ B @ C @ D",
         "result_with_a_long_name = first_matrix @ second_matrix")




def random_settings(seed: int) -> tuple[str, dict]:
    pick = random.Random(seed)
    text = TEXTS[seed % len(TEXTS)]
    viz = mm.visualize(text)
    size = lambda: pick.choice([1, 3, 12, 40, 200])  # noqa: E731
    names = [node.name for node in places.nodes(viz.tree) if node.role == "leaf"]
    out = {f"{names[0]}.h": size(), f"{names[-1]}.w": size(), "legends": pick.choice([0, 3, 6, 10]),
           "scheme": pick.choice(["blocks", "zigzag", "wheel"]), "gap": pick.choice([0, 4, 12]),
           "polarity": pick.choice(["negative", "positive"]), "scatter": pick.choice([0, 0, 8]),
           "result placement": pick.choice(["front", "back"])}
    return text, out
