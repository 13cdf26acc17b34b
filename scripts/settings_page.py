"""Write docs/settings.md from the schema: ``python scripts/settings_page.py``."""
from pathlib import Path

from mm_blender.cli.listing import page
from mm_blender.system import writing

if __name__ == "__main__":
    path = Path(__file__).parents[1] / "docs" / "settings.md"
    writing.write(path, page().encode())
    print(f"wrote {path}")
