"""How many random examples: few that are always the same, or as many as nox -s property says."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

FEW = 4


def examples(few: int = FEW) -> settings:
    """Return the settings of a test: the long run is random, and shrinks what it finds.

    few: how many examples there are without a long run.
    """
    many = int(os.environ.get("PROPERTY_EXAMPLES", "0"))
    return settings(
        max_examples=many or few,
        derandomize=not many,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink) if many else (Phase.generate,),
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.filter_too_much,
            HealthCheck.function_scoped_fixture,  # each example begins anew
        ],
        print_blob=False,
    )
