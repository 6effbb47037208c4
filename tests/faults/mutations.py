"""From a file that is right to one that is not: bytes, cuts, numbers and structure."""

from __future__ import annotations

import random
import re

NUMBERS = (b"0", b"-1", b"1e308", b"1e400", b"NaN", b"Infinity", b"99999999999999999999", b"2147483648", b"1e-300",
           b"null", b'""', b"[]", b"{}", b"true", b"1000000000", b"65536")  # fmt: skip
"""What may stand in a text where a number should."""
WORDS = (b"\x00", b"\xff\xfe", b"../../../etc/passwd", b"$HOME", b"=1+1", b"{{7*7}}", b"\xf0\x9f\x92\xa5",
         b"&a [*a, *a]", b"!!python/object/apply:os.system [echo]", b"A" * 5000, b"[" * 3000, b"\r\n\r\n",
         b"<script>")  # fmt: skip
_NUMBER = re.compile(rb"-?\d+(\.\d+)?([eE][-+]?\d+)?")
_TEXT = re.compile(rb'"[^"]*"')
MOST_BYTES = 2_000_000


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Return a content with one to four things changed."""
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        content = chance.choice(_WAYS)(content, chance)
    return content[:MOST_BYTES]


def _flip(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 3, 20)) if content else 0):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _flip_head(content: bytes, chance: random.Random) -> bytes:
    """Change the first bytes, which say what all others mean."""
    head = bytearray(content[:256])
    for _ in range(3 if head else 0):
        head[chance.randrange(len(head))] = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
    return bytes(head) + content[256:]


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _left_out(content: bytes, chance: random.Random) -> bytes:
    begin = chance.randrange(len(content) + 1)
    return content[:begin] + content[begin + chance.choice((1, 4, 64, 1000)) :]


def _twice(content: bytes, chance: random.Random) -> bytes:
    begin = chance.randrange(len(content) + 1)
    part = content[begin : begin + chance.choice((1, 8, 200, 4000))]
    return content[:begin] + part * chance.choice((2, 2, 50)) + content[begin:]


def _inserted(content: bytes, chance: random.Random) -> bytes:
    begin = chance.randrange(len(content) + 1)
    return content[:begin] + chance.choice(WORDS) + content[begin:]


def _number(content: bytes, chance: random.Random) -> bytes:
    return _replaced(_NUMBER, NUMBERS, content, chance)


def _text(content: bytes, chance: random.Random) -> bytes:
    return _replaced(_TEXT, (*NUMBERS, *(b'"' + word + b'"' for word in WORDS)), content, chance)


def _replaced(pattern: re.Pattern[bytes], by: tuple[bytes, ...], content: bytes, chance: random.Random) -> bytes:
    found = [match.span() for match in pattern.finditer(content[:20_000])]
    if not found:
        return _flip(content, chance)
    begin, end = chance.choice(found)
    return content[:begin] + chance.choice(by) + content[end:]


def _whole_number(content: bytes, chance: random.Random) -> bytes:
    """Put an extreme whole number of four bytes somewhere near the beginning, where sizes stand."""
    if len(content) < 8:
        return content
    begin = chance.randrange(min(len(content) - 4, 600))
    value = chance.choice((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 65535, 1 << 24))
    return content[:begin] + value.to_bytes(4, chance.choice(("little", "big"))) + content[begin + 4 :]


_WAYS = (_flip, _flip_head, _cut, _left_out, _twice, _inserted, _number, _number, _text, _text, _whole_number)
