"""Read pages as a browser does: links, places and headings."""

from __future__ import annotations

import posixpath
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Page(HTMLParser):
    """Holds what was met: links, ids, texts, tags."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        self.links += [link for name in ("href", "src") if (link := found.get(name))]
        if name := found.get("id"):
            self.ids.append(name)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read_page(text: str) -> Page:
    """Return what a page holds."""
    page = Page()
    page.feed(text)
    page.close()
    return page


def broken_links(files: Mapping[str, str]) -> list[str]:
    """Return the links that lead nowhere, and those that leave the folder."""
    pages = {path: read_page(text) for path, text in files.items() if path.endswith(".html")}
    found = []
    for path, page in pages.items():
        for link in page.links:
            if link == "data:,":
                continue
            place, _, anchor = link.partition("#")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), place))
            target = target if place else path
            there = target in files and (not anchor or anchor in pages[target].ids)
            if not there and link != "#content":
                found.append(f"{path}: {link}")
    return found
