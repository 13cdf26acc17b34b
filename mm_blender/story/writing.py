"""Writing stories: as TOML, which ``reading`` reads back, to be edited by hand and told of other matrices."""
from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from .beats import Beat, Story


def as_toml(story: Story) -> str:
    """A story as the text of a TOML file: of each beat what it says, in the order of ``Beat``."""
    lines = [f"title = {_value(story.title)}"] if story.title else []
    lines += [f"seconds = {_value(story.seconds)}"] if story.seconds is not None else []
    for beat in story.beats:
        said = {field.name: getattr(beat, field.name) for field in fields(Beat)
                if getattr(beat, field.name) != field.default}
        lines += ["", "[[beat]]", *(f"{key} = {_value(value)}" for key, value in said.items())]
    return "\n".join(lines).lstrip("\n") + "\n"


def _value(value: Any) -> str:
    """A value as TOML has it; its texts are written as JSON's are."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    return f"{value:.12g}"
