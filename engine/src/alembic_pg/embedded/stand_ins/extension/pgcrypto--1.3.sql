-- The functions of pgcrypto 1.3 by their signatures. Digests that PostgreSQL has are computed, random
-- bytes are random; every other function raises an error that says so.

CREATE FUNCTION gen_random_uuid() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE RETURN pg_catalog.gen_random_uuid();

CREATE FUNCTION gen_random_bytes(int4) RETURNS bytea
LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE AS $$
DECLARE
  made bytea := '';
BEGIN
  IF $1 NOT BETWEEN 1 AND 1024 THEN
    RAISE external_routine_invocation_exception USING MESSAGE = 'Length not in range';
  END IF;
  -- Three of them hold 366 random bits, of which SHA-256 makes 256.
  WHILE pg_catalog.length(made) < $1 LOOP
    made := made || pg_catalog.sha256(
      pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
      || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
      || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
    );
  END LOOP;
  RETURN pg_catalog.substr(made, 1, $1);
END $$;

CREATE FUNCTION digest(bytea, text) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  CASE pg_catalog.lower($2)
    WHEN 'md5' THEN RETURN pg_catalog.decode(pg_catalog.md5($1), 'hex');
    WHEN 'sha224' THEN RETURN pg_catalog.sha224($1);
    WHEN 'sha256' THEN RETURN pg_catalog.sha256($1);
    WHEN 'sha384' THEN RETURN pg_catalog.sha384($1);
    WHEN 'sha512' THEN RETURN pg_catalog.sha512($1);
    WHEN 'sha1' THEN
      RAISE feature_not_supported USING
        MESSAGE = 'the embedded server cannot compute sha1: it has no pgcrypto, and this function stands in',
        HINT = 'Name a server that has pgcrypto in DATABASE_URL, or in SHADOW_DATABASE_URL for scratch databases.';
    ELSE
      RAISE invalid_parameter_value USING
        MESSAGE = pg_catalog.format('Cannot use "%s": No such hash algorithm', $2);
  END CASE;
END $$;

CREATE FUNCTION digest(text, text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN digest(pg_catalog.convert_to($1, pg_catalog.getdatabaseencoding()), $2);

-- RFC 2104: the key, filled with zeros to a block or digested where it is longer.
CREATE FUNCTION hmac(bytea, bytea, text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
  SELECT digest(outer_pad || digest(inner_pad || $1, $3), $3)
  FROM (
    SELECT
      pg_catalog.string_agg(
        pg_catalog.set_byte('\x00'::bytea, 0, coalesce(b, 0) # 92), ''::bytea ORDER BY i
      ) AS outer_pad,
      pg_catalog.string_agg(
        pg_catalog.set_byte('\x00'::bytea, 0, coalesce(b, 0) # 54), ''::bytea ORDER BY i
      ) AS inner_pad
    FROM (
      SELECT i, CASE WHEN i < pg_catalog.length(key) THEN pg_catalog.get_byte(key, i) END AS b
      FROM (
        SELECT block, CASE WHEN pg_catalog.length($2) > block THEN digest($2, $3) ELSE $2 END AS key
        FROM (
          SELECT CASE WHEN pg_catalog.lower($3) IN ('sha384', 'sha512') THEN 128 ELSE 64 END AS block
        ) AS sizes
      ) AS keys, pg_catalog.generate_series(0, block - 1) AS i
    ) AS bytes
  ) AS pads
);

CREATE FUNCTION hmac(text, text, text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN hmac(
  pg_catalog.convert_to($1, pg_catalog.getdatabaseencoding()),
  pg_catalog.convert_to($2, pg_catalog.getdatabaseencoding()),
  $3
);

DO $do$
DECLARE
  kind text;
  one text;
BEGIN
  FOR kind, one IN
    SELECT 'IMMUTABLE', unnest(ARRAY[
      'crypt(text, text) RETURNS text',
      'encrypt(bytea, bytea, text) RETURNS bytea',
      'decrypt(bytea, bytea, text) RETURNS bytea',
      'encrypt_iv(bytea, bytea, bytea, text) RETURNS bytea',
      'decrypt_iv(bytea, bytea, bytea, text) RETURNS bytea',
      'pgp_sym_decrypt(bytea, text) RETURNS text',
      'pgp_sym_decrypt_bytea(bytea, text) RETURNS bytea',
      'pgp_sym_decrypt(bytea, text, text) RETURNS text',
      'pgp_sym_decrypt_bytea(bytea, text, text) RETURNS bytea',
      'pgp_pub_decrypt(bytea, bytea) RETURNS text',
      'pgp_pub_decrypt_bytea(bytea, bytea) RETURNS bytea',
      'pgp_pub_decrypt(bytea, bytea, text) RETURNS text',
      'pgp_pub_decrypt_bytea(bytea, bytea, text) RETURNS bytea',
      'pgp_pub_decrypt(bytea, bytea, text, text) RETURNS text',
      'pgp_pub_decrypt_bytea(bytea, bytea, text, text) RETURNS bytea',
      'pgp_key_id(bytea) RETURNS text',
      'armor(bytea) RETURNS text',
      'armor(bytea, text[], text[]) RETURNS text',
      'dearmor(text) RETURNS bytea',
      'pgp_armor_headers(text, key OUT text, value OUT text) RETURNS SETOF record'
    ])
    UNION ALL
    SELECT 'VOLATILE', unnest(ARRAY[
      'gen_salt(text) RETURNS text',
      'gen_salt(text, int4) RETURNS text',
      'pgp_sym_encrypt(text, text) RETURNS bytea',
      'pgp_sym_encrypt_bytea(bytea, text) RETURNS bytea',
      'pgp_sym_encrypt(text, text, text) RETURNS bytea',
      'pgp_sym_encrypt_bytea(bytea, text, text) RETURNS bytea',
      'pgp_pub_encrypt(text, bytea) RETURNS bytea',
      'pgp_pub_encrypt_bytea(bytea, bytea) RETURNS bytea',
      'pgp_pub_encrypt(text, bytea, text) RETURNS bytea',
      'pgp_pub_encrypt_bytea(bytea, bytea, text) RETURNS bytea'
    ])
  LOOP
    EXECUTE format(
      'CREATE FUNCTION %s LANGUAGE plpgsql %s STRICT PARALLEL SAFE AS %L',
      one,
      kind,
      format(
        $body$BEGIN RAISE feature_not_supported USING
  MESSAGE = 'the embedded server cannot compute %s(): it has no pgcrypto, and this function stands in',
  HINT = 'Name a server that has pgcrypto in DATABASE_URL, or in SHADOW_DATABASE_URL for scratch databases.';
END$body$,
        split_part(one, '(', 1)
      )
    );
  END LOOP;
END $do$;
