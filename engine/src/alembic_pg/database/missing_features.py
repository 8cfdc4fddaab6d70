"""Say what a server lacks that models or revisions ask for, and what helps."""

from __future__ import annotations

import os
import re

from alembic_pg.database import errors
from alembic_pg.database.errors import SqlState
from alembic_pg.options import SCRATCH

# The second is what a server before 15 says of an extension that it has not.
_NO_EXTENSION = {SqlState.FEATURE_NOT_SUPPORTED, SqlState.UNDEFINED_FILE}

_EXTENSION = re.compile(r'extension "([^"]+)" is not available')
_CONTROL_FILE = re.compile(r"extension control file .*/([^/]+)\.control")
_COLLATION = re.compile(r'collation "([^"]+)"')
_NAME = re.compile(r'(?:type|operator class) "(?:[^".]+\.)?([^"]+)"|function (?:\w+\.)?(\w+)\(')
_NO_DEFAULT_CLASS = re.compile(
    r'data type (.+?) has no default operator class for access method "(\w+)"'
)

# The names of well-known extensions' functions, types and operator classes.
_EXTENSIONS: dict[str, str] = {
    "citext": "citext",
    "cube": "cube",
    "earthdistance": "earth ll_to_earth earth_distance earth_box",
    "fuzzystrmatch": "levenshtein soundex difference metaphone dmetaphone dmetaphone_alt",
    "hstore": "hstore gin_hstore_ops gist_hstore_ops hstore_to_json hstore_to_jsonb",
    "intarray": "gin__int_ops gist__int_ops gist__intbig_ops",
    "ltree": "ltree lquery ltxtquery gist_ltree_ops subpath nlevel text2ltree",
    "moddatetime": "moddatetime",
    "pg_trgm": "gin_trgm_ops gist_trgm_ops similarity word_similarity show_trgm",
    "pgcrypto": "digest hmac crypt gen_salt gen_random_bytes encrypt decrypt "
    "pgp_sym_encrypt pgp_sym_decrypt pgp_pub_encrypt pgp_pub_decrypt armor dearmor",
    "postgis": "geometry geography box2d box3d",
    "tablefunc": "crosstab normal_rand connectby",
    "unaccent": "unaccent",
    "uuid-ossp": "uuid_generate_v1 uuid_generate_v1mc uuid_generate_v3 uuid_generate_v4 "
    "uuid_generate_v5 uuid_nil uuid_ns_dns uuid_ns_url uuid_ns_oid uuid_ns_x500",
    "vector": "vector halfvec sparsevec vector_l2_ops vector_ip_ops vector_cosine_ops",
}
_OWNERS = {name: extension for extension, names in _EXTENSIONS.items() for name in names.split()}


def missing_extension(error: BaseException) -> str:
    """Return the extension that a server's error says it has not, "" for another error."""
    if errors.sqlstate(error) not in _NO_EXTENSION:
        return ""
    text = errors.describe_error(error)
    match = _EXTENSION.search(text) or _CONTROL_FILE.search(text)
    return match[1] if match else ""


def other_server_hint(error: BaseException) -> str:
    """Return which server to take where the scratch server lacks what an error names.

    That is an extension, or a collation of ICU. "" for another error.
    """
    lacking = ""
    if extension := missing_extension(error):
        lacking = f"the extension {extension}"
    elif errors.sqlstate(error) in {SqlState.UNDEFINED_OBJECT, SqlState.FEATURE_NOT_SUPPORTED}:
        text = errors.describe_error(error)
        if "ICU is not supported" in text:
            lacking = "ICU"
        elif match := _COLLATION.search(text):
            lacking = f"the collation {match[1]}"
    if not lacking:
        return ""
    if os.environ.get(SCRATCH.variable):
        return f"install {lacking} on the server that {SCRATCH.variable} names."
    return (
        f"set {SCRATCH.variable} to a server of PostgreSQL 15 to 18 that has {lacking}, "
        "as a superuser: postgresql://user:password@host:5432/postgres."
    )


def entity_hint(error: BaseException) -> str:
    """Return which entity the models are to declare, where an error misses what it would make.

    "" for another error, and for a type that no known extension has.
    """
    text = errors.describe_error(error)
    if match := _NO_DEFAULT_CLASS.search(text):
        return _operator_class_hint(match[1], match[2])
    if errors.sqlstate(error) not in {SqlState.UNDEFINED_OBJECT, SqlState.UNDEFINED_FUNCTION}:
        return ""
    match = _NAME.search(text)
    name = (match[1] or match[2]) if match else ""
    extension = _OWNERS.get(name) or ("postgis" if name.startswith("st_") else "")
    if extension:
        return f'declare PGExtension("public", "{extension}") in the models.'
    if errors.sqlstate(error) == SqlState.UNDEFINED_FUNCTION and name:
        return f"declare the PGFunction {name} in the models, or the PGExtension that has it."
    return ""


def _operator_class_hint(kind: str, method: str) -> str:
    """Return which operator class an index may take. kind: of its column; method: of the index."""
    if kind in {"text", "character varying"} and method in {"gin", "gist"}:
        return (
            f'name one, postgresql_ops={{"column": "{method}_trgm_ops"}}, and declare '
            'PGExtension("public", "pg_trgm") in the models.'
        )
    if method in {"gin", "gist"} and kind not in {"json", "xml"}:
        return f'declare PGExtension("public", "btree_{method}") in the models.'
    return 'name one, postgresql_ops={"column": "class"}, or take another kind of index.'
