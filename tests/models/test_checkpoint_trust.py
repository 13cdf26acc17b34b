"""Checkpoints, adapters and tokenizers from anywhere: nothing in them is run, nothing outside them read, and no value
in them is taken for what it is not."""
import json
import math
import os
import pickle
import re
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, HealthCheck, settings, strategies as st

pytest.importorskip("resource")  # which the readers that are fuzzed measure by

import guard  # noqa: E402
import mm_blender as mm  # noqa: E402
from checkpoints import write_safetensors  # noqa: E402
from fuzzed import configurations as made  # noqa: E402
from mm_blender.data.tensors import open_store  # noqa: E402
from mm_blender.errors import DataError, MMError, ParameterError  # noqa: E402
from mm_blender.expression.parameters import walk  # noqa: E402
from mm_blender.models import regexes, tokenizer_files  # noqa: E402
from mm_blender.models.adapters import open_adapter  # noqa: E402
from mm_blender.models.checkpoints import open_model  # noqa: E402
from mm_blender.models.metadata import exact, shown  # noqa: E402
from mm_blender.models.model_config import read_config  # noqa: E402
from mm_blender.models.name_patterns import Pattern  # noqa: E402

X = made.X
EVIL = "open({!r}, 'w').write('run')\nclass Evil:\n    pass\n"


@pytest.fixture
def llama(tmp_path):
    """A model of two layers with a tokenizer, and code beside them that leaves a file if it is run."""
    folder = tmp_path / "llama"
    folder.mkdir()
    table = np.eye(5, made.WIDTH)
    write_safetensors(folder / "model.safetensors", made.tensors("llama") | {"embed_tokens.weight": table})
    write(folder / "config.json", made.CONFIGS["llama"])
    write(folder / "tokenizer.json", made.TOKENIZER)
    write(folder / "tokenizer_config.json", made.TOKENIZER_CONFIG)
    for name in ("evil.py", "modeling_evil.py", "tokenization_evil.py", "__init__.py"):
        (folder / name).write_text(EVIL.format(str(tmp_path / "was-run")))
    return folder


def write(path: Path, value) -> None:
    path.write_text(json.dumps(value))


def shows(folder, **more):
    return mm.attention_head(folder, 1, 1, **{"activations": X, **more}).values


CODES = [{"auto_map": {"AutoTokenizer": ["tokenization_evil.Evil", None]}}, {"auto_map": ["tokenization_evil.Evil",
        None]},
         {"auto_map": {"AutoConfig": "evil.Evil", "AutoModel": "modeling_evil.Evil"}}, {"custom_pipelines": {"a": {}}},
         {"trust_remote_code": True}, {"auto_map": "evil.Evil"}, {"custom_generate": "evil"}]


@pytest.mark.slow
@pytest.mark.parametrize("code", CODES, ids=str)
def test_code_that_a_checkpoint_names_is_refused_and_never_run(llama, tmp_path, monkeypatch, code):
    pytest.importorskip("transformers")
    monkeypatch.setattr("builtins.input", lambda *_: "y")
    key, = code
    shows(llama, activations=None, text="ab ab")  # PyTorch asks the system about itself when it is loaded
    with guard.watched() as seen:
        shows(llama, activations=None, text="ab ab")
        write(llama / "tokenizer_config.json", made.TOKENIZER_CONFIG | code)
        with pytest.raises(DataError, match=f"tokenizer_config.json says .{key}: .*names code of its own"):
            shows(llama, activations=None, text="ab ab")
        with pytest.warns(mm.MMWarning, match=f"shown by their numbers.*{key}"):
            shows(llama, activations=None, tokens=[1, 2, 1])
        write(llama / "config.json", made.CONFIGS["llama"] | code)
        for more in ({}, {"activations": None, "text": "ab"}, {"activations": None, "tokens": [1]}):
            with pytest.raises(DataError, match=f"its configuration says .{key}: .*names code of its own"):
                shows(llama, **more)
    seen.check()
    assert not (tmp_path / "was-run").exists()


