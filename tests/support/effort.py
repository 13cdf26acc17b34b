"""How much a run of the tests tries: enough for every change and the same each time, or far more that is new with
MM_TEST_LONG=1 (minutes a file)."""
import os

from hypothesis import HealthCheck, settings

LONG = bool(os.environ.get("MM_TEST_LONG"))


def same_each_time():
    """Let hypothesis try the same in every run, so that what fails fails again, and let no clock decide: how long a
    machine with more to do takes says nothing."""
    settings.register_profile("ours", deadline=None, derandomize=not LONG, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("ours")


def examples(count: int, **more) -> settings:
    """For so many examples of hypothesis; twenty times as many in a long run."""
    return settings(max_examples=count * (20 if LONG else 1), **more)
