"""One attention head, from an expression to a .blend file and a picture.

    blender -b --python scripts/example.py           (with the extension on)
    python scripts/example.py                        (with pip's bpy)
"""
import bpy
import numpy as np

import mm_blender as mm

bpy.ops.wm.read_homefile(use_empty=True)  # without the start-up file's cube, camera and lamp

rng = np.random.default_rng(0)
q = rng.standard_normal((24, 16))
k = rng.standard_normal((24, 16))

viz = mm.visualize("out = (attn = softmax(tril(Q @ K_t / sqrt(k)))) @ V", data={"Q": q, "K_t": k.T})
print(viz.info())
viz.build()
viz.save("attention.blend")
viz.render("attention.png", size=(800, 500), samples=32)
