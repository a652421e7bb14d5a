"""Names as a picture can show them: literal, of bearable length, in fonts that have their characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from regcli.errors import visible

LONGEST_NAME = 24
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
MINUS = "\N{MINUS SIGN}"
MAIN_FONT = "DejaVu Sans"
OTHER_FONTS = (
    "Noto Sans", "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Noto Sans JP", "Source Han Sans",
    "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Droid Sans Fallback", "Hiragino Sans", "Hiragino Sans GB",
    "PingFang SC", "Heiti TC", "Apple SD Gothic Neo", "Microsoft YaHei", "Yu Gothic", "MS Gothic", "Malgun Gothic",
    "SimHei", "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Devanagari", "Noto Sans Thai", "Arial Unicode MS",
    "Segoe UI Symbol", "Segoe UI Emoji", "Noto Emoji", "Symbola",
)  # fmt: skip
"""Where to look for what the main font (it comes with matplotlib) lacks. Fonts of coloured bitmaps cannot be drawn."""


@dataclass(frozen=True)
class Lettering:
    """The font families of a picture, and the characters that none of them has.

    Such a character is written as an escape: boxes would make one name of many. With `literal` it stays, for a
    format that holds text and leaves the drawing to others (SVG).
    """

    families: tuple[str, ...]
    missing: frozenset[str]
    literal: bool = False

    def name(self, name: str) -> str:
        """`name` as it is drawn: control characters as escapes, a long one without its middle."""
        text = visible(name)
        if not self.literal:
            text = "".join(_escaped(char) if char in self.missing else char for char in text)
        return shortened(text)

    def ruler(self, name: str) -> str:
        """A text as wide as the drawn `name`, where a missing character could be as wide as the widest."""
        return "".join("W" if char in self.missing else char for char in self.name(name))


def lettering_for(names: Iterable[str], literal: bool = False) -> Lettering:
    """What it takes to write `names`: the main font, and of the other fonts that are installed those with the rest."""
    from matplotlib.font_manager import findfont, fontManager, get_font

    missing = {char for name in names for char in visible(name) if not char.isspace()}
    families = []
    installed = set(fontManager.get_font_names())
    for family in (MAIN_FONT, *OTHER_FONTS):
        if not missing or family not in installed:
            continue
        try:
            font = get_font(findfont(family))
        except (OSError, RuntimeError, ValueError):
            continue
        lacking = {char for char in missing if not font.get_char_index(ord(char))}
        if len(lacking) < len(missing) and family != MAIN_FONT:
            families.append(family)
        missing = lacking
    return Lettering(("sans-serif", *families), frozenset(missing), literal)


def shortened(text: str, most: int = LONGEST_NAME) -> str:
    """`text` in `most` cells at most (a wide character takes two); the middle goes, for names differ at the ends."""
    if sum(map(_cells, text)) <= most:
        return text
    room = most - 1
    head = _fitting(text, room - room // 2)
    tail = _fitting(text[::-1], room // 2)[::-1]
    return f"{head}{ELLIPSIS}{tail}"


def _fitting(text: str, room: int) -> str:
    for length, char in enumerate(text):
        room -= _cells(char)
        if room < 0:
            return text[:length]
    return text


def _cells(char: str) -> int:
    return 0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def tick_text(value: float) -> str:
    """A number at an axis: plain from 0.0001 to 9,999,999, else with an exponent."""
    if value == 0:
        return "0"
    if 1e-4 <= abs(value) * (1 + 1e-12) < 1e7:
        return f"{value:,.8g}".replace("-", MINUS)
    digits, _, exponent = f"{value:.4g}".partition("e")
    return f"{digits}e{int(exponent or 0)}".replace("-", MINUS)
