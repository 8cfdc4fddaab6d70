-- The functions of uuid-ossp 1.1 by their signatures. Version 5 needs SHA-1, which PostgreSQL has not:
-- it raises an error that says so. Version 1 has a random node in place of the machine's address.

CREATE FUNCTION uuid_nil() RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN '00000000-0000-0000-0000-000000000000'::uuid;

CREATE FUNCTION uuid_ns_dns() RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid;

CREATE FUNCTION uuid_ns_url() RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN '6ba7b811-9dad-11d1-80b4-00c04fd430c8'::uuid;

CREATE FUNCTION uuid_ns_oid() RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN '6ba7b812-9dad-11d1-80b4-00c04fd430c8'::uuid;

CREATE FUNCTION uuid_ns_x500() RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN '6ba7b814-9dad-11d1-80b4-00c04fd430c8'::uuid;

CREATE FUNCTION uuid_generate_v4() RETURNS uuid
LANGUAGE sql VOLATILE STRICT PARALLEL SAFE RETURN pg_catalog.gen_random_uuid();

-- RFC 9562, 5.1: 100 nanoseconds since 1582-10-15, then a clock sequence and a node, both random; the
-- lowest bit of the node's first byte says that it is no machine's address.
CREATE FUNCTION uuid_generate_v1mc() RETURNS uuid
LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE AS $$
DECLARE
  ticks text := pg_catalog.lpad(pg_catalog.to_hex(
    (extract(epoch FROM pg_catalog.clock_timestamp()) * 10000000)::int8 + 122192928000000000
  ), 15, '0');
  rest bytea := pg_catalog.substr(pg_catalog.uuid_send(pg_catalog.gen_random_uuid()), 9);
BEGIN
  rest := pg_catalog.set_byte(rest, 2, pg_catalog.get_byte(rest, 2) | 1);
  RETURN (
    pg_catalog.substr(ticks, 8) || pg_catalog.substr(ticks, 4, 4) || '1'
    || pg_catalog.substr(ticks, 1, 3) || pg_catalog.encode(rest, 'hex')
  )::uuid;
END $$;

CREATE FUNCTION uuid_generate_v1() RETURNS uuid
LANGUAGE sql VOLATILE STRICT PARALLEL SAFE RETURN uuid_generate_v1mc();

CREATE FUNCTION uuid_generate_v3(namespace uuid, name text) RETURNS uuid
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  made bytea := pg_catalog.decode(pg_catalog.md5(
    pg_catalog.uuid_send(namespace)
    || pg_catalog.convert_to(name, pg_catalog.getdatabaseencoding())
  ), 'hex');
BEGIN
  made := pg_catalog.set_byte(made, 6, pg_catalog.get_byte(made, 6) & 15 | 48);
  made := pg_catalog.set_byte(made, 8, pg_catalog.get_byte(made, 8) & 63 | 128);
  RETURN pg_catalog.encode(made, 'hex')::uuid;
END $$;

CREATE FUNCTION uuid_generate_v5(namespace uuid, name text) RETURNS uuid
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RAISE feature_not_supported USING
    MESSAGE = 'the embedded server cannot compute uuid_generate_v5(): it has no uuid-ossp, and this function stands in',
    HINT = 'Name a server that has uuid-ossp in DATABASE_URL, or in SHADOW_DATABASE_URL for scratch databases.';
END $$;
