"""docs/first-revision.md: every command of it, run in its order, prints what it says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.project.shell import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.project.shell import Shell

PAGE = ROOT / "docs" / "first-revision.md"
BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*)$", re.MULTILINE)
SECONDS = re.compile(r"\d+\.\d s\b")
PLACE = re.compile(r"database \w+_scratch_\w+ on this machine as ")
REVISION = re.compile(r"(?<![0-9a-f])[0-9a-f]{12}(?=[_ :,)]|$)", re.MULTILINE)
DRAWN = re.MULTILINE | re.DOTALL
DATE = re.compile(r"\d{4}_\d\d_\d\d_\d{6}(?=_)")


def test_every_command_prints_what_the_page_says(repository: Shell, tmp_path: Path) -> None:
    def play(block: re.Match[str]) -> str:
        if block["kind"] == "python":
            edit(repository.folder, block["text"])
            return block[0]
        if block["kind"] == "mermaid":
            return diagram(repository.folder)
        return "\n".join(["```console", *typed(repository, block["text"]), "```"])

    page = PAGE.read_text()
    played = BLOCK.sub(play, page)
    # Where the commands are right and the page is not, this is the new page.
    (tmp_path / PAGE.name).write_text(played)
    assert played == page


def diagram(folder: Path) -> str:
    """Return the diagram of the README."""
    [found] = re.findall(r"^```mermaid\n.*?^```$", (folder / "README.md").read_text(), DRAWN)
    return str(found)


def edit(folder: Path, text: str) -> None:
    """Write a file that the text's first line names, or a revision's functions into its file."""
    name, text = text.removeprefix("# ").split("\n", 1)
    [file] = folder.glob(name) if "*" in name else [folder / name]
    kept = file.read_text().partition("def ")[0] if text.startswith("def ") else ""
    file.write_text(kept + text)


def typed(shell: Shell, text: str) -> list[str]:
    """Type the commands of a text, and return them with what they print."""
    lines = []
    for command in COMMAND.findall(text):
        code, output = shell.run(command)
        assert bool(code) == ("FAILED" in output), f"{command}\n{output}"
        lines += [f"$ {command}", *normal(output, shell.folder)]
    return lines


def normal(output: str, folder: Path) -> list[str]:
    """Return what a command printed, with the page's folder, date and database, not the test's.

    pre-commit says on its first run only that it installs an environment.
    """
    text = DATE.sub("2026_01_31_093000", output.replace(str(folder), "/home/you/blog"))
    text = SECONDS.sub("0.1 s", text)
    text = REVISION.sub("d8a2f5c9e1b7", text)
    text = PLACE.sub("database posts on the embedded server as ", text)
    lines = [line.rstrip() for line in text.splitlines() if not line.startswith("[INFO]")]
    while lines and not lines[-1]:
        lines.pop()
    return lines
