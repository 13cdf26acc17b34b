"""What workers say that they are, and which of them would give other pictures than the rest."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ..version import __version__

Report = Mapping[str, Any]  # ``worker.report``
PICTURES = {"blender": "Blender", "hash": "its build", "denoiser": "a denoiser", "device": "the device"}
TOLD = {"system": "system", "distributed": "distributed", "python": "Python"}


def device_of(reports: Iterable[Report], here: str) -> str:
    """The device that a job is rendered on: that of this machine, where a worker has it, else the most common one."""
    counts = Counter(str(report.get("device")) for report in reports)
    return here if here in counts or not counts else counts.most_common(1)[0][0]


def refused(report: Report, wanted: Report, cycles: bool, mixed: bool = False) -> str:
    """Why a worker with this ``report`` has no part in a job that is to look as ``wanted``; empty where it has.
    ``cycles``: whether that renders, which alone denoises. ``mixed``: pictures of different Blenders may stand in one
    movie."""
    if "failed" in report:
        return str(report["failed"])
    if report.get("mm_blender") != __version__:
        return f"it has mm_blender {report.get('mm_blender')}, and this is {__version__}: install the same there"
    if mixed:
        return ""
    names = [name for name in PICTURES if cycles or name != "denoiser"]
    parts = [_difference(name, report.get(name), wanted.get(name)) for name in names
             if report.get(name) != wanted.get(name)]
    if not parts:
        return ""
    return f"{'; '.join(parts)}: its pictures would not be the same to the pixel (allow_mixed=True, --allow-mixed, " \
           "takes them nevertheless)"


def _difference(name: str, there: Any, wanted: Any) -> str:
    if name == "denoiser":
        return f"it has {'a' if there else 'no'} denoiser, and this Blender has {'one' if wanted else 'none'}"
    return f"{PICTURES[name]} is {there} there, not {wanted}"


def differences(reports: Mapping[str, Report], here: Report) -> list[str]:
    """What workers have otherwise than this machine and one another that changes no picture, or is taken, in
    sentences."""
    out = []
    for name, title in {**PICTURES, **TOLD}.items():
        counts = Counter(str(report.get(name)) for report in reports.values())
        if set(counts) - {str(here.get(name))}:
            told = ", ".join(f"{value} on {count}" for value, count in counts.most_common(5))
            out.append(f"{title} is {here.get(name)} here, and of the workers {told}")
    return out


def gathered(words: Mapping[str, str]) -> str:
    """What is said of several workers, by their addresses: each sentence once, with those that it is about."""
    by_words: dict[str, list[str]] = {}
    for address, each in words.items():
        by_words.setdefault(each, []).append(address)
    return "; ".join(f"{_named(addresses)}: {each}" for each, addresses in by_words.items())


def _named(addresses: list[str]) -> str:
    return addresses[0] if len(addresses) == 1 else f"{len(addresses)} workers ({addresses[0]} …)"
