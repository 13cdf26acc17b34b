"""Tracing what PyTorch can hold and a picture cannot; what a trace leaves behind; how modules are found."""
import threading

import numpy as np
import pytest

import mm_blender as mm

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch._subclasses.fake_tensor import FakeTensorMode  # noqa: E402
from torch.utils._python_dispatch import _get_current_dispatch_mode_stack  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")


@pytest.fixture(autouse=True)
def left_as_found():
    """Nothing of a trace stays in PyTorch."""
    torch.manual_seed(0)
    fast = torch.backends.mha.get_fastpath_enabled()
    yield
    hooks = nn.modules.module
    assert not hooks._global_forward_hooks and not hooks._global_forward_pre_hooks
    assert not hooks._global_forward_hooks_always_called
    assert not _get_current_dispatch_mode_stack() and torch.backends.mha.get_fastpath_enabled() == fast
    assert torch.is_grad_enabled()
    a, b = torch.arange(6.0).reshape(2, 3), torch.arange(12.0).reshape(3, 4)
    np.testing.assert_array_equal(mm.trace(lambda a, b: a @ b, a, b)[0].values["root"], (a @ b).numpy())


def told(fn, *inputs, words):
    """A trace that shows nothing says why."""
    try:
        t = mm.trace(fn, *inputs)
    except mm.MMError as error:
        assert words in str(error), error
    else:
        assert not len(t) and any(words in line for line in t.skipped), (t, t.skipped)


def jagged():
    return torch.nested.nested_tensor([torch.ones(2, 4), torch.ones(3, 4)], layout=torch.jagged)


def strided():
    return torch.nested.nested_tensor([torch.ones(2, 4), torch.ones(3, 4)])


class Mine(torch.Tensor):
    pass


