"""Compare the models with the revisions, and write the operations that lead from one to the other.

The sub-packages, each of which imports only from those before it:

dump: what pg_dump says of a database, as comparable entries.
ops: the operations that are written besides Alembic's own.
scope: which objects are compared.
sides: the two schemas, that of the revisions and that of the models.
alter: the statements that change one object into another.
hints: the renames and values for existing rows that the models ask for.
proof: a candidate database, on which a revision is tried up and down.
report: what a person is told of a revision.
split: one change in several revisions.
"""