def test_names_and_paths_in_a_tokenizer_lead_nowhere(llama, tmp_path):
    """Nor are its templates rendered, nor a file of its own read that is a pickle."""
    pytest.importorskip("transformers")
    own = [*shows(llama, activations=None, text="ab ab").values()]
    (tmp_path / "secret.json").write_text("{}")
    write(llama / "tokenizer_config.json", made.TOKENIZER_CONFIG | {
        "name_or_path": "../secret", "tokenizer_file": str(tmp_path / "secret.json"), "vocab_file": "/etc/passwd",
        "special_tokens_map_file": "../secret.json", "chat_template": "{{ ''.__class__.__mro__[1].__subclasses__() }}"})
    (llama / "vocab.pkl").write_bytes(pickle.dumps(Bomb(tmp_path / "was-run")))
    write(llama / "adapter_config.json", {"base_model_name_or_path": str(tmp_path), "peft_type": "LORA"})
    with guard.watched() as seen:
        for one, two in zip(own, shows(llama, activations=None, text="ab ab").values()):
            np.testing.assert_array_equal(one, two)
    seen.check()
    opened = [path for path in seen.opened if "secret" in path or "/etc/passwd" in path or path.endswith(".pkl")]
    assert not opened and not (tmp_path / "was-run").exists()
    for config in ({"tokenizer_class": "../evil"}, {"tokenizer_class": "RagTokenizer"},
            {"fast_tokenizer_files": ["../a"]},
                   {"something_new": 1}, {"added_tokens_decoder": 3}, {"sp_model_kwargs": {"enable_sampling": True}}):
        write(llama / "tokenizer_config.json", made.TOKENIZER_CONFIG | config)
        with pytest.raises(DataError):
            shows(llama, activations=None, text="ab ab")


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"echo run > {self.path}",)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "adapter_model.bin", "model.pt"])
def test_pickles_are_not_run(tmp_path, name):
    pytest.importorskip("torch")
    (tmp_path / name).write_bytes(pickle.dumps({"a": Bomb(tmp_path / "was-run")}))
    write(tmp_path / "config.json", made.CONFIGS["llama"])
    write(tmp_path / "adapter_config.json", made.ADAPTER)
    with guard.watched() as seen:
        for read in (lambda: open_store(tmp_path / name), lambda: open_model(tmp_path), lambda: open_adapter(tmp_path)):
            with pytest.raises(MMError):
                read()
    assert not seen.programs and not seen.network and not (tmp_path / "was-run").exists()


# ---- what a tokenizer does to a text

def with_rules(**rules):
    return made.TOKENIZER | {key: value for key, value in rules.items() if key != "model"} | {
        "model": made.TOKENIZER["model"] | rules.get("model", {})}


