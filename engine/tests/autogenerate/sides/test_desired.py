"""The build of the models in an empty database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alembic_pg.autogenerate.dump import pg_dump
from alembic_pg.autogenerate.scope.models import Models
from alembic_pg.autogenerate.sides import desired, entities
from alembic_pg.database.batches import BATCH_SIZE
from alembic_pg.database.connect import connect
from alembic_pg.errors import UserError
from alembic_utils.pg_extension import PGExtension
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_grant_table import PGGrantTable
from alembic_utils.pg_materialized_view import PGMaterializedView
from alembic_utils.pg_policy import PGPolicy
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.pg_view import PGView
from sqlalchemy import (
    ARRAY,
    DDL,
    BigInteger,
    CheckConstraint,
    Column,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    MetaData,
    Sequence,
    Table,
    Text,
    event,
    inspect,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import DOMAIN
from sqlalchemy.schema import CreateSchema

if TYPE_CHECKING:
    from alembic_pg.autogenerate.dump.entry import Dump
    from alembic_utils.replaceable_entity import ReplaceableEntity
    from sqlalchemy.engine import URL


ON_UPDATE = "BEFORE UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION f()"


def build(url: URL, metadata: MetaData, *made: object) -> Dump:
    models = Models(metadata, made)  # type: ignore[arg-type]  # any kind of entity
    desired.build_models(models, url, source="the tests")
    return pg_dump.dump_database(url)


def test_what_needs_something_later_is_tried_again(empty: URL) -> None:
    metadata = MetaData()
    table = Table(
        "t", metadata, Column("id", BigInteger, server_default=text("f()"), primary_key=True)
    )
    event.listen(metadata, "after_create", DDL("COMMENT ON VIEW a IS 'on an entity'"))
    built = build(
        empty,
        metadata,
        PGView("public", "a", "SELECT * FROM b"),
        PGView("public", "b", "SELECT id FROM t"),
        PGFunction("public", "f()", "RETURNS bigint LANGUAGE sql AS $$ SELECT 1::bigint $$"),
        PGFunction("public", "g(t)", "RETURNS bigint LANGUAGE sql AS $$ SELECT $1.id $$"),
    )
    assert table.name == "t"
    assert [entry.name for entry in built.values() if entry.kind == "VIEW"] == ["b", "a"]
    assert "COMMENT public.VIEW a" in built
    assert "FUNCTION public.g(public.t)" in built


def test_a_refusal_names_the_object_and_the_reason(empty: URL) -> None:
    view = PGView("public", "v", "SELECT nonsense FROM nowhere")
    with pytest.raises(UserError, match=r'refuses view v of .*relation "nowhere" does not exist'):
        build(empty, MetaData(), view)


def test_a_refused_statement_of_a_listener_is_quoted(empty: URL) -> None:
    metadata = MetaData()
    event.listen(metadata, "after_create", DDL("CREATE NONSENSE"))
    with pytest.raises(UserError, match=r'"CREATE NONSENSE" .*syntax error'):
        build(empty, metadata)


def test_an_incomplete_model_is_a_sentence(empty: URL) -> None:
    metadata = MetaData()
    Table("t", metadata, Column("id", BigInteger, ForeignKey("nowhere.id"), primary_key=True))
    with pytest.raises(UserError, match=r"not complete: .*nowhere"):
        build(empty, metadata)


def test_schemas_of_tables_are_made(empty: URL) -> None:
    metadata = MetaData(schema="Some place")
    Table("t", metadata, Column("id", BigInteger, primary_key=True))
    assert "SCHEMA .Some place" in build(empty, metadata)


def test_schemas_of_types_and_sequences_are_made(empty: URL) -> None:
    metadata = MetaData()
    Sequence("alone", schema="counters", metadata=metadata)
    columns: tuple[Column[Any], ...] = (
        Column("a", ARRAY(Enum("x", name="kind", schema="Some kinds"))),
        Column("b", DOMAIN("mail", Text, schema="domains")),
        Column("c", BigInteger, Sequence("n", schema="more counters")),
    )
    Table("t", metadata, Column("id", BigInteger, primary_key=True), *columns)
    extension = PGExtension("extensions", "citext")
    built = build(empty, metadata, extension)
    names = {"counters", "Some kinds", "domains", "more counters", "extensions"}
    assert {f"SCHEMA .{name}" for name in names} <= set(built)


def test_what_several_tables_share_is_made_once(empty: URL) -> None:
    both = MetaData(), MetaData()
    for number, metadata in enumerate(both):
        shared = Sequence("numbers", start=5)
        for name in ("a", "b"):
            Table(
                f"{name}{number}",
                metadata,
                Column("id", BigInteger, shared, server_default=shared.next_value()),
                Column("d", DOMAIN("d", Text())),
                Column("e", Enum("x", name="e")),
            )
    desired.build_models(Models(both, ()), empty, source="the tests")
    built = pg_dump.dump_database(empty)
    assert sum(key.startswith("TABLE ") for key in built) == 4
    assert {"SEQUENCE public.numbers", "DOMAIN public.d", "TYPE public.e"} <= built.keys()


@pytest.mark.parametrize(
    ("entity", "label"),
    [
        (PGExtension("public", "citext"), "extension citext"),
        (PGFunction("s", "f(a int)", "RETURNS int AS $$ $$"), "function s.f(a int)"),
        (
            PGTrigger("public", "a", ON_UPDATE.format("t"), on_entity="public.t"),
            "trigger a on t",
        ),
        (
            PGTrigger("s", "a", ON_UPDATE.format("s.t"), on_entity="s.t"),
            "trigger a on s.t",
        ),
        (PGPolicy("public", "p", "USING (true)", on_entity="t"), "policy p on t"),
        (PGMaterializedView("public", "m", "SELECT 1"), "materialized view m"),
        (PGGrantTable("public", "t", "somebody", "DELETE"), "grant of DELETE on t to somebody"),
    ],
)
def test_an_entity_is_called_by_kind_and_name(entity: ReplaceableEntity, label: str) -> None:
    assert entities.entity_label(entity) == label


def test_a_setting_of_the_transaction_lasts_to_its_end(empty: URL) -> None:
    metadata = MetaData()
    event.listen(metadata, "before_create", DDL("SET LOCAL tests.name = 'kept'"))
    for number in range(2 * BATCH_SIZE):
        Table(f"t{number}", metadata, Column("id", BigInteger))
    last = "EXECUTE 'CREATE TABLE ' || current_setting('tests.name') || ' (a int)'"
    event.listen(metadata, "after_create", DDL(f"DO $$ BEGIN {last}; END $$"))
    assert "TABLE public.kept" in build(empty, metadata)


def test_what_fails_among_many_takes_nothing_with_it(empty: URL) -> None:
    metadata = MetaData()
    for number in range(BATCH_SIZE):
        Table(f"t{number}", metadata, Column("id", BigInteger))
    early = DDL("CREATE VIEW early AS SELECT id FROM late")
    event.listen(metadata.tables["t50"], "after_create", early)
    event.listen(metadata, "after_create", DDL("CREATE VIEW late AS SELECT id FROM t99"))
    built = build(empty, metadata)
    assert len([key for key in built if key.startswith("TABLE ")]) == BATCH_SIZE
    assert {"VIEW public.early", "VIEW public.late"} <= set(built)


def test_a_constraint_that_is_declared_not_valid_is_none(empty: URL) -> None:
    metadata = MetaData()
    key = BigInteger
    Table("p", metadata, Column("id", key, primary_key=True), Column("t", key))
    Table(
        "t",
        metadata,
        Column("id", key, primary_key=True),
        Column("p", key),
        CheckConstraint("p > 0", name="c", postgresql_not_valid=True),
        ForeignKeyConstraint(["p"], ["p.id"], name="f", postgresql_not_valid=True),
    )
    # Foreign keys in a circle, which create_all() adds after the tables.
    circle = ForeignKeyConstraint(["t"], ["t.id"], name="g", postgresql_not_valid=True)
    metadata.tables["p"].append_constraint(circle)
    built = build(empty, metadata)
    keys = ("CHECK CONSTRAINT public.t c", "FK CONSTRAINT public.t f", "FK CONSTRAINT public.p g")
    assert all(built[key].create.endswith(" NOT VALID;") for key in keys)


def test_listeners_ask_what_is_there(empty: URL) -> None:
    """What create_all() and entities made before is there when a listener asks."""
    metadata = MetaData()
    Table("t", metadata, Column("id", BigInteger, primary_key=True), schema="s")
    Table("kinds", metadata, Column("k", Enum("a", "b", name="kind", schema="types")))
    f = PGFunction("public", "f()", "RETURNS int LANGUAGE sql AS 'SELECT 1'")
    found: list[object] = []

    def ask(target: MetaData, connection: Any, **_: object) -> None:  # noqa: ANN401  # any listener's
        del target
        found.append(connection.scalar(text("SELECT f()")))
        found.extend(connection.scalars(select(text("relname FROM pg_class WHERE relname = 't'"))))
        if connection.execute(text("SELECT to_regclass(:name)"), {"name": "v"}).scalar() is None:
            connection.execute(text("CREATE VIEW v AS SELECT id FROM s.t WHERE id % 2 = 0"))
        found.append(inspect(connection).get_view_names())

    event.listen(metadata, "after_create", ask)
    built = build(empty, metadata, f, PGView("public", "w", "SELECT * FROM v"))
    assert found == [1, "t", ["v"]]
    assert {"VIEW public.v", "VIEW public.w", "TYPE types.kind", "TABLE s.t"} <= set(built)


def test_a_result_that_nobody_looks_at_needs_no_database(empty: URL) -> None:
    """So what needs something later can still be tried again."""
    metadata = MetaData()
    Table("t", metadata, Column("id", BigInteger))

    def listener(target: MetaData, connection: Any, **_: object) -> None:  # noqa: ANN401  # any listener's
        del target
        connection.execute(text("SELECT set_config('a.b', 'c', false)"))
        connection.execute(text("COMMENT ON VIEW v IS 'an entity'"))

    event.listen(metadata, "after_create", listener)
    assert "COMMENT public.VIEW v" in build(empty, metadata, PGView("public", "v", "SELECT 1 AS a"))


def test_a_listener_asks_beside_one_that_needs_an_entity(empty: URL) -> None:
    """What PostgreSQL refuses of the one is tried again, when the entity is there."""
    metadata = MetaData()
    Table("t", metadata, Column("id", BigInteger, primary_key=True))
    event.listen(metadata, "after_create", DDL("CREATE UNIQUE INDEX v_id ON v (id)"))
    found: list[object] = []

    def ask(target: MetaData, connection: Any, **_: object) -> None:  # noqa: ANN401  # any listener's
        del target
        connection.execute(text("COMMENT ON MATERIALIZED VIEW v IS 'on an entity'"))
        connection.exec_driver_sql("CREATE INDEX v_id_again ON v (id)")
        found.append(connection.scalar(text("SELECT count(*) FROM t")))
        found.append(isinstance(inspect(connection).get_table_names(), list))

    event.listen(metadata, "after_create", ask)
    built = build(empty, metadata, PGMaterializedView("public", "v", "SELECT id FROM t"))
    assert found == [0, True]
    assert {"INDEX public.v_id", "INDEX public.v_id_again"} <= set(built)
    assert "COMMENT public.MATERIALIZED VIEW v" in built


def test_what_a_listener_that_asks_cannot_do_is_named(empty: URL) -> None:
    metadata = MetaData()

    def ask(target: MetaData, connection: Any, **_: object) -> None:  # noqa: ANN401  # any listener's
        del target
        connection.scalar(text("SELECT 1"))
        connection.execute(text("CREATE INDEX ON nowhere (id)"))

    event.listen(metadata, "after_create", ask)
    with pytest.raises(UserError, match=r'CREATE INDEX ON nowhere.* "nowhere" does not exist'):
        build(empty, metadata)


def test_a_listener_that_looks_at_a_result_that_is_not_there_is_told_why(empty: URL) -> None:
    metadata = MetaData()

    def ask(target: MetaData, connection: Any, **_: object) -> None:  # noqa: ANN401  # any listener's
        del target
        connection.scalar(text("SELECT 1"))
        connection.execute(text("INSERT INTO nowhere VALUES (1) RETURNING id")).scalar()

    event.listen(metadata, "after_create", ask)
    with pytest.raises(UserError, match=r'"nowhere" does not exist'):
        build(empty, metadata)


# Listeners that create the schema of a table themselves, as SQLAlchemy's manual has them.
SCHEMA_LISTENERS = {
    "CreateSchema": CreateSchema("app"),
    "if not exists": CreateSchema("app", if_not_exists=True),
    "text": DDL("CREATE SCHEMA app"),
    "of a role": DDL("CREATE SCHEMA IF NOT EXISTS app AUTHORIZATION pg_monitor"),
    "with a context": DDL("CREATE SCHEMA %(name)s", context={"name": "app"}),
    "in a block": DDL("DO $$ BEGIN EXECUTE 'CREATE SCHEMA app'; END $$"),
    "with others": DDL("CREATE SCHEMA other; CREATE SCHEMA app AUTHORIZATION pg_monitor"),
}


@pytest.mark.parametrize("asks", [False, True], ids=["", "asks the database"])
@pytest.mark.parametrize("kind", SCHEMA_LISTENERS)
def test_a_listener_creates_a_schema(empty: URL, kind: str, *, asks: bool) -> None:
    metadata = MetaData()
    Table("t", metadata, Column("id", BigInteger), schema="app")
    statement = SCHEMA_LISTENERS[kind]

    @event.listens_for(metadata, "before_create")
    def create(_: object, connection: Any, **__: object) -> None:  # noqa: ANN401  # any listener's
        if asks:
            assert connection.scalar(text("SELECT count(*) FROM pg_namespace"))
        connection.execute(statement)

    assert "TABLE app.t" in build(empty, metadata)
    role = "pg_monitor" if "AUTHORIZATION" in str(statement) else "postgres"
    with connect(empty, source="the tests") as connection:
        asked = text("SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'app'")
        assert connection.scalar(asked) == role


def test_a_listener_that_asks_finds_no_schema(empty: URL) -> None:
    """As in create_all() on an empty database: else what it makes with the schema is missed."""
    metadata = MetaData()
    Table("t", metadata, Column("id", BigInteger), schema="app")

    @event.listens_for(metadata, "before_create")
    def create(_: object, connection: Any, **__: object) -> None:  # noqa: ANN401  # any listener's
        if not inspect(connection).has_schema("app"):
            connection.execute(CreateSchema("app"))
            connection.execute(text("CREATE TABLE app.words (word text)"))

    assert {"TABLE app.t", "TABLE app.words"} <= build(empty, metadata).keys()


def test_a_schema_that_an_entity_needs_and_a_listener_creates(empty: URL) -> None:
    metadata = MetaData()
    event.listen(metadata, "before_create", CreateSchema("app"))
    function = PGFunction("app", "f()", "RETURNS int LANGUAGE sql AS $$ SELECT 1 $$")
    assert "FUNCTION app.f()" in build(empty, metadata, function)
