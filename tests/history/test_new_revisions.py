"""New revisions carry rows, and the release before runs on them: the engine's proofs."""

from __future__ import annotations

from alembic_pg.testing.proofs import (
    proof_project,
    proof_values,
    test_new_revisions_carry_or_refuse_rows,
    test_release_before_runs_on_new_revisions,
    test_todays_models_run_before_contract,
)

__all__ = [
    "proof_project",
    "proof_values",
    "test_new_revisions_carry_or_refuse_rows",
    "test_release_before_runs_on_new_revisions",
    "test_todays_models_run_before_contract",
]
