"""A safetensors file that is cut short, longer or something else is refused by its header alone, without torch."""

import pytest
import torch
from safetensors.torch import save_file

from reasonlab.language.errors import BadInput
from reasonlab.runs.tensors import check_tensors


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.safetensors"
    save_file({"a": torch.ones(3, 4), "b": torch.zeros(7, dtype=torch.int8)}, path, metadata={"format": "pt"})
    return path


def test_a_whole_file_passes_and_so_does_a_folder_without_one(file, tmp_path_factory):
    check_tensors(file.parent)
    check_tensors(tmp_path_factory.mktemp("empty"))
    save_file({}, file)
    check_tensors(file.parent)


def test_every_cut_is_refused(file):
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        with pytest.raises(BadInput, match="cannot be read"):
            check_tensors(file.parent)
    file.write_bytes(whole + b"\0")
    with pytest.raises(BadInput, match=f"{len(whole) + 1} bytes of {len(whole)}"):
        check_tensors(file.parent)


@pytest.mark.parametrize(
    "header", [b"[]", b"{", b'{"a": 1}', b'{"a": {"data_offsets": [0]}}', b'{"a": {"data_offsets": "ab"}}', b"\xff" * 9]
)
def test_another_header_is_refused(file, header):
    file.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(BadInput, match="header is not that of safetensors"):
        check_tensors(file.parent)