@pytest.mark.parametrize("about, words", [
    (with_rules(model={"dropout": 0.5}), "at random"),
    (with_rules(pre_tokenizer={"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated"}),
    "take for ever"),
    (with_rules(normalizer={"type": "Replace", "pattern": {"Regex": r"(\w|a)*b"}, "content": "x"}), "take for ever"),
    (with_rules(normalizer={"type": "Replace", "pattern": {"String": "a"}, "content": "x" * 999_999}),
    "characters of one"),
    (with_rules(normalizer={"type": "Sequence", "normalizers": [
        {"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}] * 40}), "characters of one"),
    (with_rules(normalizer={"type": "Sequence", "normalizers": [{"type": "Lowercase"}] * 200}), "in 20. steps"),
    # of which the library would take 4 GB, and end the process where there are none
    (with_rules(normalizer={"type": "Precompiled", "precompiled_charsmap": "/////w=="}), "cut short"),
    (with_rules(normalizer={"type": "Precompiled", "precompiled_charsmap": "AwAAAAAAAAA="}), "cut short"),
    (made.TOKENIZER | {"model": None}, "has no model"), ([1], "holds a list"),
], ids=lambda x: x[:20] if isinstance(x, str) else "")
def test_rules_that_take_for_ever_or_all_memory(llama, about, words):
    pytest.importorskip("transformers")
    write(llama / "tokenizer.json", about)
    with pytest.raises(DataError, match=words):
        shows(llama, activations=None, text="ab ab")


@pytest.mark.parametrize("name, more", [
    ("tokenizer_config.json", {"suffix_first": False}),  # Code Llama's
    ("tokenizer_config.json", {"auto_map": {}, "trust_remote_code": False}),
    ("config.json", {"auto_map": {}, "trust_remote_code": False})])
def test_keys_that_name_no_code_are_no_fault(llama, name, more):
    pytest.importorskip("transformers")
    write(llama / name, json.loads((llama / name).read_text()) | more)
    assert shows(llama, activations=None, text="ab ab")["root"].shape == (3, made.WIDTH)


def test_padding_and_truncation_of_a_tokenizer_are_not_done(llama):
    pytest.importorskip("transformers")
    write(llama / "tokenizer.json", with_rules(
        padding={"strategy": {"Fixed": 2 ** 31}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0,
                 "pad_type_id": 0, "pad_token": "[UNK]"},
        truncation={"direction": "Right", "max_length": 1, "strategy": "LongestFirst", "stride": 0}))
    assert shows(llama, activations=None, text="ab ab")["root"].shape == (3, made.WIDTH)


@pytest.mark.parametrize("text", ["", "\ud800", "\0", "a" * 200_000, 3, ["a"], b"ab"], ids=lambda x: repr(x)[:12])
def test_texts_of_all_kinds(llama, text):
    pytest.importorskip("transformers")
    try:
        shows(llama, activations=None, text=text)
    except MMError as error:
        str(error).encode("ascii", "backslashreplace")


def test_regular_expressions_of_known_tokenizers_are_no_fault():
    for known in (r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
                  r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
                  r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
                  r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
                  r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}",
                  r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+", r"[0-9][0-9][0-9]", r" {2,}", r"\p{N}"):
        assert regexes.fault(known) is None
    for bad in ("(a+)+", "(a|b)*c", "((a*)b)+", "(?:x{2,}){3}", r"(a)\1", "(" * 99, "a)", 3):
        assert regexes.fault(bad)


# ---- numbers and sizes

EXTREMES = st.sampled_from([None, True, False, -2, -1, 0, 1, 2, 3, 7, 2 ** 31, 2 ** 63, 10 ** 12, 10 ** 400,
        -10 ** 400, -1.0, 0.0,
                            0.5, 1e-300, 5e-324, 1e308, math.inf, -math.inf, math.nan, "", "3", "nan", "\ud800",
                            "x" * 5000, [],
                            [1], [[[]]], {}, {"a": 1}, {"rope_type": "linear"}, {"rope_type": "linear",
                            "factor": math.nan}])
VALUES = EXTREMES | st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
    st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)), max_leaves=5)


@settings(max_examples=120, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(made.CONFIGS)), st.data(), VALUES)
def test_any_value_at_any_key_of_a_configuration(kind, data, value):
    config = json.loads(json.dumps(made.CONFIGS[kind]))
    key = data.draw(st.sampled_from(sorted([*config, "rope_scaling.factor", "rope_scaling.rope_type", "text_config"])))
    inner, _, last = key.rpartition(".")
    (config.setdefault(inner, {}) if inner else config)[last] = value
    folder = made.checkpoint(kind)
    write(folder / "config.json", config)
    judged(lambda: made.shown(folder))


@settings(max_examples=80, suppress_health_check=list(HealthCheck))
@given(st.sampled_from([*made.ADAPTER, "rank_pattern.k_proj", "alpha_pattern.(k)_proj"]), VALUES)
def test_any_value_at_any_key_of_an_adapter(key, value):
    config = json.loads(json.dumps(made.ADAPTER))
    inner, _, last = key.rpartition(".")
    (config[inner] if inner else config)[last] = value
    judged(lambda: made.adapter_config(json.dumps(config).encode()))


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(made.GGUF)), st.sampled_from(
    [True, -1.0, 0.0, math.nan, math.inf, 1e-30, 0, 1, 3, 2 ** 32 - 1, "", "llama", "linear", [1], [4, 4], [2, 4]]))
def test_any_value_at_any_key_of_a_gguf_file(key, value):
    pytest.importorskip("gguf")
    judged(lambda: made.gguf_model(made.gguf(**{key: value})))


def judged(read) -> None:
    """One of our errors or a right result, soon."""
    started = time.process_time()
    try:
        read()
    except MMError as error:
        assert len(str(error)) < 2000
        str(error).encode()
    assert time.process_time() - started < 5


@pytest.mark.parametrize("key, value", [
    ("lora_alpha", math.nan), ("lora_alpha", math.inf), ("lora_alpha", 10 ** 400), ("lora_alpha", 1e308),
    ("lora_alpha", "8"),
    ("alpha_pattern", {"k_proj": math.nan}), ("alpha_pattern", {"(a+)+$": -math.inf}), ("rank_pattern", {"k_proj": 0}),
    ("r", 2 ** 70), ("r", -1), ("alpha_pattern", {"(?=a)": 2}), ("alpha_pattern", {"x" * 600: 2})], ids=str)
def test_a_scale_is_a_number_and_never_a_name(key, value):
    with pytest.raises(DataError, match=re.escape(f"{key}")):
        made.adapter_config(json.dumps(made.ADAPTER | {key: value}).encode())


