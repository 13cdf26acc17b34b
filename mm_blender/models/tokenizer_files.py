"""The tokenizer of a checkpoint, opened by transformers from a folder of ours that holds what is known of it.

A folder that was downloaded may name code to run, files outside itself, models on the hub, or rules by which a short
text becomes gigabytes. So the files that say how text is cut are looked at, and copied, what else stands in their
configuration is judged by lists, and transformers sees the copies alone. Templates of chats are never rendered.
"""
from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..data.files import read_json, read_whole
from ..data.foreign import foreign
from ..data.gguf_store import Gguf
from ..errors import DataError
from ..system import writing
from .metadata import Metadata, shown
from .model_config import check_no_code, CODE
from .model_keys import Either, Flag, Keyed, Listed, Name
from .regexes import fault

FILES = ("vocab.txt", "vocab.json", "merges.txt", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model",
         "sentencepiece.model")  # beside tokenizer.json
CLASSES = ("GPT2Tokenizer", "LlamaTokenizer", "CodeLlamaTokenizer", "Qwen2Tokenizer", "BertTokenizer",
           "ElectraTokenizer", "RobertaTokenizer", "XLMRobertaTokenizer", "CamembertTokenizer", "MPNetTokenizer",
           "DistilBertTokenizer",
           "GemmaTokenizer", "BartTokenizer", "PreTrainedTokenizer", "TokenizersBackend")
SPECIALS = ("bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token")
SPECIAL = Either((Name(1000), Keyed()), "must be a token")
KEPT = {"tokenizer_class": Name(), "errors": Name(), "added_tokens_decoder": Keyed(200_000),
        "additional_special_tokens": Listed(SPECIAL, 200_000),
        "extra_special_tokens": Either((Listed(SPECIAL, 200_000), Keyed()), "must hold tokens"),
        **dict.fromkeys(SPECIALS, SPECIAL),
        **dict.fromkeys(("add_bos_token", "add_eos_token", "add_prefix_space", "do_lower_case", "strip_accents",
                         "legacy", "tokenize_chinese_chars", "trim_offsets", "do_basic_tokenize",
                         "split_special_tokens"), Flag())}
# Names and paths of files elsewhere, templates, and what concerns batches, lengths and text made of tokens.
HARMLESS = frozenset("""
    backend chat_template clean_up_tokenization_spaces device_map fix_mistral_regex from_slow is_local local_files_only
    max_len max_length max_lpw_length merges_file model_input_names model_max_length model_type name_or_path never_split
    pad_to_max_length pad_to_multiple_of pad_token_type_id padding padding_side processor_class response_schema
    return_token_type_ids spaces_between_special_tokens special_tokens_map_file stride tokenizer_file truncation
    truncation_side truncation_strategy use_default_system_prompt use_fast verbose vocab_file vocab_size
    wordpieces_prefix
    """.split())
PREFIXES = ("_", "unsloth_", "image_", "audio_", "video_", "vision_", "chat_template")
MAX_STEPS = 100         # of what changes a text before it is cut
MAX_GROWTH = 5_000_000  # characters that a text may become by them
MAX_TEXT = 100_000      # characters
MAX_LETTERS = 3_000_000  # of all tokens of a GGUF file; the largest vocabularies have about 2,000,000
LONGEST_TOKEN = 1000    # letters of one of them
FIRST, MAX_SECONDS = 64, 0.5  # characters that are cut first, and what a beginning of a text may take
UNICODE_GROWTH = 18     # of one character, by any of Unicode's normal forms


def open_tokenizer(folder: Path, kind: str, transformers, length: int = 0, gguf: Gguf | None = None):
    """The tokenizer of the files in ``folder``, of a model of the type ``kind``, for a text of ``length`` characters;
    or the one in a ``gguf`` file. None if the folder holds none.

    Raises DataError for one that is not known here, or that names code; SizeError.
    """
    with writing.passing() as clean, foreign(f"the tokenizer in {gguf.path if gguf else folder}"):
        where = {}
        if gguf is not None:
            _check_vocabulary(gguf)
            where["gguf_file"] = str(gguf.path.absolute())
        elif not _copy(folder, clean, kind, length):
            return None
        found = transformers.AutoTokenizer.from_pretrained(str(clean), local_files_only=True, trust_remote_code=False,
                                                           **where)
        if gguf is not None:
            check_rules(json.loads(found.backend_tokenizer.to_str()), gguf.path, length)
        return found


