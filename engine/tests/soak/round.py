"""Run one round of the soak test: random revisions, beside traffic, with faults; then judge it."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.online.site import Site
from tests.soak.faults import Case, faults_of
from tests.soak.outcome import by_table, differences, read_outcome
from tests.soak.place import ended
from tests.soak.steps import STEPS, Step
from tests.soak.stopped import Stopped, left_behind, why_stopped
from tests.soak.tables import FILL, NOTED, TABLES
from tests.soak.traffic import Traffic

if TYPE_CHECKING:
    from tests.soak.outcome import Outcome
    from tests.soak.place import Place

_REVISION = '''"""{name}"""

import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = {down!r}


def upgrade() -> None:
    {up}


def downgrade() -> None:
    {back}
'''

FIRST, BUSY, QUIET, BEGUN, STOCK = "r0", "busy", "quiet", "begun", "stock"


@dataclass
class Round:
    """Hold what a seed says to do, and what came of it.

    steps: of each revision; given, no seed chooses them. planned: the faults of the upgrade, as
    steps; without any the seed chooses, and takes it back, too. faults: those that there were.
    said: what the processes printed. wrong: what is not as it must be. longest, written: of the
    traffic. stopped: why the quiet run stopped, if it did. met: of each fault, whether the run was
    still at work. seconds: of the quiet run.
    """

    place: Place
    seed: int
    steps: list[list[str]] = field(default_factory=list)
    planned: tuple[str, ...] = ()
    faults: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    longest: float = 0.0
    written: int = 0
    stopped: Stopped | None = None
    met: list[bool] = field(default_factory=list)
    seconds: float = 0.0

    def run(self) -> None:
        """Do it all."""
        chance = random.Random(self.seed)  # noqa: S311  # to be repeated
        if not self.steps:
            self.steps = _chosen_steps(chance)
        self._write_revisions()
        if not self._quietly():
            return
        self.place.copy(BUSY, BEGUN)
        with Traffic(self.place, BUSY, self.seed) as traffic:
            self._with_faults(chance, ("upgrade", "head"), FIRST)
        self._judge(traffic, self._up)
        if self._goes_back and chance.randrange(3) == 0 and not self.wrong:
            with Traffic(self.place, BUSY, self.seed + 1) as again:
                self._with_faults(chance, ("downgrade", FIRST), f"r{len(self.steps)}")
            self._judge(again, self._down, back=True)

    @property
    def _goes_back(self) -> bool:
        return not self.planned and all(STEPS[name].down for names in self.steps for name in names)

    def _write_revisions(self) -> None:
        for old in self.place.versions.glob("*.py"):
            old.unlink()
        first = Step(tuple(f"op.execute({sql!r})" for sql in TABLES))
        self._write(FIRST, None, [first])
        for number, part in enumerate(self.steps, 1):
            self._write(f"r{number}", f"r{number - 1}", [STEPS[name] for name in part])

    def _write(self, name: str, down: str | None, steps: list[Step]) -> None:
        up = [line for step in steps for line in step.up]
        back = [line for step in reversed(steps) for line in step.down] or ["pass"]
        join = "\n    ".join
        text = _REVISION.format(name=name, down=down, up=join(up), back=join(back))
        (self.place.versions / f"{name}.py").write_text(text)

    def _quietly(self) -> bool:
        """Make the tables, and find out what the revisions make of them when nothing disturbs."""
        place = self.place
        place.copy(BEGUN, "template0")
        if self._command(BEGUN, "upgrade", FIRST):
            self.wrong.append("the tables cannot be made")
            return False
        place.execute(BEGUN, *FILL, "ANALYZE")
        place.copy(QUIET, BEGUN)
        start = time.monotonic()
        if self._command(QUIET, "upgrade", "head"):
            return self._judge_stop(("upgrade", "head"))
        self.seconds = time.monotonic() - start
        self._up = read_outcome(place, QUIET)
        if self._goes_back:
            if self._command(QUIET, "downgrade", FIRST):
                return self._judge_stop(("downgrade", FIRST))
            self._down = read_outcome(place, QUIET)
        return True

    def _judge_stop(self, command: tuple[str, str]) -> bool:
        """Judge a quiet run that stopped: by a refusal it may, with nothing changed by then.

        What PostgreSQL itself does without the online forms, is to be refused by a kind, or done.
        """
        self.stopped = why_stopped(self.said[-1])
        found = read_outcome(self.place, QUIET)
        self.place.copy(STOCK, BEGUN)
        steps = [command] if command[0] == "upgrade" else [("upgrade", "head"), command]
        plain = [self._command(STOCK, "-x", "online=off", *step) for step in steps]
        if not self.stopped.refused and not any(plain):
            self.wrong.append(f"stops, and PostgreSQL does it: {self.stopped.sentence}")
        if not self.stopped.refused and any(plain):
            self.wrong.append(f"the step itself is wrong: {self.stopped.sentence}")
        if command[0] == "upgrade":
            self.place.copy(STOCK, BEGUN)
            if found.version != [FIRST]:
                self._command(STOCK, "upgrade", *found.version)
            self.wrong += left_behind(found, read_outcome(self.place, STOCK))
        elif found.version == self._up.version:
            self.wrong += left_behind(found, self._up)
        return False

    def _with_faults(self, chance: random.Random, command: tuple[str, str], begin: str) -> None:
        """Let faults meet the command, and expect the same command then to come to its end."""
        direction, end = command
        known = faults_of(self.place)
        names = self.planned or [chance.choice(sorted(known)) for _ in range(chance.randint(1, 4))]
        script = None
        if any("script" in name for name in names):
            script = self._script(direction, f"{begin}:{end}")
        for name in names:
            self.faults.append(name if direction == "upgrade" else f"{name} (down)")
            self.said.append(f"== {self.faults[-1]}")
            self.said += known[name](
                Case(
                    place=self.place,
                    database=BUSY,
                    command=command,
                    script=script,
                    back=self._back,
                    chance=chance,
                    seconds=self.seconds,
                    met=self.met,
                )
            )
        code = self._command(BUSY, *command)
        if code:
            self.wrong.append(f"the same command again ends with {code}")

    def _back(self) -> tuple[str, ...]:
        """Return the arguments that take back what is half done where the database is."""
        at = Site(self.place.url(BUSY), Path()).version or [FIRST]
        return ("downgrade", at[0])

    def _script(self, direction: str, revisions: str) -> Path | None:
        """Write the script of a command; None where there can be none."""
        code, said = ended(self.place.alembic(BEGUN, direction, revisions, "--sql"))
        if code:
            self.said.append(f"== --sql ends with {code}\n{said}")
            return None
        file = self.place.root / "script.sql"
        file.write_text(said)
        return file

    def _command(self, database: str, *arguments: str) -> int:
        self.said.append(f"== {database}: alembic {' '.join(arguments)}")
        code, said = ended(self.place.alembic(database, *arguments))
        self.said.append(said)
        return code

    def _judge(self, traffic: Traffic, quiet: Outcome, *, back: bool = False) -> None:
        """Compare with the quiet run; count the rows with what the traffic has noted."""
        self.longest = max(self.longest, traffic.longest)
        self.written += traffic.done
        self.wrong += [f"a session was told: {error}" for error in traffic.errors[:3]]
        found = read_outcome(self.place, BUSY)
        if found.version != quiet.version:
            self.wrong.append(f"is at {found.version}, not {quiet.version}")
        self.wrong += differences(found.schema, quiet.schema)
        self.wrong += differences(found.rows, quiet.rows)
        noted = by_table(self.place.execute(BUSY, NOTED))
        for relation, sums in quiet.sums.items():
            expected = tuple(map(sum, zip(sums, noted.get(relation, (0, 0)), strict=True)))
            if found.sums[relation] != expected:
                self.wrong.append(f"{relation}: {found.sums[relation]} rows, sum; not {expected}")
        for name in [] if back else [name for part in self.steps for name in part]:
            ((count,),) = self.place.execute(BUSY, STEPS[name].check)
            if count:
                self.wrong.append(f"{name}: {count} rows are wrong")


def _chosen_steps(chance: random.Random) -> list[list[str]]:
    """Return the steps of one or two revisions."""
    names: list[str] = []
    for name in chance.sample(sorted(STEPS), chance.randint(1, 4)):
        against = {
            *STEPS[name].never_with,
            *(one for one in names if name in STEPS[one].never_with),
        }
        if against.isdisjoint(names):
            names.append(name)
    cut = chance.randint(1, len(names))
    return [part for part in (names[:cut], names[cut:]) if part]
