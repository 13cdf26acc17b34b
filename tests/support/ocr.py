"""What is written in a picture, as tesseract reads it."""
import shutil
import subprocess

import pytest

needed = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract reads what is drawn")


def read(picture, *more: str) -> str:
    """What it reads, wherever in the picture; ``more``: options of its own."""
    return subprocess.run(["tesseract", str(picture), "-", "--psm", "12", *more], capture_output=True, text=True,
                          check=True).stdout
