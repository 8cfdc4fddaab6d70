"""Several columns whose types change, with and without something of theirs in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic_pg.errors import UserError
from tests.online.beside import traffic
from tests.online.scripted import anew, begun, run_with_psql, written
from tests.online.watching import filenode, watched
from tests.plan.observed import differences

if TYPE_CHECKING:
    from tests.online.site import Site

VIEW = "CREATE VIEW counted AS SELECT user_id, post_id FROM votes"

TABLES = (
    "CREATE TABLE users (id bigint PRIMARY KEY)",
    "CREATE TABLE posts (id bigint PRIMARY KEY)",
    (
        "CREATE TABLE votes (n int, user_id int NOT NULL CONSTRAINT of_user REFERENCES users,"
        " post_id int NOT NULL CONSTRAINT of_post REFERENCES posts)"
    ),
    "INSERT INTO users SELECT n FROM generate_series(1, 50) AS n",
    "INSERT INTO posts SELECT n FROM generate_series(1, 50) AS n",
    "INSERT INTO votes SELECT n, n % 50 + 1, n % 49 + 1 FROM generate_series(1, 3000) AS n",
)

WIDER = (
    'op.alter_column("votes", "user_id", type_=sa.BigInteger)',
    'op.alter_column("votes", "post_id", type_=sa.BigInteger)',
)

UNDER_VIEW = ('op.execute("DROP VIEW counted")', *WIDER, f'op.execute("{VIEW}")')

# What belongs to both columns.
SHARED = {
    "index": "CREATE INDEX both_idx ON votes (user_id, post_id)",
    "predicate": "CREATE INDEX one_idx ON votes (user_id) WHERE post_id > 5",
    "primary key": "ALTER TABLE votes ADD PRIMARY KEY (user_id, post_id, n)",
    "CHECK": "ALTER TABLE votes ADD CONSTRAINT differ CHECK (user_id <> post_id + 1000)",
    "self": (
        "ALTER TABLE votes ADD UNIQUE (post_id, n), ADD FOREIGN KEY (user_id, n)"
        " REFERENCES votes (post_id, n) NOT VALID"
    ),
}


def test_each_with_a_foreign_key_in_one_moment(site: Site) -> None:
    site.sql(*TABLES, VIEW)
    site.revise(*UNDER_VIEW)
    file = filenode(site, "votes")
    with traffic(site, "SELECT count(*) FROM counted") as seen:
        site.upgrade()
    assert seen
    assert filenode(site, "votes") == file
    online = site.catalog
    site.clean()
    plain = [f"ALTER TABLE votes ALTER {name} TYPE bigint" for name in ("user_id", "post_id")]
    site.sql(*TABLES, *plain, VIEW)
    assert online == site.catalog


@pytest.mark.parametrize("part", SHARED.values(), ids=SHARED.keys())
def test_what_they_share_lets_a_view_be_missing(site: Site, part: str) -> None:
    """So it is refused before anything is done."""
    site.sql(*TABLES, part, VIEW)
    before = site.catalog
    site.revise(*UNDER_VIEW)
    with watched() as steps, pytest.raises(UserError, match=r"counted, .*, would be missing while"):
        site.upgrade()
    assert not [step for step in steps if "CREATE FUNCTION" in step.sql]
    assert site.catalog == before
    assert site.note() is None


@pytest.mark.parametrize("part", SHARED.values(), ids=SHARED.keys())
@pytest.mark.parametrize("lines", [WIDER, UNDER_VIEW], ids=["alone", "under a view"])
def test_the_plan_says_so(site: Site, part: str, lines: tuple[str, ...]) -> None:
    site.sql(*TABLES, part, *([VIEW] if lines is UNDER_VIEW else []))
    site.revise(*lines)
    assert differences(site) == []


def test_what_they_shared_before_hinders_nobody(site: Site) -> None:
    site.sql(*TABLES, SHARED["CHECK"], SHARED["index"], VIEW)
    site.revise('op.drop_constraint("differ", "votes")', 'op.drop_index("both_idx", "votes")')
    site.revise(*UNDER_VIEW)
    with traffic(site, "SELECT count(*) FROM counted") as seen:
        site.upgrade()
    assert seen
    assert site.version == ["003a"]


DROP, CREATE = UNDER_VIEW[0], UNDER_VIEW[-1]
OWN_VIEW = "CREATE VIEW v1 AS SELECT user_id FROM votes"
OTHER_VIEW = "CREATE VIEW v2 AS SELECT post_id FROM votes"
BLOCK = "with op.get_context().autocommit_block():\n        "
INDEX = 'op.create_index("i", "votes", ["n"], postgresql_concurrently=True)'


def said(sql: str) -> str:
    """Return the line that executes a statement."""
    return f"op.execute({sql!r})"


def around(column: str, line: str) -> tuple[str, ...]:
    """Return a change of a column with its default dropped before and set after."""
    alter = f'op.alter_column("votes", "{column}", server_default='
    return f"{alter}None)", line, f'{alter}"3")'


DEFAULT = "ALTER TABLE votes ALTER user_id SET DEFAULT 1"

UNDER_OWN_VIEWS = (
    *(said("DROP VIEW v1"), WIDER[0], said(OWN_VIEW)),
    *(said("DROP VIEW v2"), WIDER[1], said(OTHER_VIEW)),
)

# What there is beside the tables, and a revision that changes both columns beside traffic.
ONE_AFTER_THE_OTHER = {
    "one default": ((SHARED["index"], DEFAULT), (*around("user_id", WIDER[0]), WIDER[1])),
    "view for good": ((SHARED["index"], OWN_VIEW), (said("DROP VIEW v1"), *WIDER)),
    "own views": ((OWN_VIEW, OTHER_VIEW), UNDER_OWN_VIEWS),
    "own views, index": ((SHARED["index"], OWN_VIEW, OTHER_VIEW), UNDER_OWN_VIEWS),
    "same view twice": ((VIEW,), (DROP, WIDER[0], CREATE, DROP, WIDER[1], CREATE)),
    "same view twice, index": (
        (SHARED["index"], VIEW),
        (DROP, WIDER[0], CREATE, DROP, WIDER[1], CREATE),
    ),
}


@pytest.mark.parametrize(
    ("more", "lines"), ONE_AFTER_THE_OTHER.values(), ids=ONE_AFTER_THE_OTHER.keys()
)
def test_one_after_the_other(site: Site, more: tuple[str, ...], lines: tuple[str, ...]) -> None:
    begun(site, *TABLES, *more)
    site.revise(*lines)
    sql = written(site)
    assert "In no steps" not in sql
    file = filenode(site, "votes")
    run_with_psql(site, sql)
    by_psql = site.catalog
    assert filenode(site, "votes") == file
    anew(site, *TABLES, *more)
    file = filenode(site, "votes")
    assert differences(site) == []
    assert site.version == ["002a"]
    assert filenode(site, "votes") == file
    assert site.catalog == by_psql


MADE_BEFORE = {
    "index": (
        (VIEW,),
        (
            said("COMMENT ON TABLE votes IS 'x'"),
            'op.create_index("both_idx", "votes", ["user_id", "post_id"])',
            *UNDER_VIEW,
        ),
    ),
    "index made again": (
        (VIEW, SHARED["index"]),
        (
            'op.drop_index("both_idx", "votes")',
            'op.create_index("both_idx", "votes", ["user_id", "post_id"])',
            *UNDER_VIEW,
        ),
    ),
    "CHECK made again": (
        (VIEW, SHARED["CHECK"]),
        (
            'op.drop_constraint("differ", "votes")',
            'op.create_check_constraint("differ", "votes", "user_id <> post_id + 2000")',
            *UNDER_VIEW,
        ),
    ),
    "gone with its column": (
        (VIEW, "CREATE INDEX three ON votes (user_id, post_id, n)"),
        ('op.drop_column("votes", "n")', *UNDER_VIEW),
    ),
    "block": ((VIEW,), (f"{BLOCK}{DROP}\n        {INDEX}\n        {CREATE}",)),
    "all in a block": (
        (VIEW, SHARED["index"]),
        (BLOCK + "\n        ".join(UNDER_VIEW),),
    ),
}


@pytest.mark.parametrize(("more", "lines"), MADE_BEFORE.values(), ids=MADE_BEFORE.keys())
def test_the_plan_knows_what_the_revision_makes(
    site: Site, more: tuple[str, ...], lines: tuple[str, ...]
) -> None:
    site.sql(*TABLES, *more)
    site.revise(*lines)
    assert differences(site) == []


def test_what_goes_with_a_function_is_gone_before(site: Site) -> None:
    site.sql(
        *TABLES,
        VIEW,
        "CREATE FUNCTION f(int, int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1'",
        "CREATE INDEX fi ON votes (f(user_id, post_id))",
    )
    site.revise(said("DROP FUNCTION f(int, int) CASCADE"), *UNDER_VIEW)
    with traffic(site, "SELECT count(*) FROM counted") as seen:
        site.upgrade()
    assert seen
    assert site.version == ["002a"]


MISSED = {
    "trigger": (
        (
            (
                "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
                " 'BEGIN NEW.n := 7; RETURN NEW; END'"
            ),
            "CREATE TRIGGER g BEFORE INSERT ON votes FOR EACH ROW EXECUTE FUNCTION f()",
        ),
        (said("ALTER TABLE votes DISABLE TRIGGER g"),),
        (said("ALTER TABLE votes ENABLE TRIGGER g"),),
    ),
    "default": (
        ("ALTER TABLE votes ALTER n SET DEFAULT 7",),
        (
            said("ALTER TABLE votes ALTER n DROP DEFAULT"),
            said("COMMENT ON TABLE votes IS 'x'"),
        ),
        (said("ALTER TABLE votes ALTER n SET DEFAULT 8"),),
    ),
}


@pytest.mark.parametrize(("more", "drop", "back"), MISSED.values(), ids=MISSED.keys())
def test_what_goes_before_is_not_missing_for_a_swap(
    site: Site, more: tuple[str, ...], drop: tuple[str, ...], back: tuple[str, ...]
) -> None:
    site.sql(*TABLES, *more, OWN_VIEW)
    before = site.catalog
    site.revise(*drop, said("DROP VIEW v1"), WIDER[0], said(OWN_VIEW), *back)
    with (
        traffic(site, "INSERT INTO votes (user_id, post_id) VALUES (1, 1)"),
        pytest.raises(UserError, match="would be missing while a step on"),
    ):
        site.upgrade()
    assert site.catalog == before
    assert site.one("SELECT count(*) FROM votes WHERE n IS NULL") == 0
    assert differences(site) == []


@pytest.mark.parametrize("part", ["", SHARED["index"]], ids=["apart", "index"])
def test_a_script_does_what_the_command_does(site: Site, part: str) -> None:
    """Each has a default that goes before and comes back after, in a transaction of its own."""
    tables = (
        *TABLES,
        *([part] if part else []),
        "ALTER TABLE votes ALTER user_id SET DEFAULT 1",
        "ALTER TABLE votes ALTER post_id SET DEFAULT 2",
    )
    begun(site, *tables)
    site.revise(
        'op.alter_column("votes", "user_id", server_default=None)',
        WIDER[0],
        'op.alter_column("votes", "user_id", server_default="3")',
        'op.alter_column("votes", "post_id", server_default=None)',
        WIDER[1],
        'op.alter_column("votes", "post_id", server_default="4")',
    )
    sql = written(site)
    with traffic(site, "INSERT INTO votes (n) VALUES (0)", "SELECT count(*) FROM votes") as seen:
        run_with_psql(site, sql)
    assert seen
    by_psql = site.catalog
    anew(site, *tables)
    with traffic(site, "INSERT INTO votes (n) VALUES (0)") as seen:
        site.upgrade()
    assert seen
    assert site.catalog == by_psql
