"""Cut SQL into tokens (PostgreSQL, 4.1)."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

# Spaces are ASCII's alone; every character above belongs to a name, which \s and \w do not say.
_SPACE = r"(?:[\ \t\n\r\f\v]|--[^\n\r]*)"
_START, _NEXT = r"[A-Za-z_\u0080-\U0010ffff]", r"[A-Za-z0-9_\u0080-\U0010ffff]"

_TOKEN = re.compile(
    rf"""
      (?P<space>{_SPACE}+)
    | (?P<comment>/\*)
    | (?P<string>[eE]'(?:[^'\\]|''|\\.)*'|(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*')
    | (?P<quoted>[uU]&"(?:[^"]|"")*"(?:{_SPACE}*[uU][eE][sS][cC][aA][pP][eE]{_SPACE}*'[^']')?
        |"(?:[^"]|"")*")
    | (?P<dollar>\$(?P<tag>(?:{_START}{_NEXT}*)?)\$.*?\$(?P=tag)\$)
    | (?P<word>{_START}(?:{_NEXT}|\$)*)
    | (?P<number>\d[\w.]*)
    | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)

# PostgreSQL cuts a longer name off (NAMEDATALEN less one).
MAX_NAME_BYTES = 63

# Characters of a statement for which a message has room.
_LONGEST_LINE = 80

# PostgreSQL folds no other letters in UTF8.
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


@dataclass(frozen=True)
class Token:
    """A token of a statement, and where it stands.

    kind: string, quoted, dollar, word, number or sign. depth: how many brackets are open; a
    bracket itself has the depth of what it encloses. keyword: a word in capitals, else "".
    """

    kind: str
    text: str
    start: int
    end: int
    depth: int
    keyword: str

    @property
    def identifier(self) -> str:
        """The name that it spells, U&"…" UESCAPE '…' too (4.1.1, 4.1.2.3); "" where it is none."""
        name = self._spelled_name()
        if len(name.encode()) <= MAX_NAME_BYTES:
            return name
        return name.encode()[:MAX_NAME_BYTES].decode(errors="ignore")

    def _spelled_name(self) -> str:
        if self.kind == "word":
            return self.text.translate(_LOWER)
        if self.kind != "quoted":
            return ""
        name, _, rest = self.text[self.text.index('"') + 1 :].rpartition('"')
        name = name.replace('""', '"')
        if self.text[0] == '"':
            return name
        escape = rest.rpartition("'")[0][-1:] or "\\"
        decoded = _unicode_escape(escape).sub(_unescape_character, name)
        return decoded.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    @property
    def plain_name(self) -> str:
        """The name as a statement can repeat it, and to_regclass() reads it: never as U&"…"."""
        if self.kind == "quoted" and self.text[0] != '"':
            return '"' + self.identifier.replace('"', '""') + '"'
        return self.text


def _unicode_escape(escape: str) -> re.Pattern[str]:
    """Return what stands for a character after an escape."""
    sign = re.escape(escape)
    return re.compile(rf"{sign}(?:(?P<four>[0-9a-fA-F]{{4}})|\+(?P<six>[0-9a-fA-F]{{6}})|{sign})")


def _unescape_character(match: re.Match[str]) -> str:
    number = match["four"] or match["six"]
    return chr(int(number, 16)) if number else match[0][0]


def tokenize(sql: str) -> list[Token]:
    """Return the tokens of a text, without spaces and comments."""
    found = []
    position = depth = 0
    while match := _TOKEN.match(sql, position):
        kind = str(match.lastgroup)
        kind = "dollar" if kind == "tag" else kind
        end = _comment_end(sql, position) if kind == "comment" else match.end()
        text = sql[position:end]
        if text in {"(", "["}:
            depth += 1
        if kind not in {"space", "comment"}:
            keyword = text.upper() if kind == "word" else ""
            found.append(Token(kind, text, position, end, depth, keyword))
        if text in {")", "]"}:
            depth -= 1
        position = end
    return found


def without_semicolon(sql: str) -> str:
    """Return a statement without semicolons and comments at its end."""
    found = tokenize(sql)
    while found and found[-1].text == ";":
        found.pop()
    return sql[: found[-1].end] if found else ""


def _comment_end(sql: str, start: int) -> int:
    """Return where a comment ends, which may hold others."""
    depth = 0
    for match in re.finditer(r"/\*|\*/", sql[start:]):
        depth += 1 if match[0] == "/*" else -1
        if not depth:
            return start + match.end()
    return len(sql)


def without_literals(sql: str) -> str:
    """Return a statement in one line whose constants, secrets maybe, are left out."""
    parts: list[str] = []
    end = 0
    for token in tokenize(sql):
        gap = " " if parts and token.start > end else ""
        parts.append(gap + ("'…'" if token.kind in {"string", "dollar"} else token.text))
        end = token.end
    return "".join(parts)


def short_line(sql: str) -> str:
    """Return a statement in one short line without its constants."""
    line = without_literals(sql)
    return line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…"


def mentions(sql: str, names: Collection[str]) -> bool:
    """Return whether a text has one of some names, or has it inside of a string in any case."""
    tokens = tokenize(sql)
    texts = [token.text.lower() for token in tokens if token.kind in {"string", "dollar"}]
    return any(token.identifier in names for token in tokens) or any(
        name.lower() in text for text in texts for name in names
    )
