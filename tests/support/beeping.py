"""A sound to be heard with movies."""
import wave
from pathlib import Path

import numpy as np


def beep(path: Path, seconds: float, rate: int = 8000) -> Path:
    """A WAV of so many seconds, at ``path``."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes((8000 * np.sin(np.arange(int(seconds * rate)) * 0.3)).astype("<i2").tobytes())
    return path
