"""The pages in headless Chromium: no error, search, themes, contrast, keys, boxes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic_pg.pages import names
from alembic_pg.pages.site import Site, render_site
from alembic_pg.pages.write import write_files
from tests.pages.schemas import HUB, large_schema, odd_schema, schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic_pg.database.scratch import ScratchServer
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# WCAG 2.2, 1.4.3: of a text and what is behind it.
LEAST_CONTRAST = 4.5

# A text, and the least contrast of it and what is behind it, of all texts of a page.
CONTRAST = """
() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const part = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const opaque = (c) => c.length === 3 || (c.length === 4 && c[3] > 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (opaque(colour)) return colour;
    }
    return parse(getComputedStyle(document.body).backgroundColor);
  };
  const behindSvg = (text) => {
    const box = text.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const painted = [...text.closest("svg").querySelectorAll("g.node polygon")].filter((one) => {
      const place = one.getBoundingClientRect();
      const fill = getComputedStyle(one).fill;
      const across = place.left <= x && x <= place.right;
      return fill !== "none" && across && place.top <= y && y <= place.bottom;
    });
    if (painted.length) return parse(getComputedStyle(painted.at(-1)).fill);
    return behind(text.closest("div"));
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const box = element.getBoundingClientRect();
    if (!own || !box.width || ["SCRIPT", "STYLE"].includes(element.tagName)) continue;
    const svg = element.tagName === "text";
    const style = getComputedStyle(element);
    const one = light(parse(svg ? style.fill : style.color));
    const other = light(svg ? behindSvg(element) : behind(element));
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    found.push([element.textContent.trim().slice(0, 40), ratio]);
  }
  return found;
}
"""

# Texts of diagrams that are not within the box of their table, and the least size of a font.
TEXTS_OUTSIDE = """
() => [...document.querySelectorAll("svg g.node")].flatMap((node) => {
  const boxes = [...node.querySelectorAll("polygon")].map((one) => one.getBoundingClientRect());
  const left = Math.min(...boxes.map((one) => one.left)) - 1;
  const right = Math.max(...boxes.map((one) => one.right)) + 1;
  return [...node.querySelectorAll("text")].filter((text) => {
    const box = text.getBoundingClientRect();
    return box.left < left || box.right > right;
  }).map((text) => text.textContent);
})
"""
HEIGHTS = """
() => [...document.querySelectorAll("svg text")].map(
  (text) => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)
"""

# Boxes of tables that cover one another, and texts of one box that do, by more than a pixel.
OVERLAPS = """
() => {
  const cover = (one, other) => one.left < other.right - 1 && other.left < one.right - 1
    && one.top < other.bottom - 1 && other.top < one.bottom - 1;
  const pairs = (elements) => elements.flatMap((one, number) => elements.slice(number + 1)
    .filter((other) => cover(one.getBoundingClientRect(), other.getBoundingClientRect()))
    .map((other) => `${one.textContent.trim()} / ${other.textContent.trim()}`));
  return [...document.querySelectorAll("svg")].flatMap((svg) => {
    const nodes = [...svg.querySelectorAll("g.node")];
    return [...pairs(nodes), ...nodes.flatMap((one) => pairs([...one.querySelectorAll("text")]))];
  });
}
"""
# The tables that have a box in a diagram.
BOXES = """
() => [...document.querySelectorAll("svg g.node")].map(
  (node) => node.querySelector("text").textContent)
