from types import SimpleNamespace


class Sample(SimpleNamespace):
    pass
