"""What the tests of training share."""

from contextlib import contextmanager

import pytest


@pytest.fixture
def killed_at():
    """A context that gives a watcher under which training dies at a step, and that wants it to."""

    class Killed(Exception):
        pass

    @contextmanager
    def dies(step):
        def kill(now):
            if now.step == step:
                raise Killed

        with pytest.raises(Killed):
            yield kill

    return dies
