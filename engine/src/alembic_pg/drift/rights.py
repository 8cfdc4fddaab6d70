"""Tell who owns an object, or may do what in the schema public, otherwise than the revisions say.

A revision rarely says who owns what: it is whoever runs it. So an owner is compared with that of
most objects, and only where a revision names one with that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic_pg.drift.difference import Difference
from alembic_pg.ledger.parts import GRANTS, OWNER, PUBLIC_SCHEMA, part_digest
from alembic_pg.ledger.read_parts import PUBLIC_AT_FIRST
from alembic_pg.sql.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_pg.ledger.parts import Parts
    from alembic_pg.ledger.read_parts import Rights

# The kinds of difference that no dump has.
OWNER_KIND = "owner"
PUBLIC_GRANTS = "SCHEMA public"


def are_as_noted(rights: Rights, parts: Parts) -> bool:
    """Return whether rights are those of parts that the ledger knows."""
    public = parts.get(PUBLIC_SCHEMA, {}).get(GRANTS, part_digest("\n".join(PUBLIC_AT_FIRST)))
    if public != part_digest("\n".join(rights.public)):
        return False
    ordinary = part_digest(rights.ordinary)
    return all(
        part_digest(one.owner) == parts[key].get(OWNER, ordinary)
        for key, one in rights.owners.items()
        if key in parts
    )


def list_right_differences(expected: Rights, found: Rights, built: Dump) -> Iterator[Difference]:
    """Yield what differs, as drift tells it.

    expected: of what the revisions build. found: of the database. built: the dump of what the
    revisions build, without what is not compared.
    """
    for key, one in expected.owners.items():
        there = found.owners.get(key)
        entry = built.get(f"{one.kind} {one.schema}.{one.name}")
        if there is None or entry is None:
            continue
        owner = found.ordinary if one.owner == expected.ordinary else one.owner
        if there.owner != owner:
            what = there.statement.rpartition(" OWNER TO ")[0]
            yield Difference(
                "changed",
                OWNER_KIND,
                one.schema,
                one.name,
                f"owner role of {entry.label}",
                f"{what} OWNER TO {quote_name(owner)}",
                there.statement,
            )
    if expected.public != found.public:
        yield Difference(
            "changed",
            "grants",
            "",
            PUBLIC_GRANTS,
            "grants on schema public",
            "\n".join(expected.public),
            "\n".join(found.public),
        )


def is_right(difference: Difference) -> bool:
    """Return whether a difference is of those that no dump has."""
    return difference.kind == OWNER_KIND or difference.name == PUBLIC_GRANTS


def right_statements(differences: Iterable[Difference]) -> Iterator[str]:
    """Yield the statements that undo differences of rights."""
    for one in differences:
        if one.kind == OWNER_KIND:
            yield one.expected
        else:
            wanted, there = one.expected.splitlines(), one.found.splitlines()
            yield from (_revoke(line) for line in there if line not in wanted)
            yield from (line for line in wanted if line not in there)


def _revoke(grant: str) -> str:
    """Return the statement that takes a grant back."""
    text = grant.removesuffix(" WITH GRANT OPTION").removeprefix("GRANT ")
    return f"REVOKE {text.replace(' ON SCHEMA public TO ', ' ON SCHEMA public FROM ', 1)}"