def test_numbers_stand_in_expressions_to_their_last_digit(llama):
    for number in (1 / 3, 1e-12, 5e-324, 1.7e308, -2.0, 1.0000001e-05, np.float64(0.1), np.float32(0.1), 7):
        assert float(exact(number)) == float(number) and re.fullmatch(r"-?[\d.]+(e[+-]?\d+)?", exact(number))
    for number in (math.nan, math.inf):
        with pytest.raises(DataError, match="no number"):
            exact(number)
    write(llama / "config.json", made.CONFIGS["llama"] | {"rms_norm_eps": 1.0000001e-05})
    viz = mm.attention_head(llama, 0, 0, activations=X, form="layer")
    assert "1.0000001e-05" in json.dumps(viz.params)
    assert not {node["name"] for _, node, _ in walk(viz.params)} & {"nan", "inf"}


def test_patterns_of_names_take_no_time():
    started = time.process_time()
    for text in ("(a+)+$x", "(((a*)*)*)*b", "(a|a)*b", "(.*.*.*.*)x", "((((.*)*.)*.)*.)*z", "(x{1,1000}){1,1000}y",
                 "(a{0,4294967294}){0,4294967294}b", "(" * 240 + "a" + ")" * 240):
        assert not Pattern(text).fits("a" * 900 + "!")
    assert time.process_time() - started < 2
    for text in (r"(?=a)a", r"(a)\1", "(?i)a", "a" * 501, "(", "(?>a)", "a++"):
        with pytest.raises(ValueError):
            Pattern(text)


@settings(max_examples=400)
@given(st.recursive(st.sampled_from([*"ab.1$^", r"\.", r"\d", "[ab]", "[^a]", "[a-c.]"]), lambda inner: st.one_of(
    st.tuples(inner, inner).map("".join), st.tuples(inner, inner).map("|".join), inner.map("({})+".format),
    inner.map("(?:{})*".format), inner.map("(?:{})?".format), inner.map("(?:{}){{1,3}}".format)), max_leaves=8),
    st.text("ab.1\n", max_size=8))
def test_patterns_are_pythons(text, name):
    assert Pattern(text).fits(name) == (re.match(rf"(.*\.)?({text})$", name) is not None)


def test_values_in_messages_are_short_and_printable():
    deep: list = []
    for _ in range(5000):
        deep = [deep]
    for value in (deep, 10 ** 9999, "\ud800" * 999, {"a" * 10 ** 6: 1}, [1] * 10 ** 6, object(), math.nan):
        assert len(shown(value)) <= 60 * 8 and shown(value).encode()


# ---- names of layers, tensors and files

@pytest.mark.parametrize("number", ["99999999999", "10000", "9" * 5000, "0" * 200 + "7"], ids=lambda x: x[:12])
def test_layers_without_end(tmp_path, number):
    write_safetensors(tmp_path / "model.safetensors", made.tensors("llama") | {
        f"layers.{number}.self_attn.q_proj.weight": np.ones((made.WIDTH, made.WIDTH))})
    write(tmp_path / "config.json", {key: x for key, x in made.CONFIGS["llama"].items() if key != "num_hidden_layers"})
    with pytest.raises(mm.SizeError, match="weights of a layer .*limit layers is 10,000"):
        shows(tmp_path)


def test_a_person_raises_the_limit_of_layers():
    config = {**made.CONFIGS["llama"], "num_hidden_layers": 20_000}
    with pytest.raises(DataError, match="num_hidden_layers: 20000.*the limit layers, 10,000"):
        read_config(config, "llama", "it")
    with mm.limits(layers=20_000):
        assert read_config(config, "llama", "it").layers == 20_000


@pytest.mark.parametrize("change", [
    lambda name, x: x.T if x.ndim == 2 and x.shape[0] != x.shape[1] else x, lambda name, x: x[:0],
    lambda name, x: np.float32(3) if x.ndim == 1 else x, lambda name,
            x: x.reshape(-1) if "mlp" in name or "intermediate" in name else x,
    lambda name, x: x[None], lambda name, x: x[:, :0] if x.ndim == 2 else x])
@pytest.mark.parametrize("kind", ["llama", "gpt2", "bert"])
def test_tensors_of_other_sizes_than_the_configuration_says(tmp_path, kind, change):
    write_safetensors(tmp_path / "model.safetensors", {name: change(name, x) for name, x in made.tensors(kind).items()})
    write(tmp_path / "config.json", made.CONFIGS[kind])
    with pytest.raises(MMError, match="fit|dimensions|empty|single number"):
        made.shown(tmp_path)


