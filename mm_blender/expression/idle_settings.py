"""Parameters that mean nothing, or change nothing where they stand."""
from __future__ import annotations

import difflib
from collections.abc import Mapping

from ..plain import listed
from . import schema
from .parameter_checks import GROUPS
from .parameters import AUTO_GAP, OWN, walk

# what the reference's own parameters hold beside the schema: states of its menus, counts, and a slip of its menus
_READ_OVER = {
    "": {"expr", "name", "epilog", "left", "right", "matmul", "diag", "cam", "compress", "folder", "sync_expr", "count",
         "total", "is_child", "i blocks", "j blocks", "k blocks", *GROUPS, *dict(schema.LABELS).values()},
    "anim": {"i blocks", "j blocks", "k blocks"}, "layout": {AUTO_GAP}, "deco": {"shape_info"},
}
# of a matmul, whose sizes and values come from its operands; "min" is their least value, say
_OF_LEAVES = tuple(key for key in schema.BY_KEY["matrix"] if key not in ("name", "epilog", "mm_epilog"))


def unknown_keys(params: dict) -> dict[str, str]:
    """The keys of complete ``params`` that mean nothing, as addresses (``left.viz.min sise``), each with the address
    that was probably meant, or empty."""
    out = {}
    for path, node, _ in walk(params):
        known = {"": {*schema.BY_KEY["matrix"], *_READ_OVER[""]},
                 **{group: {*schema.BY_KEY[group], "folder", *_READ_OVER.get(group, ())} for group in GROUPS}}
        known |= {"cam": {*"xyz", "target", "folder"}, "cam.target": {*"xyz"}} if path == "root" else {}
        for group, keys in known.items():
            settings = node
            for part in filter(None, group.split(".")):
                settings = settings.get(part) or {}
            for key in [key for key in settings if key not in keys]:
                folded = {each.lower(): each for each in sorted(keys)}
                near = difflib.get_close_matches(str(key).lower().replace("_", " "), folded, 1, 0.75)
                home = next((g for g in GROUPS if g != group and key in schema.BY_KEY[g]), None)
                lead = "".join(f"{part}." for part in path.split(".")[1:])
                at = f"{lead}{group}." if group else lead
                out[f"{at}{key}"] = f"{lead}{home}.{key}" if home else f"{at}{folded[near[0]]}" if near else ""
    return out


def without_effect(params: dict) -> dict[str, str]:
    """The settings in complete ``params`` that are set and change nothing where they stand, as addresses, each with the
    reason."""
    out = {}
    for path, node, matmul in walk(params):
        lead = "".join(f"{part}." for part in path.split(".")[1:])
        for group in GROUPS:
            for key, value in (node.get(group) or {}).items():
                setting = schema.find(group, key)
                if setting and not matmul and key not in OWN.get(group, ()):
                    out[f"{lead}{group}.{key}"] = "it is a matmul's, and this is a matrix"
                elif setting and setting.without and value != setting.default:
                    out[f"{lead}{group}.{key}"] = setting.without
        if matmul:
            out.update({f"{lead}{key}": "it is a matrix', and this is a matmul" for key in _OF_LEAVES
                        if key in node and (path, key) != ("root", "expr")})
        elif node.get("epilog") not in (None, "none"):
            out[f"{lead}epilog"] = "it is a matmul's; a matrix has mm_epilog"
        if path != "root" and node.get("cam"):
            out[f"{lead}cam"] = "there is one camera, that of the whole"
    return out


def idle_words(idle: Mapping[str, str]) -> str:
    """What is said of settings that change nothing, by their names, with the reasons."""
    reasons = list(dict.fromkeys(idle.values()))
    why = "; ".join(f"{listed(name for name in idle if idle[name] == reason)}: {reason}" for reason in reasons)
    return f"{listed(idle)} change{'s' * (len(idle) == 1)} nothing here ({why})"
