"""Whether safetensors files are whole, told by their headers: in a moment, where to read them takes an import of torch.

A file is the header's length (8 bytes, little-endian), the header (JSON: for each tensor its first and last byte in
the data), and the data: https://huggingface.co/docs/safetensors.
"""

from __future__ import annotations

import json
from pathlib import Path

from reasonlab.language.errors import BadInput

LONGEST_HEADER = 100_000_000  # the format's own limit, in bytes


def check_tensors(folder: Path, remedy: str = "copy it again") -> None:
    """Raises BadInput for the first file `*.safetensors` in a folder that is not as long as its header says."""
    for path in sorted(folder.glob("*.safetensors")):
        fault = _fault(path)
        if fault:
            raise BadInput(f"{path} cannot be read ({fault})", "a whole safetensors file", remedy)


def _fault(path: Path) -> str | None:
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length <= min(LONGEST_HEADER, size - 8):
            return f"{size:,} bytes, and no header of safetensors"
        try:
            header = json.loads(file.read(length))
            ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"]
            wanted = 8 + length + max(ends, default=0)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
            return "its header is not that of safetensors"
    return None if size == wanted else f"{size:,} bytes of {wanted:,}"