"""

# Put the box of one table upon that of another.
MOVE_ONE = """
() => {
  const [one, other] = [...document.querySelectorAll("svg g.node")];
  const [from, to] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
  one.setAttribute("transform", `translate(${to.x - from.x}, ${to.y - from.y})`);
}
"""

# On a screen of 1440 pixels, in pixels of it.
LEAST_FONT = 12


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser: the machine's, else the one that playwright has."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)
        if program is None and not Path(playwright.chromium.executable_path).exists():
            pytest.skip("there is no Chromium")
        # A container's root has no sandbox; these pages are our own.
        made = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture(scope="module")
def folder(databases: ScratchServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of two schemas: odd/ and large/."""
    made = tmp_path_factory.mktemp("pages")
    for name, statements in (("odd", odd_schema()), ("large", large_schema(100))):
        database = databases.create()
        schema = schema_of(databases.database_url(database), statements)
        databases.drop(database)
        write_files(made / name, render_site(Site(name, "the test's", schema)))
    return made


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page on a screen of 1440 pixels, in either theme, in which no error may happen."""
    context = browser.new_context(
        color_scheme=request.param, viewport={"width": 1440, "height": 900}
    )
    made = context.new_page()
    errors: list[str] = []
    made.on("console", lambda message: errors.append(message.text))
    made.on("pageerror", lambda error: errors.append(str(error)))
    made.on("requestfailed", lambda failed: errors.append(failed.url))
    made.on("dialog", lambda dialog: errors.append(dialog.message))
    yield made
    context.close()
    assert errors == []


def test_every_page_loads_and_its_texts_can_be_read(page: Page, folder: Path) -> None:
    for file in sorted((folder / "odd").rglob("*.html")):
        page.goto(file.as_uri())
        assert page.locator("h1").count() == 1
        faint = [(text, ratio) for text, ratio in page.evaluate(CONTRAST) if ratio < LEAST_CONTRAST]
        assert not faint, file
        assert not page.evaluate(TEXTS_OUTSIDE), file


def test_a_hundred_tables_are_legible(page: Page, folder: Path) -> None:
    page.goto((folder / "large" / "index.html").as_uri())
    boxes = page.evaluate(BOXES)
    # All but the one to which all refer: it is a chip at their columns.
    assert sorted(boxes) == sorted(f"t{number}" for number in range(1, 100))
    assert min(page.evaluate(HEIGHTS)) >= LEAST_FONT
    assert page.evaluate(OVERLAPS) == []
    assert page.evaluate(TEXTS_OUTSIDE) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_no_page_of_a_table_has_a_box_over_another(page: Page, folder: Path) -> None:
    for name in ("t0", "t1", "t50", "t99"):
        page.goto((folder / "large" / "tables" / f"public.{name}.html").as_uri())
        assert name in page.evaluate(BOXES)
        assert min(page.evaluate(HEIGHTS)) >= LEAST_FONT
        assert page.evaluate(OVERLAPS) == []


def test_what_is_not_legible_is_found(page: Page, folder: Path) -> None:
    """The questions of the tests above, asked of pictures that are spoiled."""
    large = (folder / "large" / "index.html").as_uri()
    page.goto(large)
    page.add_style_tag(content="svg { width: 50%; height: auto }")
    assert min(page.evaluate(HEIGHTS)) < LEAST_FONT
    page.goto(large)
    page.evaluate(MOVE_ONE)
    assert len(page.evaluate(OVERLAPS)) == 1
    page.goto(large)
    page.add_style_tag(content="svg text { font-size: 30px }")
    assert page.evaluate(OVERLAPS)
    page.goto(large)
    page.add_style_tag(content="svg g.node text { transform: translateX(400px) }")
    assert page.evaluate(TEXTS_OUTSIDE)


def test_texts_fit_their_boxes_in_a_wider_font(page: Page, folder: Path) -> None:
    page.goto((folder / "odd" / names.relation_page(("public", "l" * 63))).as_uri())
    page.add_style_tag(content="svg text { letter-spacing: 3px }")
    assert not page.evaluate(TEXTS_OUTSIDE)


def test_the_search_finds_a_column(page: Page, folder: Path) -> None:
    page.goto((folder / "large" / "index.html").as_uri())
    page.fill("#search", "T42.COLUMN_NUMBER_3")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tables/public.t42.html#column-column_number_3")
    assert page.locator(":target th").inner_text() == "column_number_3"
    page.fill("#search", "no such thing")
    assert page.locator("#found").is_hidden()


def test_a_table_of_a_diagram_is_a_link_by_key_and_by_mouse(page: Page, folder: Path) -> None:
    page.goto((folder / "odd" / names.relation_page(("public", "users"))).as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator("svg a", has_text="Users").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/tables/public.~55sers.html")
    page.goto((folder / "odd" / "index.html").as_uri())
    page.locator("svg a", has_text=HUB).first.click()
    page.wait_for_url(f"**/tables/public.{HUB}.html")


def test_the_theme_can_be_chosen(page: Page, folder: Path) -> None:
    page.goto((folder / "odd" / "index.html").as_uri())
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("#theme")
    after = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert before != after
    page.click("#theme")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == before


def test_nothing_leaves_a_telephone(page: Page, folder: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    for name in ("index.html", names.relation_page(("public", "l" * 63)), "objects.html"):
        page.goto((folder / "odd" / name).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
