"""What handing out frames costs, with workers that sleep (``scripts/simulate_workers`` has it for a thousand)."""
import pytest

pytest.importorskip("distributed")

from simulated_workers import simulate  # noqa: E402

pytestmark = pytest.mark.once


@pytest.mark.outside
def test_a_hundred_workers_cost_less_than_thirty_milliseconds_a_frame(tmp_path):
    found = simulate(workers=100, frames=300, seconds=0.5, size=50_000, folder=tmp_path)
    assert found.a_frame < 0.030, found
