"""``python -m mm_blender.cli``: what the command mm-blender is."""
import sys

from .main import main

sys.exit(main())
