"""The operators, one a file; ``classes`` is what the extension registers, in this order."""
from .build import MM_OT_build

classes = (MM_OT_build,)
