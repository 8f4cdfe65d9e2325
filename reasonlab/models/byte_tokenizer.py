"""Flat bytes as tokens: any text in UTF-8, a token a byte, for every architecture.

Ids 0 to 3 are `<pad> <bos> <eos> <unk>` as in the word-level tokenizer, byte b is id 4 + b: 260 in all. No text is
unknown, so `<unk>` never comes out of `encode`. The saved folder is a byte-level BPE without merges, which
`AutoTokenizer` opens with the same ids.

Invariants: `decode(encode(text)) == text` for every text, `decode_bytes(encode_bytes(data)) == data` for all bytes.
Those that are no UTF-8, which a model may write, come out of `decode` as replacement characters (U+FFFD). The name of
a special token within a text is its bytes here, where Hugging Face's reader sees the token.
"""

from collections.abc import Sequence

import tokenizers
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel

from reasonlab.language.errors import BadInput
from reasonlab.models.tokenizer import SPECIALS, Tokenizer

BYTES = 256


def _signs() -> list[str]:
    """The printable sign that stands for each byte in byte-level vocabularies (GPT-2's table: printable Latin-1 as
    it is, the rest from U+0100 on, in order)."""
    kept = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, BYTES)]
    moved = iter(range(0x100, 0x200))
    return [chr(byte) if byte in kept else chr(next(moved)) for byte in range(BYTES)]


class ByteTokenizer(Tokenizer):
    """Bytes to ids and back; the interface of the word-level tokenizer."""

    words = False
    longest_chain = 2_000

    def __init__(self) -> None:
        self.vocabulary, self.pattern = (*SPECIALS, *_signs()), ""
        self.hf = tokenizers.Tokenizer(BPE({word: i for i, word in enumerate(self.vocabulary)}, []))
        self.hf.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=False)
        self.hf.decoder = ByteLevelDecoder()
        self.hf.add_special_tokens(list(SPECIALS))

    def encode(self, text: str) -> list[int]:
        """The ids of the bytes of `text`.

        Raises:
            BadInput: the text holds half of a surrogate pair, which UTF-8 cannot.
        """
        try:
            return self.encode_bytes(text.encode())
        except UnicodeEncodeError as error:
            raise BadInput(
                f"the text holds half of a surrogate pair at character {error.start}", "text that UTF-8 can write",
                "drop that character",
            ) from None  # fmt: skip

    def encode_bytes(self, data: bytes) -> list[int]:
        """The ids of `data`, whatever it holds."""
        return [len(SPECIALS) + byte for byte in data]

    def encode_with_offsets(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The ids, and for each the (start, end) of the character in `text` that its byte is part of."""
        offsets = [(i, i + 1) for i, character in enumerate(text) for _ in character.encode("utf-8", "surrogatepass")]
        return self.encode(text), offsets

    def decode(self, ids: Sequence[int]) -> str:
        """The text of `ids`; specials are left out, and what is no UTF-8 is replaced: `decode_bytes` keeps it.

        Raises:
            BadInput: an id is outside the vocabulary.
        """
        return self.decode_bytes(ids).decode("utf-8", "replace")

    def decode_bytes(self, ids: Sequence[int]) -> bytes:
        """The bytes of `ids`, exactly; specials are left out. Raises as `decode`."""
        for i in ids:
            if not 0 <= i < self.vocab_size:
                raise BadInput(f"token id {i}", f"0 to {self.vocab_size - 1}", "use the model's own tokenizer")
        return bytes(i - len(SPECIALS) for i in ids if i >= len(SPECIALS))
