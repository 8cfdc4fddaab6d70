"""What the online forms do, in a few words: each that a run may choose is told of."""

from __future__ import annotations

import importlib
from functools import partial

from ddl.plan import forms


def test_the_forms_that_are_told_of_are_there() -> None:
    for place in forms.FORMS:
        module, _, name = place.partition(".")
        work = getattr(importlib.import_module(f"ddl.online.{module}"), name)
        assert forms.of(partial(partial(work, None), None)) is forms.FORMS[place]
