"""A table of prices, and a revision for which PostgreSQL would write it anew."""

from __future__ import annotations

PRICES = (
    "CREATE TABLE pay (id int, price int)",
    "INSERT INTO pay SELECT n, 7 FROM generate_series(1, 100) AS n",
)

TO_CENTS = (
    'op.execute("ALTER TABLE pay ALTER COLUMN price TYPE bigint USING (price * 100)::bigint")'
)
