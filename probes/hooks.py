"""Names of hook points, and what a model has: unknown or missing points are refused before anything runs.

Any model with TransformerLens' canonical names is taken: ours, or a Hugging Face model under TransformerLens' bridge.
"""

from __future__ import annotations

import re
from typing import Any

from reasonlab.language.errors import BadInput, quote

# A component of the residual stream or of attention -> its hook point in layer {layer}.
COMPONENTS = {
    "resid_pre": "blocks.{layer}.hook_resid_pre",
    "resid_mid": "blocks.{layer}.hook_resid_mid",
    "resid_post": "blocks.{layer}.hook_resid_post",
    "attn_out": "blocks.{layer}.hook_attn_out",
    "mlp_out": "blocks.{layer}.hook_mlp_out",
    "z": "blocks.{layer}.attn.hook_z",
    "v": "blocks.{layer}.attn.hook_v",
    "pattern": "blocks.{layer}.attn.hook_pattern",
}


def hook_name(component: str, layer: int) -> str:
    """The hook point of a component in a layer.

    Raises:
        BadInput: there is no such component.
    """
    if component not in COMPONENTS:
        raise BadInput(f"there is no component {quote(component)}", f"one of {', '.join(COMPONENTS)}", "choose another")
    return COMPONENTS[component].format(layer=layer)


def require(model: Any, names: list[str]) -> None:
    """Raises BadInput where the model lacks one of these hook points."""
    for name in names:
        if name not in model.hook_dict:
            pattern = re.sub(r"\d+", r"\\d+", re.escape(re.sub(r"\d+", "0", name)))
            alike = [have for have in model.hook_dict if re.fullmatch(pattern, have)]
            what = f"the model has no hook point {quote(name)}"
            if alike:
                raise BadInput(what, f"{alike[0]} to {alike[-1]}", f"the model has {model.cfg.n_layers} layers")
            some = [have for have in model.hook_dict if have.startswith("blocks.0.hook")] or list(model.hook_dict)
            raise BadInput(what, f"a name such as {', '.join(some[:6])}", "list model.hook_dict for all of them")


def require_room(model: Any, longest: int) -> None:
    """Raises BadInput where a sequence is longer than the model's positions."""
    if longest > model.cfg.n_ctx:
        raise BadInput(
            f"a problem with its chain has {longest} tokens",
            f"at most {model.cfg.n_ctx}, the model's positions",
            "take smaller problems, or a model trained with more positions",
        )
