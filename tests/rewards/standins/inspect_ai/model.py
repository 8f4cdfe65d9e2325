from types import SimpleNamespace


class ModelUsage(SimpleNamespace):
    pass


class ModelOutput(SimpleNamespace):
    @classmethod
    def from_content(cls, model, content):
        return cls(completion=content)


def get_model(name, custom_outputs):
    return SimpleNamespace(says=custom_outputs[0])
