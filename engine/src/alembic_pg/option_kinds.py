"""Define the kinds of values that options have, and parse them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MILLISECONDS = {"": 1, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000}
_BYTES = {"": 1, "B": 1, "kB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}

_ON, _OFF = {"", "on", "1", "true", "yes"}, {"off", "0", "false", "no"}


@dataclass(frozen=True)
class Kind:
    """What the values of an option are.

    name: of the kind. refusal: what follows a value that is none of the kind, in a message.
    parse: returns the value of a text, None where the text is none. text: returns the text of a
    value. unit: of a number that is written without one.
    """

    name: str
    refusal: str
    parse: Callable[[str], Any]
    text: Callable[[Any], str] = str
    unit: str = ""


def _parse_with_unit(units: Mapping[str, int]) -> Callable[[str], int | None]:
    pattern = re.compile(rf"(\d{{1,9}}) ?({'|'.join(units)})")

    def parse(text: str) -> int | None:
        match = pattern.fullmatch(text.strip())
        return int(match[1]) * units[match[2]] if match else None

    return parse


def _text_with_unit(units: Mapping[str, int]) -> Callable[[int], str]:
    def text(value: int) -> str:
        unit = max((unit for unit in units if not value % units[unit]), key=lambda u: (units[u], u))
        return f"{value // units[unit]}{unit}" if value else "0"

    return text


def parse_switch(text: str) -> bool | None:
    """Return what a switch is set to, None for a text that is no such value."""
    return True if text.lower() in _ON else False if text.lower() in _OFF else None


TIME = Kind(
    "time",
    ", which is no time: write 300ms, 2s, 5min or 1h.",
    _parse_with_unit(_MILLISECONDS),
    _text_with_unit(_MILLISECONDS),
    unit="ms",
)
SIZE = Kind(
    "size",
    ", which is no size: write 0, 500kB, 8MB or 1GB.",
    _parse_with_unit(_BYTES),
    _text_with_unit(_BYTES),
    unit="B",
)
SWITCH = Kind("switch", ": write on or off.", parse_switch, lambda value: "on" if value else "off")
FLAG = Kind(
    "flag",
    ": it takes no value.",
    lambda text: None if text else True,
    lambda _: "",
)
URL = Kind("URL", "", str)
