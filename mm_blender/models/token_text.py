"""The text that each token of a tokenizer stands for, in any script; and the tokens that stand for a text.

Vocabularies spell: GPT-2's kind writes bytes as letters (``Ġ`` is a space), SentencePiece's writes spaces as ``▁`` and
unknown characters as bytes (``<0xE2>``), WordPiece marks what continues a word with ``##``, others what ends one with
``</w>``. A character whose bytes lie in several tokens is the label of the first of them.

Sources: openai/gpt-2, ``encoder.py`` (``bytes_to_unicode``); huggingface/tokenizers, ``decoders``.
"""
from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import DataError

BLANK = "_"      # the label of a token that shows no letter: a space, the rest of a character
BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _byte_letters() -> dict[str, int]:
    """The letters by which byte-level vocabularies write bytes: printable Latin-1 is itself, all else from U+0100 on.
    """
    plain = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    rest = [byte for byte in range(256) if byte not in plain]
    return {**{chr(byte): byte for byte in plain}, **{chr(0x100 + at): byte for at, byte in enumerate(rest)}}


BYTES = _byte_letters()
LETTERS = {byte: letter for letter, byte in BYTES.items()}


@dataclass(frozen=True)
class Spelling:
    """How a vocabulary writes: ``bytes_as_letters``, the letter for a ``space``, what marks that a word goes on
    (``prefix``) or ends (``suffix``), and whether ``<0xE2>`` is a byte; ``special``: tokens that are no text."""

    bytes_as_letters: bool = False
    space: str = ""
    prefix: str = ""
    suffix: str = ""
    byte_tokens: bool = False
    special: frozenset[str] = frozenset()

    def raw(self, token: str) -> bytes:
        """The bytes that a token stands for, UTF-8 but for those of a byte alone."""
        if token in self.special:
            return token.encode("utf-8", "surrogatepass")
        if self.byte_tokens and (match := BYTE.fullmatch(token)):
            return bytes([int(match[1], 16)])
        if self.bytes_as_letters and all(letter in BYTES for letter in token):
            return bytes(BYTES[letter] for letter in token)
        if self.prefix and token.startswith(self.prefix) and token != self.prefix:
            token = token[len(self.prefix):]
        if self.suffix and token.endswith(self.suffix) and token != self.suffix:
            token = token[:-len(self.suffix)]
        return (token.replace(self.space, " ") if self.space else token).encode("utf-8", "surrogatepass")

    def spelled(self, text: str) -> str:
        """How the vocabulary would write a token of ``text``."""
        if self.bytes_as_letters:
            return "".join(LETTERS[byte] for byte in text.encode("utf-8", "surrogatepass"))
        return text.replace(" ", self.space) if self.space else text


def spelling(tokenizer) -> Spelling:
    """The spelling of a tokenizer of transformers."""
    special = frozenset(map(str, {*getattr(tokenizer, "all_special_tokens", ()),
                                  *getattr(tokenizer, "get_added_vocab", dict)()}))
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:  # one in Python alone
        if hasattr(tokenizer, "byte_decoder"):
            return Spelling(bytes_as_letters=True, special=special)
        if hasattr(tokenizer, "sp_model"):
            return Spelling(space="▁", byte_tokens=True, special=special)
        if hasattr(tokenizer, "wordpiece_tokenizer"):
            return Spelling(prefix="##", special=special)
        return Spelling(special=special)
    return _spelling(json.loads(backend.to_str()), special)


def _spelling(about: Mapping, special: frozenset[str]) -> Spelling:
    """The spelling that a tokenizer's JSON tells."""
    model = about.get("model") or {}
    parts = [part for key in ("pre_tokenizer", "decoder", "normalizer") for part in _parts(about.get(key))]
    kinds = {part.get("type") for part in parts}
    spaces = [part.get("replacement", "▁") for part in parts if part.get("type") == "Metaspace"]
    spaces += [part.get("content") for part in parts if part.get("type") == "Replace" and part.get("content") == "▁"]
    spaces += ["▁" for part in parts if part.get("type") == "Replace" and part.get("pattern") == {"String": "▁"}]
    marks = [part.get("prefix") for part in parts if part.get("type") == "WordPiece"]
    ends = [part.get("suffix") for part in parts if part.get("type") == "BPEDecoder"]
    return Spelling("ByteLevel" in kinds, (spaces or [""])[0],
                    model.get("continuing_subword_prefix") or (marks or [""])[0] or "",
                    model.get("end_of_word_suffix") or (ends or [""])[0] or "",
                    bool(model.get("byte_fallback")) or "ByteFallback" in kinds, special)


