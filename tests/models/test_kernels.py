"""Each compiled kernel against its twin in torch, over odd sizes, strides and both precisions; and no compiler."""

import itertools
import subprocess

import pytest
import torch

from reasonlab.models import kernels, native

TOLERANCE = {torch.float32: 2e-6, torch.bfloat16: 1.5e-2}
DTYPES = pytest.mark.parametrize("dtype", TOLERANCE, ids=["fp32", "bf16"])


def random(*shape, dtype=torch.float32, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).to(dtype)


@pytest.fixture
def both(monkeypatch):
    """Runs a function compiled, then in plain torch on float32 copies of its arguments."""
    if native.build().library is None:
        pytest.skip(f"not compiled here: {native.build().found}")

    def run(function, *tensors, **options):
        with torch.no_grad():
            fast = function(*tensors, **options)
            with monkeypatch.context() as patch:
                patch.setattr(native, "build", lambda: native.Built(None, "for the test"))
                wide = (x.float() if torch.is_tensor(x) and x.is_floating_point() else x for x in tensors)
                slow = function(*wide, **options)
        for a, b in zip(*((x if isinstance(x, tuple) else (x,)) for x in (fast, slow)), strict=True):
            assert a.shape == b.shape
            assert (a.float() - b.float()).abs().max() <= TOLERANCE[a.dtype] * max(1.0, b.abs().max().item())
        return fast

    return run


@DTYPES
@pytest.mark.parametrize("out", TOLERANCE, ids=["to fp32", "to bf16"])
@pytest.mark.parametrize("size", [1, 7, 16, 33, 128])
def test_norm(both, dtype, out, size):
    weight = random(size, dtype=dtype, seed=1)
    for x in (random(3, 5, size, dtype=dtype), random(size, 5, 3, dtype=dtype).transpose(0, 2)):
        y, r = both(kernels.rms_norm, x, weight, 1e-2, out)
        assert (y.dtype, r.dtype) == (out, torch.float32)
        dx, _ = both(kernels.rms_norm_backward, random(*x.shape, dtype=out, seed=2), x, weight, r)
        assert dx.dtype == dtype


