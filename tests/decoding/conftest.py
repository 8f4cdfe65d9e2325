"""What the tests of decoding share."""

import pytest

from reasonlab.models import native


@pytest.fixture(params=["compiled", "plain"])
def kernels(request, monkeypatch):
    """Tests that use this run with the compiled kernels and without."""
    if request.param == "plain":
        monkeypatch.setattr(native, "build", lambda: native.Built(None, "for the test"))
    elif native.build().library is None:
        pytest.skip(f"not compiled here: {native.build().found}")