def written_out(words: Sequence[str], about: Mapping) -> tuple[str, ...]:
    """``words`` as labels: the text that they stand for if all of them are tokens of the tokenizer whose JSON this is,
    themselves else."""
    model, added = about.get("model") or {}, about.get("added_tokens") or ()
    special = frozenset(token["content"] for token in added)
    vocab = model.get("vocab") or {}  # ids by token, or pairs of a token and its weight
    known = {*vocab} if isinstance(vocab, dict) else {token for token, *_ in vocab}
    spelled = _spelling(about, special)
    if not all(word in known or word in special for word in words) or not _is_text(b"".join(map(spelled.raw, words))):
        return tuple(words)
    return labels(words, range(len(words)), spelled)


def _parts(about):
    """A part of a tokenizer and those that it consists of."""
    if isinstance(about, dict):
        yield about
        for key in ("pretokenizers", "decoders", "normalizers"):
            for inner in about.get(key) or ():
                yield from _parts(inner)


def labels(tokens: Sequence[str | None], ids: Sequence[int], spelled: Spelling) -> tuple[str, ...]:
    """A label for each token: its text, an id with a # where the vocabulary has no word for it."""
    out, raw = [""] * len(tokens), b""
    owners: list[int] = []
    for at, (token, number) in enumerate(zip(tokens, ids)):
        if token is None or token in spelled.special:  # no character goes on behind it
            _spread(raw, owners, out)
            raw, owners = b"", []
            out[at] = f"#{number}" if token is None else token
            continue
        more = spelled.raw(token)
        raw, owners = raw + more, owners + [at] * len(more)
    _spread(raw, owners, out)
    return tuple(map(plain, out))


def _spread(raw: bytes, owners: Sequence[int], out: list[str]) -> None:
    """Every character to the token in which its bytes begin; a byte that begins none is written as ``\\xNN``."""
    at = 0
    while at < len(raw):
        size = next((size for size in range(1, 5) if _is_text(raw[at:at + size])), 0)
        out[owners[at]] += raw[at:at + size].decode("utf-8") if size else f"\\x{raw[at]:02x}"
        at += max(size, 1)


def resolve(words: Sequence[str], vocabulary: Mapping[str, int], spelled: Spelling, name: str) -> list[int]:
    """The ids of words: strings of the vocabulary, or else the text that its strings stand for.

    Where a list can be read in both ways (``é`` writes a byte in GPT-2's vocabulary), it is the vocabulary's if it is
    valid UTF-8 in it. Raises DataError for a word that is not there, or may be two.
    """
    plainly = [vocabulary.get(word) for word in words]
    as_text = [vocabulary.get(spelled.spelled(word)) for word in words]
    whole, all_text = ([number for number in ids if number is not None] for ids in (plainly, as_text))
    if len(whole) == len(words) and (len(all_text) < len(words) or _is_text(b"".join(map(spelled.raw, words)))):
        return whole
    if len(all_text) == len(words):
        return all_text
    out: list[int] = []
    for word, one, two in zip(words, plainly, as_text):
        if one is None and two is None:
            others = (f" {word}", word.lower(), word.strip())
            near = next((other for other in others if spelled.spelled(other) in vocabulary), None)
            raise DataError(f"the vocabulary of {name} has no token {word!r}" + (f"; it has {near!r}" if near else ""))
        if None not in (one, two) and one != two:
            raise DataError(f"{word!r} may be the token {one} of {name}, which is written so, or {two}, which stands "
                            "for that text: give the id")
        out += [number for number in (one, two) if number is not None][:1]
    return out


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def plain(text: str) -> str:
    """A token's text as a label: without the spaces around it, with what cannot be seen written out."""
    text = text.strip(" ")
    return "".join(ESCAPES.get(letter) or (f"\\u{ord(letter):04x}" if unicodedata.category(letter) in ("Cc", "Cs", "Co")
                                           else letter) for letter in text) or BLANK
