"""A word-level tokenizer: one word, one token, so that a value such as `7` is one position in the network.

Text is words joined by one space. A `pattern` may make several words a token where they belong together: in arithmetic
`c =` is one token at the start of a statement. The vocabulary is `<pad> <bos> <eos> <unk>` (ids 0 to 3) and then the
words in the order they were given. Backed by Hugging Face `tokenizers`, so the saved folder opens with
`AutoTokenizer`. `<unk>` is there for those other readers: here an unknown word is an error, since it could only hide a
mistake.

Invariant: `decode(encode(text)) == text` for every text of known, non-special words joined by one space.
"""

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

import tokenizers
from tokenizers import Regex
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split

from reasonlab.language.errors import BadInput, quote

SPECIALS = ("<pad>", "<bos>", "<eos>", "<unk>")
TOKENIZER_FILE = "tokenizer.json"
WORDS = r"\S+"


class Tokenizer:
    """Words to ids and back. `hf` is the same vocabulary as a `tokenizers.Tokenizer`."""

    pad_id, bos_id, eos_id, unk_id = range(4)
    words = True  # a value is one token
    longest_chain = 400  # tokens that a model may write, unless told otherwise

    def __init__(self, vocabulary: Sequence[str], pattern: str = WORDS) -> None:
        """`vocabulary[i]` is the word of id i, specials included; use `build` to make one from words alone.

        `pattern`: a regular expression whose matches are the tokens of a text, in the syntax that Python and
        Oniguruma share.
        """
        self.vocabulary, self.pattern = tuple(vocabulary), pattern
        self._split = re.compile(pattern)
        self._id_of = {word: i for i, word in enumerate(self.vocabulary)}
        self.hf = tokenizers.Tokenizer(WordLevel(dict(self._id_of), unk_token="<unk>"))
        self.hf.pre_tokenizer = Split(Regex(pattern), behavior="removed", invert=True)
        self.hf.add_special_tokens(list(SPECIALS))

    @classmethod
    def build(cls, words: Sequence[str], pattern: str = WORDS) -> "Tokenizer":
        """The tokenizer of these words, in this order.

        Raises:
            BadInput: a word is repeated, special, or not one match of the pattern.
        """
        seen = set(SPECIALS)
        for word in words:
            if re.findall(pattern, word) != [word]:
                raise BadInput(f"the word {quote(word)}", "a word without spaces", "split it into words")
            if word in seen:
                raise BadInput(f"the word {quote(word)} occurs twice or is special", "distinct words", "drop one")
            seen.add(word)
        return cls((*SPECIALS, *words), pattern)

    @property
    def vocab_size(self) -> int:
        return len(self.vocabulary)

    def encode(self, text: str) -> list[int]:
        """The ids of the words of `text`. A dict lookup: equal to the `tokenizers` result, and faster.

        Raises:
            BadInput: a word is not in the vocabulary.
        """
        try:
            return [self._id_of[word] for word in self._split.findall(text)]
        except KeyError as error:
            raise self._unknown(error.args[0]) from None

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """`encode` of each text."""
        return [self.encode(text) for text in texts]

    def encode_with_offsets(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The ids, and for each the (start, end) characters of its word in `text`.

        Raises:
            BadInput: a word is not in the vocabulary.
        """
        ids, offsets = [], []
        for match in self._split.finditer(text):
            if match.group() not in self._id_of:
                raise self._unknown(match.group())
            ids.append(self._id_of[match.group()])
            offsets.append(match.span())
        return ids, offsets

    def decode(self, ids: Sequence[int]) -> str:
        """The words of `ids` joined by one space; `<pad> <bos> <eos> <unk>` are left out.

        Raises:
            BadInput: an id is outside the vocabulary.
        """
        words = []
        for i in ids:
            if not 0 <= i < self.vocab_size:
                raise BadInput(f"token id {i}", f"0 to {self.vocab_size - 1}", "use the model's own tokenizer")
            if i >= len(SPECIALS):
                words.append(self.vocabulary[i])
        return " ".join(words)

    def save(self, folder: str | Path) -> None:
        """Write `tokenizer.json` and `tokenizer_config.json`, each to a temporary file and then renamed."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        settings = {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "clean_up_tokenization_spaces": False,
            **{f"{name.strip('<>')}_token": name for name in SPECIALS},
        }
        for name, text in (
            (TOKENIZER_FILE, self.hf.to_str(pretty=True)),
            ("tokenizer_config.json", json.dumps(settings, indent=2) + "\n"),
        ):
            temporary = folder / f".{name}.{os.getpid()}"
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(folder / name)

    def _unknown(self, word: str) -> BadInput:
        return BadInput(
            f"the word {quote(word)} is not in the vocabulary",
            f"one of its {self.vocab_size - len(SPECIALS)} words, such as {', '.join(self.vocabulary[4:10])}",
            "rephrase the text, or build the tokenizer with this word",
        )
