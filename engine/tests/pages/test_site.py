"""The pages of real schemas: links, escaping, the same bytes, boxes that do not overlap, time."""

from __future__ import annotations

import re
import time
import xml.etree.ElementTree as ET
from itertools import combinations
from typing import TYPE_CHECKING

from alembic_pg.pages import names
from alembic_pg.pages.site import Site, render_site
from tests.pages.links import broken_links, read_page
from tests.pages.schemas import ODD_NAMES, large_schema, odd_schema, schema_of

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

SVG = re.compile(r"<svg.*?</svg>", re.DOTALL)


def rendered(url: URL, statements: list[str]) -> dict[str, str]:
    return render_site(Site("Odd & <b>", "the test's", schema_of(url, statements)))


def test_every_link_of_odd_names_leads_somewhere(empty: URL) -> None:
    files = rendered(empty, odd_schema())
    assert broken_links(files) == []
    assert len(files) == 7 + 1 + 3 * len(ODD_NAMES), sorted(files)


def test_odd_names_stay_text_and_make_safe_paths(empty: URL) -> None:
    files = rendered(empty, odd_schema())
    for path, text in files.items():
        assert re.fullmatch(r"(\w+/)?[a-z0-9_.~-]{1,150}", path), path
        assert not re.search(r"[\x00-\x08\x0b-\x1f]", text), path
        if not path.endswith(".html"):
            continue
        page = read_page(text)
        assert page.tags.count("script") == 2, path
        assert not {"b", "i"} & set(page.tags), path
        assert page.tags.count("h1") == 1
        assert {"main", "nav", "header", "footer"} <= set(page.tags)
        assert len(page.ids) == len({*page.ids}) or "svg" in page.tags, path
        for svg in SVG.findall(text):
            ET.fromstring(svg)  # noqa: S314  # ours
    assert len({path.lower() for path in files}) == len(files)
    for name in ODD_NAMES:
        page = read_page(files[names.relation_page(("public", name))])
        assert names.shown(name) in "".join(page.text)
        assert "<script>alert(1)</script>" in page.text


def test_the_same_schema_gives_the_same_bytes(empty: URL) -> None:
    files = rendered(empty, odd_schema())
    assert rendered(empty, []) == files


def test_a_hundred_tables_are_drawn_in_time_and_no_boxes_overlap(empty: URL) -> None:
    schema = schema_of(empty, large_schema(100))
    began = time.process_time()
    files = render_site(Site("Large", "the test's", schema))
    assert time.process_time() - began < 5
    pictures = [svg for text in files.values() for svg in SVG.findall(text)]
    assert len(pictures) > 100
    for picture in pictures:
        boxes = boxes_of(picture)
        assert boxes
        overlapping = [pair for pair in combinations(boxes, 2) if overlap(*pair)]
        assert not overlapping


def test_a_table_that_many_refer_to_is_a_chip(empty: URL) -> None:
    files = rendered(empty, large_schema(40))
    index = files["index.html"]
    assert "Tables that many refer to" in index
    assert re.search(r'<a href="tables/public.t0.html">t0</a>: 39 tables', index)
    assert "\u2192 t0" in index


def boxes_of(picture: str) -> list[tuple[float, ...]]:
    """Return the left, top, right and bottom of each table."""
    found: list[tuple[float, ...]] = []
    for group in ET.fromstring(picture).iter("g"):  # noqa: S314  # ours
        if group.get("class") == "node":
            points = [
                tuple(map(float, point.split(",")))
                for polygon in group.iter("polygon")
                for point in polygon.attrib["points"].split()
            ]
            across, down = zip(*points, strict=True)
            found.append((min(across), min(down), max(across), max(down)))
    return found


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_no_column_is_empty_in_every_row(empty: URL) -> None:
    plain = rendered(empty, ["CREATE TABLE t (id int)", "CREATE VIEW v AS TABLE t"])
    heads = re.compile(r'<th scope="col">(.*?)</th>')
    assert heads.findall(plain["index.html"]) == ["name", "columns"] * 2
    assert heads.findall(plain["tables/public.t.html"]) == ["name", "type", "NULL"]
    full = rendered(
        empty,
        [
            "ALTER TABLE t ADD PRIMARY KEY (id), ADD up int DEFAULT 1 REFERENCES t",
            "CREATE TABLE u (id int REFERENCES t)",
            "COMMENT ON COLUMN t.id IS 'a number'",
            "COMMENT ON TABLE t IS 'a table'",
        ],
    )
    assert heads.findall(full["index.html"])[:4] == ["name", "columns", "referred to by", "comment"]
    assert heads.findall(full["tables/public.t.html"])[:6] == [
        *("name", "type", "NULL", "default", "refers to", "comment"),
    ]
