"""Every reader with hostile input: what was found once, and new random changes for a moment."""
import pytest

import fuzzed

pytestmark = pytest.mark.skipif(not hasattr(__import__("signal"), "setitimer"), reason="needs a clock of Unix")
READERS = fuzzed.load_all()


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_nothing_but_our_errors(name):
    """``scripts/fuzz NAME --seconds 3600`` does it for long."""
    for needed in {"pt": ["torch"], "gguf": ["gguf"]}.get(name, []):
        pytest.importorskip(needed)
    told = fuzzed.run(READERS[name], seconds=1.5, most=3000)
    assert told.count > 5 and not told.faults, "\n".join(fault for fault, _ in told.faults)
