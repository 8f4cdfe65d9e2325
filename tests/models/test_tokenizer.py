"""One word, one token, or several words where the pattern joins them; what is saved opens elsewhere; what is unknown is
refused."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from reasonlab.language.errors import BadInput
from reasonlab.models import ByteTokenizer, Tokenizer, load_tokenizer
from reasonlab.tasks import family, parse_difficulty, problems

WORDS = ("7", "12", "=", "+", "x1", "mod", "¬", ",")
TOKENIZER = Tokenizer.build(WORDS)
texts = st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join)

ARITHMETIC = family("arithmetic")
JOINED = Tokenizer.build(ARITHMETIC.vocabulary(ARITHMETIC.difficulty()), ARITHMETIC.pattern)
# Few words, so that names, marks and = meet in every order; `a =` as a word may stand in the middle of a statement.
joined_texts = st.lists(st.sampled_from(["a", "b", "a =", "=", ";", "?", "3", "[3]", "+", "needs"]), max_size=30).map(
    " ".join
)


def test_ids_follow_the_given_order_after_the_specials():
    assert TOKENIZER.encode("<pad> <bos> <eos> <unk> 7 12 ,") == [0, 1, 2, 3, 4, 5, 11]
    assert (TOKENIZER.pad_id, TOKENIZER.bos_id, TOKENIZER.eos_id, TOKENIZER.vocab_size) == (0, 1, 2, 12)


@given(texts)
def test_round_trip(text):
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == text


@given(texts)
def test_the_dict_and_hugging_face_agree(text):
    slow = TOKENIZER.hf.encode(text)
    ids, offsets = TOKENIZER.encode_with_offsets(text)
    assert TOKENIZER.encode(text) == ids == slow.ids
    assert offsets == slow.offsets
    assert TOKENIZER.decode(ids) == TOKENIZER.hf.decode(ids)


@given(joined_texts)
def test_joined_words_round_trip_and_agree_with_hugging_face(text):
    slow = JOINED.hf.encode(text)
    ids, offsets = JOINED.encode_with_offsets(text)
    assert JOINED.decode(ids) == text
    assert JOINED.encode(text) == ids == slow.ids
    assert offsets == slow.offsets
    assert [text[a:b] for a, b in offsets] == [JOINED.vocabulary[i] for i in ids] == slow.tokens


def test_a_name_is_joined_with_its_equals_sign_only_where_a_statement_begins():
    text = "a = 3 ; b = a [3] + a [3] = 6 ; b = 3 + 3 ; b ? d = a"
    ids, offsets = JOINED.encode_with_offsets(text)
    tokens = "a =|3|;|b =|a|[3]|+|a|[3]|=|6|;|b =|3|+|3|;|b|?|d =|a".split("|")
    assert [JOINED.vocabulary[i] for i in ids] == [text[a:b] for a, b in offsets] == tokens
    assert offsets[:4] == [(0, 3), (4, 5), (6, 7), (8, 11)]
    for apart in ("+ a = 3", "; ab = 3", "; a == 3", ";  a = 3", "; A = 3"):
        assert not [match for match in re.findall(JOINED.pattern, apart) if " " in match], apart


@pytest.mark.parametrize("text", ["", "modulus=23,variables=7-9"])
def test_problems_and_gold_chains_round_trip(text):
    difficulty = parse_difficulty("arithmetic", text)
    tokenizer = Tokenizer.build(ARITHMETIC.vocabulary(difficulty), ARITHMETIC.pattern)
    for problem in problems("arithmetic", difficulty, "train", 0, 20):
        for form in ARITHMETIC.forms:
            gold = problem.gold_text(form)
            prompt, chain, whole = map(tokenizer.encode, (problem.prompt, gold, f"{problem.prompt} {gold}"))
            assert prompt + chain == whole  # a chain starts a statement whether it is encoded alone or after its prompt
            assert tokenizer.decode(whole) == f"{problem.prompt} {gold}"


def test_offsets_hold_the_words_whatever_the_spacing():
    text = "  x1 =\n7 +   7"
    ids, offsets = TOKENIZER.encode_with_offsets(text)
    assert [text[a:b] for a, b in offsets] == ["x1", "=", "7", "+", "7"]
    assert offsets[-1] == (len(text) - 1, len(text))
    assert ids == TOKENIZER.encode(text) == TOKENIZER.encode_batch([text, ""])[0]


@pytest.mark.parametrize("encode", [TOKENIZER.encode, TOKENIZER.encode_with_offsets])
def test_an_unknown_word_is_refused_by_name(encode):
    with pytest.raises(BadInput, match=r"'banana' is not in the vocabulary; expected .*; rephrase"):
        encode("7 + banana")


def test_decode_leaves_specials_out_and_refuses_foreign_ids():
    assert TOKENIZER.decode([1, 4, 0, 3, 6, 2]) == "7 ="
    for bad in (12, -1):
        with pytest.raises(BadInput, match=f"token id {bad}"):
            TOKENIZER.decode([bad])


@pytest.mark.parametrize("words", [["a", "a"], ["a b"], ["a ="], [""], ["<eos>"]])
def test_words_that_cannot_be_tokens_are_refused(words):
    with pytest.raises(BadInput):
        Tokenizer.build(words)


def test_saved_and_loaded_here_and_by_transformers(tmp_path):
    TOKENIZER.save(tmp_path)
    assert load_tokenizer(tmp_path).vocabulary == TOKENIZER.vocabulary
    theirs = AutoTokenizer.from_pretrained(tmp_path)
    text = "x1 = 7 + 12 , ¬"
    assert theirs(text)["input_ids"] == TOKENIZER.encode(text)
    assert theirs.decode(TOKENIZER.encode(text)) == text
    assert (theirs.pad_token_id, theirs.bos_token_id, theirs.eos_token_id, theirs.unk_token_id) == (0, 1, 2, 3)
    assert {path.name for path in tmp_path.iterdir()} == {"tokenizer.json", "tokenizer_config.json"}


def test_the_pattern_is_saved(tmp_path):
    JOINED.save(tmp_path)
    here, theirs = load_tokenizer(tmp_path), AutoTokenizer.from_pretrained(tmp_path)
    assert (here.vocabulary, here.pattern) == (JOINED.vocabulary, JOINED.pattern)
    for text in (
        "a = 3 ; b = a [3] + a [3] = 6 ; answer 6",
        "b = a + a = 3 + 3 = 6",
        "mod 10 ; b = a + a ; a = 3 ; b ? b needs a ; a = 3",
    ):
        ids = JOINED.encode(text)
        assert here.encode(text) == theirs(text)["input_ids"] == ids
        assert theirs.decode(ids) == text
    TOKENIZER.save(tmp_path)
    assert load_tokenizer(tmp_path).pattern == TOKENIZER.pattern != JOINED.pattern


def test_bad_files_are_refused(tmp_path):
    with pytest.raises(BadInput, match="there is no"):
        load_tokenizer(tmp_path)
    TOKENIZER.save(tmp_path)
    path = tmp_path / "tokenizer.json"
    whole = path.read_text()
    path.write_text(whole[: len(whole) // 2])
    with pytest.raises(BadInput, match="cannot be read"):
        load_tokenizer(tmp_path)
    for damage in ({"type": "BPE"}, {"vocab": {"a": 0, "b": 1}}):
        content = json.loads(whole)
        content["model"] |= damage
        path.write_text(json.dumps(content))
        with pytest.raises(BadInput, match="holds a tokenizer of type"):
            load_tokenizer(tmp_path)


BYTES = ByteTokenizer()
any_text = st.text(st.characters(exclude_categories=["Cs"]))


@given(any_text)
def test_bytes_round_trip_and_agree_with_hugging_face(text):
    ids, offsets = BYTES.encode_with_offsets(text)
    assert BYTES.encode(text) == ids == [4 + byte for byte in text.encode()]
    assert BYTES.hf.encode(text).ids == ids or any(name in text for name in BYTES.vocabulary[:4])
    assert BYTES.decode(ids) == text
    assert BYTES.decode([1, *ids, 2, 0]) == text
    for index, (start, end) in zip(ids, offsets, strict=True):
        assert index - 4 in text[start:end].encode()


@given(st.binary(max_size=40))
def test_any_bytes_round_trip_and_are_decoded(data):
    ids = BYTES.encode_bytes(data)
    assert BYTES.decode_bytes([1, *ids, 2, 0]) == data
    assert BYTES.decode(ids) == data.decode("utf-8", "replace")


def test_what_is_no_utf8_is_replaced_and_kept_as_bytes():
    for data, text in ((b"a\xffb", "a\ufffdb"), ("é".encode()[:1], "\ufffd"), (b"\xed\xa0\x80", "\ufffd" * 3)):
        assert BYTES.decode(BYTES.encode_bytes(data)) == text
        assert BYTES.decode_bytes(BYTES.encode_bytes(data)) == data


def test_bytes_open_elsewhere_and_come_back(tmp_path):
    BYTES.save(tmp_path)
    here, theirs = load_tokenizer(tmp_path), AutoTokenizer.from_pretrained(tmp_path)
    assert isinstance(here, ByteTokenizer)
    for text in ("a = b [8] + c [9] = 7", "¬ p → ∀x", "日本\n\t\x00 end "):
        assert theirs(text, add_special_tokens=False)["input_ids"] == here.encode(text)
        assert theirs.decode(here.encode(text)) == text
    assert (theirs.pad_token_id, theirs.bos_token_id, theirs.eos_token_id) == (0, 1, 2)


def test_what_bytes_refuse_is_one_line():
    with pytest.raises(BadInput, match="half of a surrogate pair at character 1"):
        BYTES.encode("a\ud800")
    with pytest.raises(BadInput, match="token id 260; expected 0 to 259"):
        BYTES.decode([260])
    with pytest.raises(BadInput, match="token id -1; expected 0 to 259"):
        BYTES.decode_bytes([-1])
