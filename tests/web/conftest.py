"""What tests of live pages share."""
import pytest

from live import Node


@pytest.fixture(scope="package")
def node():
    """The viewer's modules in node."""
    process = Node()
    yield process
    process.close()
