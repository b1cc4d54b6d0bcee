-- One of every kind of object, with names and values that are hard to carry. Roles are made once for the server.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'keeper') THEN CREATE ROLE keeper; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'We"ird role') THEN CREATE ROLE "We""ird role"; END IF;
END $$;
CREATE EXTENSION hstore;
CREATE EXTENSION pg_trgm;
CREATE SCHEMA app AUTHORIZATION keeper;
CREATE SCHEMA "we""ird /schema";
COMMENT ON SCHEMA app IS 'it''s a; "schema"';
CREATE TYPE app.mood AS ENUM ('sad', 'o''k', 'happy; very');
CREATE TYPE app.point3 AS (x int, y int, "z /" text);
CREATE TYPE app.span AS RANGE (subtype = float8);
CREATE DOMAIN app.email AS text CONSTRAINT has_at CHECK (VALUE ~ '^[^@]+@[^@]+$');
CREATE COLLATION app.german (provider = libc, locale = 'C');

CREATE FUNCTION app.add(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT a + b; SELECT CASE WHEN a > b THEN a + b ELSE b + a END; END;
CREATE FUNCTION app.tricky(t text DEFAULT ';') RETURNS text LANGUAGE plpgsql AS $body$
BEGIN -- a ; in a comment, and a quote: '
  RETURN $q$; $body inside; $q$ || t || E'\';' || "current_user"();
END $body$;
CREATE AGGREGATE app.total(int) (SFUNC = app.add, STYPE = int, INITCOND = '0');
CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.note := coalesce(NEW.note, '''') || ''!''; RETURN NEW; END';
CREATE OPERATOR app.<#> (LEFTARG = int, RIGHTARG = int, FUNCTION = app.add);
CREATE FUNCTION app.cmp_abs(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT abs($1) - abs($2)';
CREATE OPERATOR CLASS app.abs_ops FOR TYPE int4 USING btree AS OPERATOR 3 = (int4, int4), FUNCTION 1 app.cmp_abs(int4, int4);
CREATE TEXT SEARCH CONFIGURATION app.words (COPY = simple);
CREATE CAST (app.point3 AS hstore) WITH INOUT;

CREATE TABLE app.moods (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  small serial,
  mood app.mood NOT NULL DEFAULT 'sad',
  twice int GENERATED ALWAYS AS (id * 2) STORED,
  mail app.email,
  at app.point3,
  tags text[] DEFAULT '{}',
  grid int[][],
  doc jsonb, raw json, x xml, h hstore, b bytea, f float8, r real, n numeric, s app.span, tz timestamptz, i interval, bits varbit(9),
  net inet, u uuid, ts tsvector, m money, note text COLLATE "C",
  CONSTRAINT n_positive CHECK (n IS NULL OR n > 0 OR n = 'NaN'));
COMMENT ON COLUMN app.moods.mood IS E'how\nit is';
INSERT INTO app.moods (mood, mail, at, tags, grid, doc, raw, x, h, b, f, r, n, s, tz, i, bits, net, u, ts, m, note) VALUES
  ('sad', 'a@b', '(1,2,"a,b")', '{"a b",NULL,"\\","\""}', '{{1,2},{3,4}}', '{"a": [1, null]}', '{"a" :  1}', '<a>b</a>', 'a=>1, b=>NULL', '\x00ff5c0a', 'NaN', 'Infinity', 'NaN', '[0.1,0.3)', '2024-02-29 23:59:59.999999+14', '1 year -3 days 04:05:06.789', '10101', '::1/64', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'a:1 b:2', '12.34', E'tab\tnewline\nreturn\rbackslash\\ \\N \\.'),
  ('o''k', NULL, NULL, NULL, NULL, 'null', 'null', NULL, NULL, NULL, 0.1, 0.1, 1e-30, 'empty', 'infinity', NULL, NULL, NULL, NULL, NULL, NULL, ''),
  ('happy; very', NULL, '(,,)', '{}', NULL, NULL, NULL, NULL, '', '', -0.0, 1e38, 12345678901234567890.123456789, '(,)', '-infinity', '-1 mon', '', '10.0.0.1', NULL, '', '-0.01', '\N'),
  ('sad', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, E'größe 🐘 \u200b \x01 \x7f');
INSERT INTO app.moods (note) SELECT 'row ' || g || repeat(' filler', g % 7) FROM generate_series(1, 3000) g;
CREATE INDEX moods_trgm ON app.moods USING gin (note gin_trgm_ops);
CREATE UNIQUE INDEX "moods; partial" ON app.moods (lower(note), id) INCLUDE (mood) WHERE id > 10;
CREATE INDEX moods_abs ON app.moods (small app.abs_ops);
CREATE STATISTICS app.moods_stats (ndistinct, dependencies) ON mood, note FROM app.moods;
ALTER TABLE app.moods ALTER note SET STATISTICS 77, ALTER b SET STORAGE EXTERNAL, CLUSTER ON moods_pkey;
CREATE TRIGGER touch BEFORE UPDATE OF mood ON app.moods FOR EACH ROW WHEN (OLD.mood IS DISTINCT FROM NEW.mood) EXECUTE FUNCTION app.touch();
CREATE TRIGGER asleep AFTER DELETE ON app.moods EXECUTE FUNCTION app.touch();
ALTER TABLE app.moods DISABLE TRIGGER asleep;

CREATE TABLE "we""ird /schema"."we""ird /name; " ("co""l; 1" int PRIMARY KEY, "select" text, "ü" text);
INSERT INTO "we""ird /schema"."we""ird /name; " VALUES (1, 'x', 'ä'), (2, NULL, '');
CREATE TABLE public.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa (id int);
CREATE TABLE public."ééééééééééééééééééééééééééééééé" ("🐘" int);
INSERT INTO public."ééééééééééééééééééééééééééééééé" VALUES (1);
CREATE TABLE public.".." (id int);
CREATE TABLE public."Upper" (id bigserial PRIMARY KEY, "Value" text);
INSERT INTO public."Upper" ("Value") SELECT md5(g::text) FROM generate_series(1, 500) g;
CREATE TABLE public.empty (id int PRIMARY KEY, v text);
CREATE TABLE public.no_columns ();
INSERT INTO public.no_columns SELECT FROM generate_series(1, 5);
CREATE TABLE public.only_generated (g int GENERATED ALWAYS AS (7) STORED);
INSERT INTO public.only_generated DEFAULT VALUES;
INSERT INTO public.only_generated DEFAULT VALUES;
CREATE TABLE public.dropped_column (a int, b int, c int);
ALTER TABLE public.dropped_column DROP COLUMN b;
INSERT INTO public.dropped_column VALUES (1, 3);
CREATE UNLOGGED TABLE public.unlogged (id int PRIMARY KEY);
INSERT INTO public.unlogged VALUES (1), (2);
CREATE TABLE public.by_uuid (id uuid PRIMARY KEY, v int) WITH (fillfactor = 70);
INSERT INTO public.by_uuid SELECT md5(g::text)::uuid, g FROM generate_series(1, 2000) g;

CREATE TABLE public.sales (id bigint GENERATED BY DEFAULT AS IDENTITY (START 10 INCREMENT 5), day date NOT NULL, region text, amount numeric(12, 2), PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE public.sales_2023 PARTITION OF public.sales FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE public.sales_2024 PARTITION OF public.sales FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY RANGE (day);
CREATE TABLE app.sales_2024_n PARTITION OF public.sales_2024 FOR VALUES FROM ('2024-01-01') TO ('2024-07-01');
CREATE TABLE app.sales_2024_rest PARTITION OF public.sales_2024 DEFAULT;
CREATE INDEX ON public.sales (amount);
INSERT INTO public.sales (day, region, amount) SELECT date '2023-01-01' + g % 730, (ARRAY['north', 'south', NULL])[g % 3 + 1], g FROM generate_series(1, 1500) g;
CREATE TABLE public.parent (id int, kind text);
CREATE TABLE public.child (extra text) INHERITS (public.parent);
INSERT INTO public.parent VALUES (1, 'p');
INSERT INTO public.child VALUES (2, 'c', 'e');
CREATE TABLE public.egg (id int PRIMARY KEY, hen int);
CREATE TABLE public.hen (id int PRIMARY KEY, egg int REFERENCES public.egg DEFERRABLE INITIALLY DEFERRED, self int REFERENCES public.hen);
ALTER TABLE public.egg ADD FOREIGN KEY (hen) REFERENCES public.hen DEFERRABLE INITIALLY DEFERRED;
BEGIN;
INSERT INTO public.egg VALUES (1, 2), (2, 1);
INSERT INTO public.hen VALUES (1, 1, 2), (2, 2, 1);
COMMIT;
CREATE TABLE public.excluded (during tstzrange, EXCLUDE USING gist (during WITH &&));

CREATE PROCEDURE app.reset() LANGUAGE sql AS 'DELETE FROM app.moods; SELECT 1';
CREATE SEQUENCE public.lonely START 100 INCREMENT -3 MINVALUE -1000 MAXVALUE 100 CYCLE CACHE 5;
SELECT nextval('public.lonely'), nextval('public.lonely');
CREATE SEQUENCE app.fresh;
CREATE SEQUENCE app.set_not_called;
SELECT setval('app.set_not_called', 44, false);

CREATE VIEW app.happy AS SELECT id, mood, app.tricky(note) AS t FROM app.moods WHERE mood <> 'sad' WITH CASCADED CHECK OPTION;
ALTER VIEW app.happy RESET (check_option);
CREATE RECURSIVE VIEW public.numbers (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < 10;
CREATE MATERIALIZED VIEW app.counts AS SELECT mood, count(*) AS n FROM app.moods GROUP BY mood;
CREATE UNIQUE INDEX ON app.counts (mood);
CREATE MATERIALIZED VIEW app.never AS SELECT 1 AS one WITH NO DATA;
CREATE RULE protect AS ON DELETE TO public.egg WHERE OLD.id = 1 DO INSTEAD (SELECT 1; SELECT 2);
CREATE FOREIGN DATA WRAPPER dummy;
CREATE SERVER far FOREIGN DATA WRAPPER dummy OPTIONS (host 'a;b');
CREATE FOREIGN TABLE public.elsewhere (id int) SERVER far;

CREATE TABLE app.secrets (id int PRIMARY KEY, owner_name name DEFAULT "current_user"(), v text);
INSERT INTO app.secrets VALUES (1, 'keeper', 'mine'), (2, 'other', 'theirs');
ALTER TABLE app.secrets ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.secrets FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON app.secrets FOR SELECT TO keeper USING (owner_name = "current_user"());
ALTER TABLE app.secrets OWNER TO keeper;
GRANT SELECT (id), UPDATE (v) ON app.secrets TO "We""ird role";
GRANT USAGE ON SCHEMA app TO PUBLIC;
GRANT EXECUTE ON FUNCTION app.add TO keeper WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO keeper;
ALTER TABLE public.hen REPLICA IDENTITY FULL;
CREATE PUBLICATION news FOR TABLE public.egg WHERE (id > 0), app.moods (id, mood);
CREATE FUNCTION public.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER watch ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.on_ddl();

SELECT lo_from_bytea(70001, '\x00010203'), lo_from_bytea(70002, ''), lo_from_bytea(70003, convert_to(repeat('large object ', 200000), 'UTF8'));
SELECT lo_put(70002, 3000000, '\xff');
COMMENT ON LARGE OBJECT 70001 IS 'a large; object';
GRANT SELECT ON LARGE OBJECT 70001 TO keeper;
ALTER LARGE OBJECT 70003 OWNER TO keeper;
-- Rows of a table that is read in the order of its key lie in that order, so that dumps of both can be compared.
CLUSTER app.moods;
ANALYZE;