def _check_vocabulary(gguf: Gguf) -> None:
    """Raise DataError unless the tokenizer in a GGUF file is one of which transformers makes about as much as there is:
    where the file lists no merges, it tries every way to cut every token in two."""
    def listed(key: str, kinds: tuple[type, ...], count: int | None = None) -> list:
        found = gguf.field(f"tokenizer.ggml.{key}")
        if found is None:
            return []
        if not isinstance(found, list) or not all(type(each) in kinds for each in found):
            raise DataError(f"the tokenizer in {gguf.path}: {key} must be a list of "
                            f"{'texts' if str in kinds else 'numbers'}, not {shown(found)}")
        if count is not None and len(found) != count:
            raise DataError(f"the tokenizer in {gguf.path}: {key} are {len(found):,}, and the tokens {count:,}")
        return found

    tokens = listed("tokens", (str,))
    if not tokens:
        raise DataError(f"the tokenizer in {gguf.path} has no tokens")
    letters, longest = sum(map(len, tokens)), max(tokens, key=len)
    if len(longest) > LONGEST_TOKEN or letters > MAX_LETTERS:
        raise DataError(f"the tokens in {gguf.path} have {letters:,} letters, the longest {len(longest):,}; at most "
                        f"{MAX_LETTERS:,}, and {LONGEST_TOKEN:,} a token, are read: give ids as tokens=")
    listed("scores", (int, float), len(tokens))
    listed("token_type", (int,), len(tokens))
    odd = next((merge for merge in listed("merges", (str,)) if len(merge.split(" ")) != 2
                or len(merge) > 2 * LONGEST_TOKEN), None)
    if odd is not None:
        raise DataError(f"the tokenizer in {gguf.path} has the merge {shown(odd)}, which is not two parts of a token")
    for key in ("bos", "eos", "unknown", "padding"):
        number = gguf.field(f"tokenizer.ggml.{key}_token_id")
        if number is not None and not (type(number) is int and 0 <= number < len(tokens)):
            raise DataError(f"the tokenizer in {gguf.path}: {key}_token_id is {shown(number)}, and there are "
                            f"{len(tokens):,} tokens")


def _copy(folder: Path, clean: Path, kind: str, length: int) -> bool:
    """What is known of a tokenizer's files, into the folder ``clean``; whether there are any."""
    about = _object(folder / "tokenizer_config.json")
    kept = _settings(about, folder)
    own = kept.get("tokenizer_class") or _object(folder / "config.json").get("tokenizer_class")
    if own is not None and (not isinstance(own, str) or own.removesuffix("Fast") not in CLASSES):
        raise DataError(f"the tokenizer in {folder} is of the type {shown(own)}, which is not known here; give its ids "
                        "as tokens=")
    _write(clean / "config.json", {"model_type": kind, **({"tokenizer_class": own} if own else {})})
    _write(clean / "tokenizer_config.json", kept)
    specials = {key: value for key, value in _object(folder / "special_tokens_map.json").items()
                if key in SPECIALS or key == "additional_special_tokens"}
    _write(clean / "special_tokens_map.json", _settings(specials, folder))
    added = _object(folder / "added_tokens.json")
    if added:
        if any(type(number) is not int or not 0 <= number < 2 ** 31 for number in added.values()):
            raise DataError(f"{folder / 'added_tokens.json'} must hold the ids of tokens")
        _write(clean / "added_tokens.json", added)
    try:
        rules = read_json(folder / "tokenizer.json")
        check_rules(rules, folder / "tokenizer.json", length)
        _write(clean / "tokenizer.json", rules)
        found = True
    except FileNotFoundError:
        found = False
    for name in FILES:
        try:
            writing.pass_on(clean / name, read_whole(folder / name, "json_bytes"))
            found = True
        except FileNotFoundError:
            continue
    return found


def _settings(about: Mapping, folder: Path) -> dict:
    """What of a tokenizer's configuration says how text is cut. Raises DataError for what is not known."""
    name, source = f"the tokenizer in {folder}", "its tokenizer_config.json"
    check_no_code(about, name, source)
    # a model's own special tokens, whatever they are called
    rules = KEPT | {str(key): SPECIAL for key in about if str(key).endswith("_token")} | {
        key: KEPT[key] for key in ("add_bos_token", "add_eos_token")}
    found = Metadata(about, name, source, HARMLESS.union(CODE), PREFIXES, rules)
    kept = {key: value for key in rules if (value := found.take(key)) is not None}
    found.only("sp_model_kwargs", {})
    found.only("init_inputs", [])
    found.only("suffix_first", False)  # of Code Llama, and of texts with a gap to be filled
    found.close()
    return kept


