"""A saved tokenizer, of whichever of the two kinds it is."""

import json
from pathlib import Path

from reasonlab.language.errors import BadInput
from reasonlab.models.byte_tokenizer import ByteTokenizer
from reasonlab.models.tokenizer import SPECIALS, TOKENIZER_FILE, WORDS, Tokenizer


def load_tokenizer(folder: str | Path) -> Tokenizer:
    """Read a folder that a tokenizer's `save` wrote.

    Raises:
        BadInput: the file is missing, cut short, or another kind of tokenizer.
    """
    path = Path(folder) / TOKENIZER_FILE
    remedy = "point to a folder that Tokenizer.save wrote"
    if not path.is_file():
        raise BadInput(f"there is no {path}", "a saved tokenizer", remedy)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        model = content["model"]
        kind, id_of = model.get("type"), model["vocab"]
        ids = sorted(id_of, key=lambda word: id_of[word]) if isinstance(id_of, dict) else []
        numbered = [id_of[word] for word in ids] == list(range(len(ids)))
        if kind == "BPE" and numbered and not model.get("merges") and tuple(ids) == ByteTokenizer().vocabulary:
            return ByteTokenizer()
        if kind == "WordLevel" and numbered and tuple(ids[:4]) == SPECIALS:
            return Tokenizer(ids, content["pre_tokenizer"].get("pattern", {"Regex": WORDS})["Regex"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path} cannot be read ({error})", "a whole tokenizer.json", remedy) from error
    raise BadInput(f"{path} holds a tokenizer of type {kind}", f"words or bytes, starting {SPECIALS}", remedy)
