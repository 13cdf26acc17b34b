"""How much a run of the tests tries: enough for every change, or far more with MM_TEST_LONG=1 (minutes a file)."""
import os

from hypothesis import settings

LONG = bool(os.environ.get("MM_TEST_LONG"))


def examples(count: int, **more) -> settings:
    """For so many examples of hypothesis; twenty times as many in a long run."""
    return settings(max_examples=count * (20 if LONG else 1), deadline=None, **more)
