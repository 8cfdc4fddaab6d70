"""A project as it was before it took the engine: ``alembic init``, ten revisions, and models."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alembic_pg.testing.forked import run_process

if TYPE_CHECKING:
    from pathlib import Path

    from alembic_pg.testing.forked import CommandResult
    from sqlalchemy.engine import URL

MODELS = {
    "shop/__init__.py": "",
    "shop/db.py": """
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass
""",
    "shop/models/__init__.py": "",
    "shop/models/customers.py": """
import datetime

from sqlalchemy import DateTime, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class Customer(Base):
    __tablename__ = "customers"
    __table_args__ = (UniqueConstraint("email", name="customers_email_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime.datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )
""",
    "shop/models/orders.py": """
import decimal
import enum

from sqlalchemy import CheckConstraint, Enum, ForeignKey, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class Status(enum.Enum):
    new = "new"
    paid = "paid"


class Order(Base):
    __tablename__ = "orders"
    __table_args__ = (CheckConstraint("total >= 0", name="orders_total_check"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(
        ForeignKey("customers.id", name="orders_customer_id_fkey"), index=True
    )
    total: Mapped[decimal.Decimal] = mapped_column(Numeric(10, 2))
    status: Mapped[Status] = mapped_column(Enum(Status, name="status"), server_default="new")
""",
}

# What stock Alembic does not see: revision 5 lacks the default of orders.status.
REVISIONS = (
    (
        "customers",
        """
    op.create_table(
        "customers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
""",
        'op.drop_table("customers")',
    ),
    (
        "email",
        """
    op.add_column("customers", sa.Column("email", sa.String(length=200), nullable=True))
    op.create_unique_constraint("customers_email_key", "customers", ["email"])
""",
        'op.drop_column("customers", "email")',
    ),
    (
        "orders",
        """
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("total", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="orders_customer_id_fkey"),
        sa.PrimaryKeyConstraint("id"),
    )
""",
        'op.drop_table("orders")',
    ),
    (
        "index of orders",
        'op.create_index(op.f("ix_orders_customer_id"), "orders", ["customer_id"], unique=False)',
        'op.drop_index(op.f("ix_orders_customer_id"), table_name="orders")',
    ),
    (
        "status",
        """
    sa.Enum("new", "paid", name="status").create(op.get_bind())
    op.add_column(
        "orders",
        sa.Column("status", sa.Enum("new", "paid", name="status", create_type=False)),
    )
""",
        """
    op.drop_column("orders", "status")
    op.execute("DROP TYPE status")
""",
    ),
    (
        "no null",
        """
    op.execute("UPDATE customers SET email = name || '@shop.example' WHERE email IS NULL")
    op.execute("UPDATE orders SET status = 'new' WHERE status IS NULL")
    op.alter_column("customers", "email", existing_type=sa.String(length=200), nullable=False)
    op.alter_column("orders", "status", existing_type=sa.Enum(name="status"), nullable=False)
""",
        """
    op.alter_column("orders", "status", existing_type=sa.Enum(name="status"), nullable=True)
    op.alter_column("customers", "email", existing_type=sa.String(length=200), nullable=True)
""",
    ),
    (
        "created at",
        """
    op.add_column(
        "customers",
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
    )
""",
        'op.drop_column("customers", "created_at")',
    ),
    (
        "no note",
        'op.drop_column("orders", "note")',
        'op.add_column("orders", sa.Column("note", sa.Text(), nullable=True))',
    ),
    (
        "longer names",
        'op.alter_column("customers", "name", type_=sa.String(length=200))',
        'op.alter_column("customers", "name", type_=sa.String(length=50))',
    ),
    (
        "totals",
        'op.create_check_constraint("orders_total_check", "orders", "total >= 0")',
        'op.drop_constraint("orders_total_check", "orders")',
    ),
)

HEAD = f"{len(REVISIONS):012x}"


@dataclass(frozen=True)
class Stock:
    """A project of its own, and the alembic command in it.

    scripts: the folder that ``alembic init`` made. python: the interpreter of its environment.
    """

    root: Path
    scripts: Path
    environment: dict[str, str] = field(default_factory=dict)
    python: str = sys.executable

    @property
    def env(self) -> Path:
        """The project's env.py."""
        return self.scripts / "env.py"

    def run(self, *command: str, folder: Path | None = None, **environment: str) -> CommandResult:
        """Run a command in the project's folder, or in another one."""
        variables = {**os.environ, **self.environment, **environment}
        named = {name: value for name, value in variables.items() if value}
        return run_process(command, folder or self.root, named, timeout=180)

    def alembic(self, *arguments: str, **environment: str) -> CommandResult:
        """Run the alembic command in the project's folder."""
        return self.run(self.python, "-m", "alembic", *arguments, folder=None, **environment)

    def expect(self, *arguments: str, **environment: str) -> str:
        """Run the alembic command, which must succeed; return what it printed."""
        done = self.alembic(*arguments, **environment)
        assert done.code == 0, f"{arguments}: {done.out}{done.err}"
        return done.out

    def edit(self, file: str | Path, old: str, new: str) -> None:
        """Replace a text, which must be there, in one of the project's files."""
        path = self.root / file
        text = path.read_text()
        assert old in text, f"{file} has no {old}"
        path.write_text(text.replace(old, new))


def write_stock(
    root: Path,
    template: str,
    url: str,
    *,
    python: str = sys.executable,
    environment: dict[str, str] | None = None,
) -> Stock:
    """Write a project as Alembic's own commands and its manual make it."""
    root.mkdir(exist_ok=True)
    made = Stock(root, root / "migrations", environment or {}, python)
    made.expect("init", "--template", template, "migrations")
    made.edit("alembic.ini", "driver://user:pass@localhost/dbname", url.replace("%", "%%"))
    write_models(root)
    made.edit(
        made.env,
        "target_metadata = None\n",
        "from shop.db import Base\nimport shop.models.customers, shop.models.orders\n"
        "target_metadata = Base.metadata\n",
    )
    write_revisions(made.scripts / "versions")
    return made


def write_models(root: Path) -> None:
    """Write the package of models into a folder."""
    for name, source in MODELS.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(source.lstrip("\n"))


def write_revisions(folder: Path) -> None:
    """Write the ten revisions, as Alembic's template has them."""
    folder.mkdir(parents=True, exist_ok=True)
    down = None
    for number, (what, up, back) in enumerate(REVISIONS, start=1):
        revision = f"{number:012x}"
        text = f'"""{what}\n\nRevision ID: {revision}\n"""\n'
        text += "from alembic import op\nimport sqlalchemy as sa\n\n\n"
        text += f"revision = {revision!r}\ndown_revision = {down!r}\n"
        text += "branch_labels = None\ndepends_on = None\n\n\n"
        text += f"def upgrade() -> None:\n    {up.strip()}\n\n\n"
        text += f"def downgrade() -> None:\n    {back.strip()}\n"
        (folder / f"{revision}_{what.replace(' ', '_')}.py").write_text(text)
        down = revision


def url_for(database: URL, driver: str = "postgresql+psycopg2") -> str:
    """Return a database's URL as an alembic.ini names it, with a driver of SQLAlchemy's."""
    place = database.set(drivername=driver)
    kept = {name: place.query[name] for name in ("host", "port") if name in place.query}
    return place.set(query=kept).render_as_string(hide_password=False)
