"""The roles that the grants and policies name."""

from __future__ import annotations

from sqlalchemy import DDL, event

from models.base import Base

# The API's role: it reads and writes rows, owns nothing and changes no schema. A login is made
# a member of it outside of the schema, so that no password is kept here.
API_ROLE = "posts_api"

# Roles belong to the server, not to a database: another database may have made it already, or
# be making it at this moment.
CREATE_API_ROLE = f"""
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{API_ROLE}') THEN
        CREATE ROLE {API_ROLE} NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$
"""

event.listen(Base.metadata, "before_create", DDL(CREATE_API_ROLE))
