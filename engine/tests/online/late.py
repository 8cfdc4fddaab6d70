"""What lets a statement end when its time limit is over: nothing asks for that in between."""

from __future__ import annotations

# The last thing that it does takes some tenths of a second, and cannot be interrupted.
_PRODUCTS = " OR ".join(f"a * (a + {number}) < 0" for number in range(12))
LATE_TRIGGER = (
    (
        "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "DECLARE a numeric := repeat('9', 60000)::numeric; "
        f"BEGIN RETURN CASE WHEN {_PRODUCTS} THEN NEW END; END $$"
    ),
    (
        "CREATE TRIGGER late AFTER INSERT OR UPDATE OR DELETE ON t FOR EACH STATEMENT "
        "EXECUTE FUNCTION late()"
    ),
)