def test_a_folder_of_the_hubs_cache_and_links_that_lead_back(tmp_path):
    """What an index names lies beside it; where a link on the person's own disk leads is theirs."""
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "abc"
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    write_safetensors(blobs / "1", made.tensors("llama"))
    write(blobs / "2", made.INDEX)
    write(blobs / "3", made.CONFIGS["llama"])
    for name, blob in (("model.safetensors", "1"), ("model.safetensors.index.json", "2"), ("config.json", "3")):
        try:
            (snapshot / name).symlink_to(Path("../../blobs") / blob)
        except OSError:
            pytest.skip("no links here")
    shows(snapshot)
    (snapshot / "part.safetensors").symlink_to(".", target_is_directory=True)
    for outside in ("..", ".", "", "../llama/model.safetensors", "/etc/passwd", "C:x.safetensors", "a\\b.safetensors",
                    "a\0.safetensors", "model.safetensors.index.json", "part", "config.json", "notes.csv",
                    "part.safetensors",
                    "\ud800.safetensors", "x" * 5000 + ".safetensors", "gone.safetensors"):
        (snapshot / "model.safetensors.index.json").unlink()
        write(snapshot / "model.safetensors.index.json", {"weight_map": dict.fromkeys(made.INDEX["weight_map"],
                outside)})
        with guard.watched() as seen, pytest.raises(MMError):
            shows(snapshot)
        assert not [path for path in seen.opened if "passwd" in path or str(blobs) in path and not path.endswith("3")]


class Odd:
    def __index__(self):
        raise OSError("no number")

    def __repr__(self):
        raise ValueError("no text")


@pytest.mark.parametrize("number", [-1, True, 1.0, "1", None, 10 ** 11, 10 ** 5000, Odd(), slice(1), [1],
        np.float32(1)],
                         ids=lambda x: type(x).__name__)
def test_numbers_of_layers_and_heads(llama, number):
    for more in ({"layer": number}, {"head": number}):
        with pytest.raises(ParameterError, match="there is no (layer|head)"):
            mm.attention_head(llama, activations=X, **more)
    for heads in ("01", Odd(), np.zeros((1, 1), int), {0}):
        with pytest.raises(ParameterError, match="heads is a list"):
            mm.attention_heads(llama, activations=X, heads=heads)
    for more in ({"form": Odd()}, {"form": ["layer"]}):
        with pytest.raises(ParameterError, match="no form"):
            mm.attention_head(llama, activations=X, **more)


@pytest.mark.parametrize("tokens", [[10 ** 5000], [5], [-1], [1.5], [True], [None], [[1], [2]], "ab", [], {1}, [Odd()],
        ["\ud800"],
                                    np.array([math.nan]), {"input_ids": None}, {"input_ids": [1],
                                            "attention_mask": [0]}],
                         ids=lambda x: type(x).__name__)
def test_tokens_of_any_kind(llama, tokens):
    pytest.importorskip("transformers")
    with pytest.raises(MMError):
        shows(llama, activations=None, tokens=tokens)


@pytest.mark.parametrize("path", [10 ** 9, None, "", "\0", "~nobody-here/x", "x" * 99999, b"\xff", Odd()],
        ids=lambda x: type(x).__name__)
def test_what_is_no_path_of_a_checkpoint(path):
    for read in (lambda: mm.attention_head(path, activations=X), lambda: mm.lora(path)):
        with pytest.raises(DataError):
            read()


def test_transformers_is_told_everywhere_that_no_code_is_trusted():
    top = Path(__file__).parents[2]
    for path in [*top.glob("mm_blender/**/*.py"), *top.glob("scripts/**/*.py"), *top.glob("tests/**/*.py"),
            top / "README.md"]:
        if path == Path(__file__):
            continue
        for call in re.findall(r"\.from_pretrained\((?:[^()]|\([^()]*\))*\)", path.read_text(encoding="utf-8")):
            assert "trust_remote_code=False" in call, f"{path}: {call}"


def test_a_vocabulary_is_judged_before_it_is_copied(tmp_path):
    for name, value in (("added_tokens.json", {"a": "b"}), ("added_tokens.json", {"a": 10 ** 12})):
        write(tmp_path / name, value)
        write(tmp_path / "tokenizer.json", made.TOKENIZER)
        with pytest.raises(DataError, match="ids of tokens"):
            tokenizer_files.open_tokenizer(tmp_path, "llama", None)