def _object(path: Path) -> dict:
    try:
        return read_json(path)
    except FileNotFoundError:
        return {}


def _write(path: Path, value: dict) -> None:
    writing.pass_on(path, json.dumps(value).encode())


# ---- what a tokenizer.json does to a text

def check_rules(about: Mapping, name: object, length: int = 0) -> None:
    """Raise DataError if the rules of a ``tokenizer.json`` cut at random, may take for ever, or make of ``length``
    characters more than can be held."""
    model = about.get("model")
    if not isinstance(model, Mapping):
        raise DataError(f"{name} is no tokenizer: it has no model")
    if model.get("dropout"):
        raise DataError(f"{name} cuts words at random (`dropout: {shown(model['dropout'])}`), so that no text has "
                        "tokens that are its own; give ids as tokens=")
    steps = [*_steps(about.get("normalizer")), *_steps(about.get("pre_tokenizer"))]
    if len(steps) > MAX_STEPS:
        raise DataError(f"{name} changes a text in {len(steps)} steps, and at most {MAX_STEPS} are done")
    growth = 1.0
    for step in steps:
        pattern = step.get("pattern")
        regex = pattern.get("Regex") if isinstance(pattern, Mapping) else None
        why = None if regex is None else fault(regex)
        if why:
            raise DataError(f"{name} cuts a text by the regular expression {shown(regex)}, which {why}; give ids as "
                            "tokens=")
        growth *= _growth(step, pattern)
        if growth * max(length, 100) > MAX_GROWTH:
            raise DataError(f"{name} makes {growth:,.0f} characters of one, and {growth * max(length, 100):,.0f} of a "
                            f"text of {max(length, 100):,}; at most {MAX_GROWTH:,} are read")


def _steps(about, depth: int = 0) -> Iterator[Mapping]:
    """The parts of a step, itself the first, as far down as any tokenizer's go."""
    if not isinstance(about, Mapping) or depth > 10:
        return
    yield about
    for key in ("pretokenizers", "normalizers"):
        inner = about.get(key)
        for one in inner if isinstance(inner, list) else ():
            yield from _steps(one, depth + 1)


def _growth(step: Mapping, pattern) -> float:
    """How many characters a step makes of one, at most."""
    kind, content = step.get("type"), step.get("content")
    if kind in ("NFD", "NFKD", "NFC", "NFKC", "Nmt", "BertNormalizer"):
        return UNICODE_GROWTH
    if kind == "Precompiled":
        with foreign("a tokenizer's table of characters"):
            table = base64.b64decode(step.get("precompiled_charsmap") or "")
            size = int.from_bytes(table[:4], "little")
            # the library takes as much memory as is said here before it looks, and ends the process if there is none
            if size % 4 or 4 + size > len(table):
                raise DataError(f"a tokenizer's table of characters is cut short: it has {len(table):,} bytes and "
                                f"speaks of {size:,} more")
            return max(1, max(map(len, table[4 + size:].split(b"\0")), default=1))
    if kind == "Prepend":
        return 1 + len(str(step.get("prepend", "")))
    if kind == "Replace":
        whole = pattern.get("String") if isinstance(pattern, Mapping) else None
        return max(1.0, len(str(content)) / max(1, len(whole))) if isinstance(whole, str) and whole else \
            1.0 + len(str(content))
    return 4.0 if kind == "ByteLevel" else 1.0


# ---- text into tokens

def cut(tokenizer, text: str, name: object) -> list[int]:
    """The ids of a text's tokens. Raises DataError if the tokenizer cannot cut it, or would take too long: a longer and
    longer beginning of the text is cut, until that tells."""
    if len(text) > MAX_TEXT:
        raise DataError(f"the text has {len(text):,} characters, and at most {MAX_TEXT:,} go through a model")
    size = FIRST
    while True:
        start = time.perf_counter()
        with foreign(f"the tokenizer of {name}"):
            found = tokenizer(text[:size])["input_ids"]
        took = time.perf_counter() - start
        if size >= len(text):
            return list(found)
        if took > MAX_SECONDS:
            raise DataError(f"the tokenizer of {name} takes {took:.1f} s for {size} characters of a text of "
                            f"{len(text):,}, and ever longer for more; give ids as tokens=")
        size *= 2
