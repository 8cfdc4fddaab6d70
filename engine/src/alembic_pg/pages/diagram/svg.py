"""Make a part of a page of Graphviz's SVG: classes in place of colours, texts that fit any font."""

from __future__ import annotations

import unicodedata
import xml.etree.ElementTree as ET

from alembic_pg.pages.diagram.boxes import FONT_SIZE, PAINTS

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"

# The width of a glyph of Courier, in sizes of the font.
_GLYPH = 0.6


def page_svg(document: str, label: str) -> str:
    """Return the SVG for a page. label: what a screen reader says of it."""
    root = ET.fromstring(document)  # noqa: S314  # Graphviz wrote it
    width, height = (
        float(root.attrib.pop(name).removesuffix("pt")) for name in ("width", "height")
    )
    root.attrib.update(
        {
            "width": f"{width:g}",
            "height": f"{height:g}",
            "role": "group",
            "aria-label": label,
        }
    )
    for element in list(root.iter()):
        _restyle(element)
    for parent in list(root.iter()):
        for child in [one for one in parent if one.tag == "title"]:
            parent.remove(child)
    return ET.tostring(root, encoding="unicode")


def _cells(text: str) -> int:
    """Return how many glyphs of Courier a text is wide; Graphviz leaves one for each byte."""
    wide = sum(unicodedata.east_asian_width(one) in {"W", "F"} for one in text)
    return len(text) + wide - sum(bool(unicodedata.combining(one)) for one in text)


def _restyle(element: ET.Element) -> None:
    """Take the namespace from an element, and classes in place of what HTML styles."""
    element.tag = element.tag.removeprefix(_SVG)
    attributes = element.attrib
    classes = [attributes["class"]] if "class" in attributes else []
    for name in ("fill", "stroke"):
        paint = PAINTS.get(attributes.get(name, ""))
        if paint:
            del attributes[name]
            classes.append(f"{name}-{paint}")
    if classes:
        attributes["class"] = " ".join(classes)
    attributes.pop(_SPACE, None)
    attributes.pop("font-family", None)
    if attributes.get("font-size", "").rstrip("0.") == str(FONT_SIZE):
        del attributes["font-size"]
    if link := attributes.pop(f"{_XLINK}href", ""):
        attributes["href"] = link
    title = attributes.pop(f"{_XLINK}title", "")
    if element.tag == "a" and title:
        attributes["aria-label"] = title
    text = element.text or ""
    if element.tag == "text" and text:
        attributes["textLength"] = f"{_cells(text) * FONT_SIZE * _GLYPH:.1f}"
        attributes["lengthAdjust"] = "spacingAndGlyphs"
    if element.tag == "g" and attributes.get("id", "").startswith(("a_", "edge", "graph")):
        del attributes["id"]
