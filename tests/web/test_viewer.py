"""The viewer's own tests and types."""
import subprocess

import pytest

from live import is_missing, MISSING, VIEWER

pytestmark = [pytest.mark.skipif(is_missing(), reason=MISSING), pytest.mark.once, pytest.mark.outside]


@pytest.mark.parametrize("script", ["check", "test"])
def test_it_passes(script):
    done = subprocess.run(["npm", "run", "--silent", script], cwd=VIEWER, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
