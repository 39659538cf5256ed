/** The tables of a catalogue. An operator may read them with any SQLite tool; `records_readable` shows times as text. */

/** `xra` and a byte for the format: SQLite's application_id, which tells our files from those of other programs. */
export const APPLICATION_ID = 0x78726100;

/** Raised when an older program, with its SQLite, could no longer read the file, or write it rightly. */
export const FORMAT = 1;

export const SCHEMA = `
CREATE TABLE meta (
  key   TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE records (
  path           TEXT    NOT NULL PRIMARY KEY, -- relative to the target's base
  size           INTEGER NOT NULL,             -- bytes
  mtime          INTEGER,                      -- the record's own, microseconds since 1970
  mode           INTEGER,                      -- permission bits
  checksums      TEXT    NOT NULL,             -- 'adler32:0a1b2c3d crc32c:…'
  source         TEXT    NOT NULL,             -- of the checksums: put, read, server
  remote_mtime   INTEGER,                      -- the server's, milliseconds since 1970, as all times below
  copied         INTEGER,
  compared       INTEGER,
  on_tape        INTEGER,
  removing       INTEGER,
  removed        INTEGER,
  rule           TEXT,                         -- what allowed the removal: cached, backed_up
  online_removed INTEGER,
  followed       INTEGER,
  lost           INTEGER,
  loss           TEXT,
  audited        INTEGER,
  audit          TEXT,
  changed        INTEGER                       -- batch that changed it since it last went into a segment
) STRICT, WITHOUT ROWID;

CREATE INDEX records_waiting ON records (path) WHERE removing IS NOT NULL AND on_tape IS NULL;
CREATE INDEX records_lost    ON records (path) WHERE lost IS NOT NULL;
CREATE INDEX records_changed ON records (path) WHERE changed IS NOT NULL;

CREATE TABLE forgotten (
  id      INTEGER PRIMARY KEY,
  path    TEXT    NOT NULL,
  at      INTEGER NOT NULL,
  reason  TEXT    NOT NULL,
  row     TEXT    NOT NULL,                    -- as it was, JSON
  changed INTEGER
) STRICT;

CREATE INDEX forgotten_path    ON forgotten (path);
CREATE INDEX forgotten_reason  ON forgotten (reason, id);
CREATE INDEX forgotten_changed ON forgotten (id) WHERE changed IS NOT NULL;

CREATE TABLE passes (
  id       INTEGER PRIMARY KEY,
  job      TEXT NOT NULL,
  started  TEXT NOT NULL,
  finished TEXT NOT NULL,
  report   TEXT NOT NULL                       -- JSON, without the names of failed files
) STRICT;

CREATE VIEW records_readable AS SELECT
  path, size, strftime('%Y-%m-%dT%H:%M:%fZ', mtime / 1e6, 'unixepoch') AS mtime, printf('%o', mode) AS mode, checksums, source,
  datetime(copied / 1000, 'unixepoch') AS copied, datetime(compared / 1000, 'unixepoch') AS compared,
  datetime(on_tape / 1000, 'unixepoch') AS on_tape, datetime(removed / 1000, 'unixepoch') AS removed, rule,
  datetime(lost / 1000, 'unixepoch') AS lost, loss, datetime(audited / 1000, 'unixepoch') AS audited, audit
FROM records;
`;

export const COLUMNS = [
  ...[
    'path',
    'size',
    'mtime',
    'mode',
    'checksums',
    'source',
    'remote_mtime',
    'copied',
    'compared',
    'on_tape',
  ],
  ...['removing', 'removed', 'rule', 'online_removed', 'followed', 'lost', 'loss', 'audited', 'audit'],
] as const;
