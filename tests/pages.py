"""Web pages in tests: how they are read, and names that could fool them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from commandline import NAMES

MARKUP = (
    "<script>alert(1)</script>", "</script><script>alert(2)</script>", '<a href="https://example.org/x">go</a>',
    "<img src=x onerror=alert(3)>", '" onmouseover="alert(4)', "' onfocus='alert(5)", "<b>bold</b>", "<br>", "$x^2$",
    "&lt;i&gt;", "&amp;", "&#x3c;u&#x3e;", "%{x}", "${title}", "$title", "{{x}}", "<!-- <script>", "]]>", "constructor",
    "__proto__", "toString", "javascript:alert(6)", "<svg/onload=alert(7)>", "</style><style>*{display:none}</style>",
)  # fmt: skip
"""Names that are markup to a browser, a placeholder to a template, or something else to JavaScript."""
NASTY = (*NAMES.values(), *MARKUP)
VOID = frozenset({"meta", "input", "br", "img", "link", "hr"})


@dataclass
class Element:
    """An element of a page: its name, its attributes, and all the text in it."""

    tag: str
    attributes: dict[str, str | None]
    text: str = ""
    inside: tuple[str, ...] = field(default=())


class Page(HTMLParser):
    """Every element of a page, as an HTML parser sees it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(text)
        self.close()
        assert self._open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        element = Element(tag, dict(attrs), inside=tuple(one.tag for one in self._open))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element of SVG that holds nothing."""
        self.elements.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """The innermost element ends: a page is well nested."""
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        """Text, of all elements that are open."""
        for element in self._open:
            element.text += data

    def of(self, tag: str, **attributes: str) -> list[Element]:
        """The elements of that name with these attributes."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            one for one in self.elements
            if one.tag == tag and all(one.attributes.get(name) == value for name, value in wanted.items())
        ]  # fmt: skip

    @property
    def document(self) -> Any:
        """The JSON document that the page holds."""
        return json.loads(self.of("script", id="document")[0].text)

    @property
    def commands(self) -> list[str]:
        """What it offers to be copied: the last is the command that makes it again."""
        return [one.attributes["data-copy"] or "" for one in self.of("code") if "data-copy" in one.attributes]

    @property
    def fingerprint(self) -> str:
        """Of the rows."""
        found = re.search(r"sha256:[0-9a-f]{64}", " ".join(one.text for one in self.of("code")))
        assert found is not None
        return found[0]
