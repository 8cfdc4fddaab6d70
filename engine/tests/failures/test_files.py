"""Revision files that cannot be loaded, or do not fit to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.failures.fails import fails, said
from tests.failures.revision import write

if TYPE_CHECKING:
    from alembic.script import Script
    from alembic_pg.testing.tree import Tree

# With and without env.py.
COMMANDS = [("upgrade", "head"), ("heads",)]


def test_syntax_error(tree: Tree) -> None:
    (tree.versions / "broken.py").write_text('revision = "b"\n\n\ndef upgrade(:\n')
    sentence = (
        "Syntax error in alembic/versions/broken.py, line 4: invalid syntax. "
        "Correct it and run the command again."
    )
    assert fails(tree, "upgrade", "head") == sentence
    for command in (("heads",), ("history",), ("show", "head")):
        assert said(tree.alembic(*command)) == sentence


def test_an_error_while_it_is_loaded(tree: Tree) -> None:
    (tree.versions / "broken.py").write_text('revision = "b"\nimport nowhere\n')
    assert said(tree.alembic("heads")) == (
        "alembic/versions/broken.py fails: ModuleNotFoundError: No module named 'nowhere'. "
        "Correct it and run again."
    )


@pytest.mark.parametrize("options", ["", "recursive_version_locations = true\n"])
def test_revisions_are_where_the_configuration_says(tree: Tree, options: str) -> None:
    versions = tree.versions.rename(tree.root / "history")
    settings = (tree.root / "alembic.ini").read_text()
    (tree.root / "alembic.ini").write_text(
        settings.replace("alembic/versions", f"history\n{options}")
    )
    folder = versions / "old" if options else versions
    folder.mkdir(exist_ok=True)
    (folder / "broken.py").write_text('revision = "b"\nimport nowhere\n')
    assert said(tree.alembic("heads")) == (
        f"{folder.relative_to(tree.root)}/broken.py fails: ModuleNotFoundError: "
        "No module named 'nowhere'. Correct it and run again."
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_a_down_revision_that_no_file_has(tree: Tree, command: tuple[str, ...]) -> None:
    write(tree, "b1", "gone5", "go on")
    assert fails(tree, *command) == (
        "alembic/versions/b1.py names revision gone5, which no file has: "
        "restore that file, or correct down_revision or depends_on."
    )


CIRCLES = {
    "down_revision of itself": ({"b1": "b1"}, "", "its down_revision is its own id: correct it."),
    "depends_on of itself": ({"b1": ""}, "b1", "its depends_on is its own id: correct it."),
    "two": (
        {"b1": "b2", "b2": "b1"},
        "",
        "come after each other in a circle: correct down_revision in one of them.",
    ),
}


@pytest.mark.parametrize("circle", CIRCLES)
@pytest.mark.parametrize("command", [*COMMANDS, ("check",), ("history",)])
def test_revisions_that_come_after_themselves(
    tree: Tree, revisions: tuple[Script, ...], command: tuple[str, ...], circle: str
) -> None:
    after, depends, sentence = CIRCLES[circle]
    for name, down in after.items():
        write(tree, name, down or revisions[-1].revision, "go on")
        file = tree.versions / f"{name}.py"
        file.write_text(file.read_text() + (f'depends_on = "{depends}"\n' if depends else ""))
    names = ", ".join(f"alembic/versions/{name}.py" for name in after)
    told = fails(tree, *command).removeprefix(names)
    assert told in {f": {sentence}", f" {sentence}"}


@pytest.mark.parametrize("name", ["a/b", "../b", "a b", "a@b", "base", "heads"])
def test_an_id_that_nobody_could_name(tree: Tree, name: str) -> None:
    assert fails(tree, "revision", "-m", "x", "--rev-id", name) == (
        f"--rev-id {name!r} names no file, or something else: take letters, digits and _, "
        "and none of base, current, head, heads."
    )


def test_a_dependency_that_no_file_has(tree: Tree, revisions: tuple[Script, ...]) -> None:
    write(tree, "b1", revisions[-1].revision, "go on")
    file = tree.versions / "b1.py"
    file.write_text(file.read_text() + 'depends_on = "gone5"\n')
    assert said(tree.alembic("heads")) == (
        "alembic/versions/b1.py names revision gone5, which no file has: "
        "restore that file, or correct down_revision or depends_on."
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_two_files_with_one_id(
    tree: Tree, revisions: tuple[Script, ...], command: tuple[str, ...]
) -> None:
    write(tree, "b1", revisions[-1].revision, "go on")
    (tree.versions / "b2.py").write_text((tree.versions / "b1.py").read_text())
    sentences = {
        f"alembic/versions/{name}: another file has the same revision id b1; change one."
        for name in ("b1.py", "b2.py")
    }
    assert fails(tree, *command) in sentences


def test_a_new_file_with_an_id_that_is_taken(tree: Tree, revisions: tuple[Script, ...]) -> None:
    first = revisions[0]
    assert fails(tree, "revision", "-m", "again", "--rev-id", first.revision) == (
        f"Revision {first.revision} is there already ({first.path.rpartition('/')[2]}): "
        "choose another --rev-id."
    )


def test_an_id_that_alembic_version_does_not_hold(
    tree: Tree, revisions: tuple[Script, ...]
) -> None:
    arguments = ("revision", "-m", "x", "--rev-id", "x" * 33)
    assert fails(tree, *arguments) == (
        "--rev-id has 33 characters, and alembic_version holds 32: choose a shorter one."
    )
    write(tree, "w" * 40, revisions[-1].revision, "go on")  # the project has widened it
    assert tree.alembic(*arguments).code == 0
