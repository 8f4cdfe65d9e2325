from types import SimpleNamespace


class ModelOutput:
    @staticmethod
    def from_content(model, content):
        return content


def get_model(name, custom_outputs):
    return SimpleNamespace(says=custom_outputs[0])