@DTYPES
@pytest.mark.parametrize("size", [2, 8, 10, 32, 48, 64])
@pytest.mark.parametrize("batch", [1, 3])
def test_norm_and_rotation(both, dtype, size, batch):
    angle, weight = random(batch, 6, size // 2, seed=1).repeat(1, 1, 2), random(size, seed=2)
    for x in (random(3, 6, 5, size, dtype=dtype), random(3, 6, 9, size, dtype=dtype)[:, :, 2:7]):
        z, r = both(kernels.rms_rotate, x, weight, angle.cos(), angle.sin(), 1e-2)
        assert z.dtype == dtype
        for g in (random(3, 5, 6, size, dtype=dtype), random(3, 6, 5, size, dtype=dtype).transpose(1, 2)):
            both(kernels.rms_rotate_backward, g, x, weight, angle[0].cos(), angle[0].sin(), r)


@DTYPES
@pytest.mark.parametrize("length", [1, 2, 15, 16, 17, 40, 128])
def test_causal_softmax(both, dtype, length):
    scores = 4 * random(2, 3, length, length, dtype=dtype)
    scores[:, :, 0, 1:] = torch.nan  # what a row does not see
    pattern = both(kernels.causal_softmax, scores, 0.7)
    assert (pattern.float().sum(-1) - 1).abs().max() < 2e-2
    both(kernels.causal_softmax_backward, random(2, 3, length, length, dtype=dtype, seed=1), pattern, 0.7)


@DTYPES
def test_swiglu(both, dtype):
    wide = 20 * random(4, 6, 50, dtype=dtype)
    for gate, up in (wide.chunk(2, -1), (wide, wide.flip(0)), (wide.mT, wide.mT), (wide[0, 0], wide[1, 1])):
        assert both(kernels.swiglu, gate, up).dtype == dtype
        both(kernels.swiglu_backward, random(*gate.shape, dtype=dtype, seed=1), gate, up)


@DTYPES
@pytest.mark.parametrize(("heads", "kv"), [(4, 4), (6, 2), (3, 1)])
def test_attention_of_one_query(both, dtype, heads, kv):
    """Key counts around every block of the loops; a view of the cache as a window gives it; padding; sinks."""
    for slots, (d_k, d_v), first in itertools.product(
        (1, 15, 16, 17, 63, 64, 95, 130), ((8, 8), (18, 14), (32, 48)), (0, 3)
    ):
        q = random(5, heads, d_k, dtype=dtype)
        k = random(5, kv, d_k, slots + 9, dtype=dtype, seed=1).mT[:, :, first : first + slots]
        v = random(5, kv, slots + 9, d_v, dtype=dtype, seed=2)[:, :, first : first + slots]
        visible = torch.tensor([1, slots, slots + 4, (slots + 1) // 2, max(1, slots - 1)])
        for seen, sinks in itertools.product((None, visible), (None, random(heads, seed=3))):
            both(kernels.attend_last, q, k, v, seen, scale=0.3, sinks=sinks)


def test_large_scores_and_far_sinks(both):
    q, k, v = 40 * random(2, 2, 8), random(2, 2, 8, 20).mT, random(2, 2, 20, 8)
    for sink in (-500.0, 0.0, 500.0):
        assert both(kernels.attend_last, q, k, v, None, scale=1.0, sinks=torch.full((2,), sink)).isfinite().all()


def test_what_is_hidden_does_not_matter(both):
    q, k, v = random(1, 2, 8), random(1, 2, 8, 40).mT, random(1, 2, 40, 8)
    seen = both(kernels.attend_last, q, k, v, torch.tensor([9]), scale=1.0)
    k[:, :, :31], v[:, :, :31] = torch.nan, torch.nan
    assert torch.equal(kernels.attend_last(q, k, v, torch.tensor([9]), scale=1.0), seen)


def test_two_threads_give_the_same_bits(both):
    x, q, k, v = random(70, 32), random(7, 4, 8), random(7, 2, 8, 30).mT, random(7, 2, 30, 8)

    def outputs():
        yield from kernels.rms_norm(x, x[0], 1e-6, x.dtype)
        yield kernels.swiglu(x, x)
        yield kernels.attend_last(q, k, v, None, scale=1.0)
        yield kernels.causal_softmax(x[:32], 1.0)

    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            found.append(list(outputs()))
            again = kernels.rms_norm_backward(x, x, x[0], found[-1][1])
            assert all(map(torch.equal, again, kernels.rms_norm_backward(x, x, x[0], found[-1][1])))
    finally:
        torch.set_num_threads(before)
    assert all(map(torch.equal, *found))


def test_other_tensors_go_the_plain_way():
    x = random(3, 8)
    assert kernels.compiled(x.double()) is None
    assert kernels.compiled(x, x.bfloat16()) is None
    assert kernels.compiled(x.to("meta")) is None
    assert kernels.rms_norm(x.double(), x[0].double(), 1e-6, torch.float64)[0].dtype == torch.float64
    expected = torch.stack([kernels.swiglu(row, row) for row in x])
    assert torch.allclose(torch.vmap(lambda row: kernels.swiglu(row, row))(x), expected, atol=1e-6)


# Compiling.


@pytest.fixture
def fresh(monkeypatch, tmp_path):
    """A machine that has compiled nothing yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("REASONLAB_KERNELS", raising=False)
    return native.build.__wrapped__


def test_without_a_compiler_there_is_none_and_why(fresh, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert fresh() == native.Built(None, "no compiler called no-such-compiler")
    monkeypatch.setenv("CXX", "false")
    assert fresh().library is None
    assert fresh().found.startswith("false: ")
    monkeypatch.setenv("REASONLAB_KERNELS", "off")
    assert fresh() == native.Built(None, "switched off by REASONLAB_KERNELS")


def test_it_is_compiled_once(fresh, monkeypatch, tmp_path):
    if native.build().library is None:
        pytest.skip(f"not compiled here: {native.build().found}")
    assert fresh().library is not None
    (kept,) = (tmp_path / "reasonlab").iterdir()
    assert kept.suffix == ".so"
    commands, run = [], subprocess.run
    monkeypatch.setattr(
        subprocess, "run", lambda command, **options: commands.append(command) or run(command, **options)
    )
    assert fresh().library is not None
    assert [command[1:] for command in commands] == [["--version"]]


def test_a_library_that_does_not_load_is_left_alone(fresh, monkeypatch):
    def broken(compiler, kept):
        kept.parent.mkdir()
        kept.write_bytes(b"of another kind")
        return kept

    monkeypatch.setattr(native, "_compile", broken)
    assert fresh().library is None