KINDS = {
    "jagged": (jagged, "nested tensors"), "nested": (strided, "nested tensors"),
    "of somebody's own": (lambda: torch.ones(3, 4).as_subclass(Mine), "of the type Mine"),
    "fake": (lambda: FakeTensorMode().from_tensor(torch.ones(3, 4)), "FakeTensor"),
    "meta": (lambda: torch.ones(3, 4, device="meta"), "could not be kept"),
    "complex": (lambda: torch.ones(3, 4, dtype=torch.complex64), "mm of complex numbers"),
    "too large": (lambda: torch.full((3, 4), 1e200, dtype=torch.float64), "too large for float32"),
    "too small": (lambda: torch.full((3, 4), 1e-200, dtype=torch.float64), "too small for float32"),
    "sparse": (lambda: torch.ones(3, 4).to_sparse(), "could not be kept"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_no_picture_holds_is_told(kind):
    make, words = KINDS[kind]
    x = make()
    other = torch.ones(4, 5, dtype=x.dtype if x.dtype != torch.float32 else None,
                       device="meta" if kind == "meta" else None)
    if kind == "fake":
        other = x.fake_mode.from_tensor(other)
    if kind == "nested":
        other = torch.nested.nested_tensor([torch.ones(4, 5), torch.ones(4, 5)])
    try:
        t = mm.trace(lambda x: x @ other, x)
    except mm.MMError as error:
        said = str(error)
    else:
        assert not len(t)
        said = " ".join(t.skipped)
    assert any(word in said for word in words.split("|")), said


def test_a_sparse_product_is_told():
    with pytest.raises(mm.MMError, match="of sparse tensors"):
        mm.trace(lambda a, b: torch.sparse.mm(a, b), torch.eye(3).to_sparse(), torch.ones(3, 4))


def test_what_runs_in_another_thread_is_told():
    def run(a, b):
        out = []
        thread = threading.Thread(target=lambda: out.append(a @ b))
        thread.start(), thread.join(60)
        return out[0]
    a, before = torch.ones(3, 3), threading.getprofile()
    with pytest.raises(mm.MMError, match="another thread"):
        mm.trace(run, a, a)
    t = mm.trace(lambda a: run(a, a) + a @ a, a)
    assert len(t) == 1 and "another thread" in t.skipped[0] and threading.getprofile() is before


def test_names_that_are_none():
    a = torch.ones(3, 3)
    with pytest.raises(mm.MMError, match="only takes names of modules"):
        mm.trace(lambda a: a @ a, a, only=3)
    with pytest.raises(mm.MMError, match="the name of a module or a result, not None"):
        mm.trace(lambda a: a @ a, a).find(None)


def test_writing_of_another_kind_is_seen():
    def run(a, b):
        h = a @ b
        b.add_(torch.ones(3, 3).as_subclass(Mine))
        return h, a @ b
    a, b = torch.eye(3), torch.arange(9.0).reshape(3, 3)
    first, last = mm.trace(run, a, b.clone())
    np.testing.assert_array_equal(first.values["root"], b.numpy())
    np.testing.assert_array_equal(last.values["root"], (b + 1).numpy())


def test_what_overflows_inside_is_told():
    a = torch.full((3, 4), 1e30, dtype=torch.float64)
    t = mm.trace(lambda a: (a @ a.T) @ torch.ones(3, 2, dtype=torch.float64) * 1e-40, a)
    assert not len(t) and all("float32" in line for line in t.skipped) and t.skipped
    b = torch.ones(4, 4, dtype=torch.float64)
    t = mm.trace(lambda b: b @ b + 1e300, b)
    assert all(np.isfinite(viz.values["root"]).all() for viz in t)
    t = mm.trace(lambda b: b @ b + torch.full((4, 4), 1e300, dtype=torch.float64), b)
    assert all(np.isfinite(viz.values["root"]).all() for viz in t)


def test_a_mask_may_reach_beyond_float32():
    low = torch.finfo(torch.float64).min
    mask = torch.triu(torch.full((3, 3), low, dtype=torch.float64), 1)
    a = torch.randn(3, 4, dtype=torch.float64)
    t = mm.trace(lambda a: ((a @ a.T) + mask).softmax(-1) @ a, a)
    assert t.expressions == ["out = (attn = softmax(tril(a @ a.T))) @ a"] and t.skipped == []
    np.testing.assert_allclose(t[0].values["root"], (((a @ a.T) + mask).softmax(-1) @ a).numpy(), atol=1e-6)


def test_numbers_of_other_types_are_right():
    a, b = torch.randint(-9, 9, (3, 4)), torch.randint(-9, 9, (4, 5))
    np.testing.assert_array_equal(mm.trace(lambda a, b: a @ b, a, b)[0].values["root"], (a @ b).numpy())
    f8 = torch.randn(3, 4).to(torch.float8_e4m3fn)
    t = mm.trace(lambda x: x.float() @ torch.ones(4, 2), f8)
    np.testing.assert_allclose(t[0].values["root"], (f8.float() @ torch.ones(4, 2)).numpy(), rtol=1e-6)
    wide = torch.randn(3, 4, dtype=torch.complex64)
    t = mm.trace(lambda z, b: (b @ b) * z[:, :3], wide, torch.eye(3))
    assert t.expressions == ["h = b @ b"]
    small = torch.full((2, 2), 100, dtype=torch.int8)
    told(lambda s: s @ s, small, words="does not come out the same")  # it wraps around


def test_the_codes_own_errors_come_through():
    class Own(Exception):
        pass
    for error in (Own("mine"), KeyboardInterrupt(), RecursionError("deep"), StopIteration("x"), SystemExit(3)):
        def run(x):
            x @ x
            with torch.no_grad():
                nn.Linear(3, 3)(x)
                raise error
        with pytest.raises(type(error)) as caught:
            mm.trace(run, torch.eye(3))
        assert caught.value is error

    class Broken(nn.Module):
        def forward(self, x):
            raise Own("inside")
    with pytest.raises(Own, match="inside"):
        mm.trace(nn.Sequential(nn.Linear(3, 3), Broken()), torch.eye(3))

    def deep(x):
        return deep(x @ x)
    with pytest.raises(RecursionError):
        mm.trace(deep, torch.eye(2))


def test_an_error_in_a_backward_comes_through():
    class Bad(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            raise ZeroDivisionError("in backward")
    x = torch.eye(3, requires_grad=True)
    with pytest.raises(ZeroDivisionError, match="in backward"):
        mm.trace(lambda x: Bad.apply(x) @ x, x, backward=True)


def test_what_has_not_run_and_what_ran_elsewhere():
    with pytest.raises(mm.ParameterError, match="a generator"):
        mm.trace(lambda x: (y @ y for y in [x]), torch.eye(3))

    def apart(x):
        layer, out = nn.Linear(3, 3), []
        thread = threading.Thread(target=lambda: out.append(layer(x)))
        thread.start()
        thread.join(60)
        return x @ x + out[0]
    t = mm.trace(apart, torch.eye(3))
    assert any("another thread" in line for line in t.skipped) and t.matmuls == 1


# ---- finding


class Attention(nn.Module):
    def __init__(self, width=8, heads=4):
        super().__init__()
        self.num_heads, self.qkv, self.proj = heads, nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        b, n, w = x.shape
        q, k, v = (part.view(b, n, self.num_heads, -1).transpose(1, 2) for part in self.qkv(x).chunk(3, -1))
        attn = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)
        self.attention = attn.detach()
        return self.proj((attn @ v).transpose(1, 2).reshape(b, n, w))


def model(names=("transformer",)):
    """Two layers under each name."""
    def layers():
        return nn.ModuleDict({"h": nn.ModuleList(nn.ModuleDict({"attn": Attention()}) for _ in range(2))})

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            for name in names:
                setattr(self, name, layers())

        def forward(self, x):
            for name in names:
                for layer in getattr(self, name)["h"]:
                    x = x + layer["attn"](x)
            return x
    return Net()


@pytest.mark.parametrize("name", ["h.1.attn", "transformer.h.1.attn", "1.attn"])
@pytest.mark.parametrize("order", ["find first", "pick first", "only"])
def test_a_head_is_found_and_picked(name, order):
    net, x = model(), torch.randn(1, 5, 8)
    for head in (0, 3, np.int64(2)):
        if order == "only":
            t = mm.trace(net, x, only=name).find(name).pick(head=head)
        else:
            t = mm.trace(net, x)
            t = t.find(name).pick(head=head) if order == "find first" else t.pick(head=head).find(name)
        viz = t.visualize()
        attn = viz.values["root.left"]
        np.testing.assert_allclose(attn, net.transformer["h"][1]["attn"].attention[0, int(head)].numpy(), atol=1e-6)
        assert len(t) == 1 and t[-1].values["root"].shape == (5, 2) and t.items[0].head == (int(head), 4)
    assert len(mm.trace(net, x).find(name).pick(head="all")) == 4
    with pytest.raises(mm.ParameterError, match="no head 4 in (transformer.h.1.attn|what was)"):
        mm.trace(net, x).find(name).pick(head=4).items


def test_a_name_that_may_be_several():
    net, x = model(("encoder", "decoder")), torch.randn(1, 5, 8)
    t = mm.trace(net, x)
    with pytest.raises(mm.ParameterError, match="'h.1.attn' may be decoder.h.1.attn, encoder.h.1.attn"):
        t.find("h.1.attn")
    with pytest.raises(mm.ParameterError, match="may be decoder.h.1.attn, encoder.h.1.attn"):
        mm.trace(net, x, only="h.1.attn")
    assert t.find("decoder.h.1.attn").items and t.find("*.h.1.attn").items
    with pytest.raises(mm.ParameterError, match="no expression of 'h.7.attn'; near it are"):
        t.find("h.7.attn")
    for wrong in (True, -1, 1.0, "1", None):
        with pytest.raises(mm.ParameterError):
            t.find("encoder.h.0.attn").pick(head=wrong if wrong is not None else 1.5)
