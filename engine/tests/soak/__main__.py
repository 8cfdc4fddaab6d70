"""Run random revisions beside traffic and faults for a while; end with 1 if one went wrong.

    python -m tests.soak MINUTES [--seed SEED]

Each round prints its seed. ``--seed`` repeats that round: it does the same, at other moments. What
the processes of a round said that went wrong is printed with it. The last lines are the number of
rounds, and how many were refused by which kind of refusal: with nothing changed, or it is wrong.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.soak.place import Place
from tests.soak.round import Round


def main() -> int:
    """Run rounds until the time is over; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("minutes", type=float, nargs="?", default=10.0)
    parser.add_argument("--seed", type=int, help="of the one round to run")
    typed = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # Short: a socket's path may have a hundred letters.
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    folder.chmod(0o755)
    place = Place(folder, own_disk=True)
    if not place.own_disk:
        print("No disk of its own may be mounted here: none is full in this run.")
    try:
        return _rounds(place, typed.minutes, typed.seed)
    finally:
        place.close()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class _Sum:
    done: int = 0
    wrong: int = 0
    met: int = 0
    longest: float = 0.0
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, one: Round) -> None:
        self.wrong += bool(one.wrong)
        self.met += sum(one.met)
        self.longest = max(self.longest, one.longest)
        if one.stopped:
            self.refused[one.stopped.refused or "another reason"] += 1
        else:
            self.done += 1

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.refused.most_common())
        return (
            f"{self.done} rounds, {self.met} faults met a run, {self.wrong} went wrong; "
            f"the longest statement of a writer took {self.longest * 1000:.0f} ms\n"
            f"refused, with nothing changed: {kinds or 'none'}"
        )


def _rounds(place: Place, minutes: float, seed: int | None) -> int:
    end = time.monotonic() + minutes * 60
    found = _Sum()
    while True:
        one = Round(place, random.randrange(10**9) if seed is None else seed)  # noqa: S311
        start = time.monotonic()
        try:
            one.run()
        except Exception as error:  # noqa: BLE001  # the next round may still tell something
            one.wrong.append(f"{type(error).__name__}: {error}")
        found.add(one)
        _print(one, time.monotonic() - start)
        if seed is not None or time.monotonic() > end:
            break
    print(found)
    return min(found.wrong, 1)


def _print(one: Round, seconds: float) -> None:
    steps = " | ".join(", ".join(part) for part in one.steps)
    outcome = f"{sum(one.met)} of {len(one.met)} met it, {one.written} written"
    if one.stopped:
        outcome = f"refused ({one.stopped.refused or 'no kind'}): {one.stopped.sentence}"
    print(
        f"seed {one.seed}: {steps} · {', '.join(one.faults)} · {seconds:.0f} s, {outcome}, "
        f"longest {one.longest * 1000:.0f} ms"
    )
    if one.wrong:
        print("WRONG")
        for line in [*one.wrong, *one.said]:
            print("  " + line.replace("\n", "\n  "))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
