"""Code that is traced may do what it likes: whatever it takes and gives is followed in bounded time, and told."""
import time

import numpy as np
import pytest

import mm_blender as mm

torch = pytest.importorskip("torch")
X, W = torch.arange(16.0).reshape(4, 4) / 9, torch.eye(4) + 0.1


def repeated(count, first, step):
    def run(x):
        x = x @ W if first else x
        for _ in range(count):
            x = step(x)
        return x if first else x @ W
    return run


@pytest.mark.parametrize("first", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("step, count", [(lambda x: x + x, 100), (lambda x: x * 1.001 + 0.5, 1500), (lambda x: x * x,
        100),
                                         (lambda x: torch.relu(x) + x, 60)], ids=["doubled", "long", "squared",
                                         "residual"])
def test_what_goes_into_the_next_many_times(step, count, first):
    started = time.process_time()
    found = mm.trace(repeated(count, first, step), X * 0)
    np.testing.assert_allclose(found[-1].values["root"].shape, (4, 4))
    assert time.process_time() - started < 5


def test_sums_of_the_last_two():
    def run(x):
        a = x @ W
        b = a * 2
        for _ in range(60):
            a, b = b, a + b
        return b
    assert len(mm.trace(run, X * 0)) == 1


def test_data_within_themselves():
    loop: list = [X]
    loop += [loop, loop]
    inside: dict = {}
    inside["again"] = inside
    deep = X
    for _ in range(3000):
        deep = [deep]

    def gives(x, given):
        inside["found"] = x @ W
        return inside if given is loop else (given, x @ W)
    for given in (loop, deep, {"a": loop}):
        assert len(mm.trace(gives, X, given)) in (1, 2)  # products are made


def test_names_of_any_kind():
    keys = ("k", "softmax", "sqrt", "T", "rope", "tril", "", " ", "5", "x/8", "²", "A.T", "L", "_", "é", "a b", "-",
            "\0",
            "\ud800", "z" * 9000, None, 3.5, True, (1, 2))
    found = mm.trace(lambda x: {key: x @ (W * (at + 2)) for at, key in enumerate(keys)}, X)
    assert len(found) == len(keys) and not found.skipped
    for at, viz in enumerate(found):
        np.testing.assert_allclose(viz.values["root"], (X @ (W * (at + 2))).numpy(), rtol=1e-5)
    str(found).encode()

    class Module(torch.nn.Module):
        def __init__(self):
            super().__init__()
            for name in ("\ud800x\n", "a" * 5000, "softmax", "5", "k", "٣", "L/8"):
                self.add_module(name, torch.nn.Linear(4, 4))

        def forward(self, x):
            return [torch.relu(part(x)) for part in self.children()]
    found = mm.trace(Module(), X)
    assert len(found) == 7 and not found.skipped
    str(found).encode()


@pytest.mark.parametrize("error", [KeyError("a"), SystemExit(3), KeyboardInterrupt(), GeneratorExit(),
        RecursionError()], ids=repr)
def test_hooks_are_gone_whatever_code_raises(error):
    from torch.nn.modules import module
    from torch.utils._python_dispatch import _get_current_dispatch_mode_stack

    class Raises(torch.nn.Module):
        def forward(self, x):
            x @ W
            raise error
    before = (len(module._global_forward_pre_hooks), len(module._global_forward_hooks),
            torch.backends.mha.get_fastpath_enabled())
    with pytest.raises(type(error)):
        mm.trace(Raises(), X)
    assert before == (len(module._global_forward_pre_hooks), len(module._global_forward_hooks),
                      torch.backends.mha.get_fastpath_enabled())
    assert not _get_current_dispatch_mode_stack()


class Odd:
    def __index__(self):
        raise OSError("no number")

    def __repr__(self):
        raise ValueError("no text")


@pytest.mark.parametrize("index", [-1, 1.0, "3", True, None, 10 ** 5000, Odd(), slice(2), [1]],
        ids=lambda x: type(x).__name__)
def test_numbers_of_heads_and_batches(index):
    for what in ("batch", "head"):
        with pytest.raises(mm.ParameterError, match=f"{what} is an index from 0 or 'all'"):
            mm.trace(lambda x: x @ W, X, **{what: index})
