"""The viewer by itself: its own tests and types, what the bundle brings, and what it is made of."""
import json
import re
import subprocess

import pytest

from live import is_missing, MISSING, VIEWER
from mm_blender.web import bundle

pytestmark = [pytest.mark.once, pytest.mark.outside]


@pytest.mark.skipif(is_missing(), reason=MISSING)
@pytest.mark.parametrize("script", ["check", "test"])
def test_it_passes(script):
    done = subprocess.run(["npm", "run", "--silent", script], cwd=VIEWER, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


@pytest.mark.skipif(not (bundle.FOLDER / "viewer.js").exists(), reason="the viewer is not built: scripts/build_viewer")
def test_the_bundle_brings_licences_makes_no_code_of_data_and_asks_no_network():
    script = bundle.viewer().script
    assert len(script) < 2e6
    for words in ("Copyright (c) 2010-2026 three.js authors", "Permission is hereby granted, free of charge",
                  "Copyright 2016 The Inter Project Authors", "SIL OPEN FONT LICENSE"):
        assert words in script
    assert not re.search(r"\beval\(|new Function\(|\.innerHTML\s*=|document\.write|insertAdjacentHTML|outerHTML\s*=",
                         script)
    assert not re.search(r"\bimport\(|XMLHttpRequest|\bfetch\(|new WebSocket|EventSource\(|sendBeacon", script)


def test_what_it_is_made_of_is_pinned():
    package, lock = (json.loads((VIEWER / name).read_text("utf-8")) for name in ("package.json", "package-lock.json"))
    pinned = {**package["dependencies"], **package["devDependencies"]}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pinned.values())
    for name, version in pinned.items():
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    assert all(each.get("integrity", "").startswith("sha512-") for path, each in lock["packages"].items() if path)
