"""Operations that autogenerate adds to Alembic's own."""
