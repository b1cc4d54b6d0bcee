"""Throwaway database servers for the bench: unprivileged, on a socket in a folder of their own, without a network port."""

import contextlib
import glob
import os
import shutil
import sqlite3
import subprocess
import time

WAIT_S = 60
ROWS_A_BATCH = 50_000


def quiet(command, **more):
    """Run to the end; its output only if it fails."""
    return subprocess.run(command, check=True, capture_output=True, text=True, **more)


def as_user(user, command):
    """The command under an account, where root asks for it: servers refuse to run as root."""
    return ["runuser", "-u", user, "--", *command] if os.geteuid() == 0 else command


def new_folder(path, user):
    """An empty folder that belongs to the account."""
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    if os.geteuid() == 0:
        shutil.chown(path, user)


class Postgres:
    """A cluster; the tables lie in the database `bench`."""

    name, user = "PostgreSQL", "postgres"

    def __init__(self, folder):
        self.folder, self.data = folder, os.path.join(folder, "data")
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))[-1]
        self.url = f"postgres://postgres@{folder.replace('/', '%2F')}/bench"
        self.settings = {"PGHOST": folder, "PGUSER": "postgres", "PGDATABASE": "bench"}
        self.dump = f"{self.bin}/pg_dump bench"

    def start(self):
        new_folder(self.folder, self.user)
        quiet(as_user(self.user, [f"{self.bin}/initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
                                  "--locale=C.UTF-8", "--no-sync"]), cwd=self.folder)
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off -c shared_buffers=128MB -c autovacuum=off"
        quiet(as_user(self.user, [f"{self.bin}/pg_ctl", "-D", self.data, "-o", options, "-l", f"{self.folder}/log", "-w", "start"]),
              cwd=self.folder)
        quiet(["psql", "-X", "-d", "postgres", "-c", "CREATE DATABASE bench"], env={**os.environ, **self.settings})

    def sql(self, text):
        quiet(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", text], env={**os.environ, **self.settings})

    def fill(self, rows):
        self.sql("CREATE TABLE orders (id bigint PRIMARY KEY, customer int NOT NULL, status text NOT NULL, amount numeric(10,2), created timestamp, note text)")
        self.add(1, rows)
        self.sql("ANALYZE orders")

    def add(self, first, last):
        self.sql(f"""INSERT INTO orders SELECT i, i::bigint * 7919 % 90001, (ARRAY['new','paid','packed','sent','done'])[1 + i % 5], i % 99991 / 100.0,
            timestamp '2026-01-01' + i * interval '7 seconds', 'order ' || i || ' ' || md5(i::text) FROM generate_series({first}, {last}) i""")

    def change(self, where):
        self.sql(f"UPDATE orders SET amount = amount + 1, status = 'changed' WHERE {where}; ANALYZE orders")

    def random_rows(self, one_in, salt):
        return f"('x' || substr(md5(id || '{salt}'), 1, 7))::bit(28)::int % {one_in} = 0"

    def stop(self):
        with contextlib.suppress(subprocess.CalledProcessError):
            quiet(as_user(self.user, [f"{self.bin}/pg_ctl", "-D", self.data, "-m", "immediate", "stop"]), cwd=self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)


class MariaDb:
    """A server; the tables lie in the database `bench`."""

    name, user = "MariaDB", "mysql"

    def __init__(self, folder):
        self.folder, self.socket = folder, os.path.join(folder, "socket")
        self.url = f"mysql://root@{self.socket.replace('/', '%2F')}/bench"
        self.settings = {"MYSQL_UNIX_PORT": self.socket}
        self.dump = f"mariadb-dump --no-defaults --socket={self.socket} -u root --single-transaction --quick --hex-blob --skip-dump-date bench"
        self.server = None

    def start(self):
        new_folder(self.folder, self.user)
        quiet(as_user(self.user, ["mariadb-install-db", "--no-defaults", f"--datadir={self.folder}/data",
                                  "--auth-root-authentication-method=normal", "--skip-test-db"]), cwd=self.folder)
        command = [shutil.which("mariadbd") or "/usr/sbin/mariadbd", "--no-defaults", f"--datadir={self.folder}/data", f"--socket={self.socket}",
                   f"--log-error={self.folder}/log", "--skip-networking", "--innodb-buffer-pool-size=256M", "--innodb-flush-log-at-trx-commit=2"]
        self.server = subprocess.Popen(as_user(self.user, command), cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + WAIT_S
        while subprocess.run(["mariadb-admin", "--no-defaults", f"--socket={self.socket}", "-u", "root", "ping"], capture_output=True, check=False).returncode != 0:
            if time.monotonic() > end or self.server.poll() is not None:
                raise RuntimeError(f"MariaDB does not answer; its log: {self.folder}/log")
            time.sleep(0.1)
        self.sql("CREATE DATABASE bench", database="")

    def sql(self, text, database="bench"):
        quiet(["mariadb", "--no-defaults", f"--socket={self.socket}", "-u", "root", database, "-e", text])

    def fill(self, rows):
        self.sql("CREATE TABLE orders (id bigint PRIMARY KEY, customer int NOT NULL, status varchar(10) NOT NULL, amount decimal(10,2), created datetime, note text)")
        self.add(1, rows)

    def add(self, first, last):
        self.sql(f"""INSERT INTO orders SELECT seq, seq * 7919 % 90001, ELT(1 + seq % 5, 'new','paid','packed','sent','done'), seq % 99991 / 100,
            '2026-01-01' + INTERVAL seq * 7 SECOND, CONCAT('order ', seq, ' ', MD5(seq)) FROM seq_{first}_to_{last}""")

    def change(self, where):
        self.sql(f"UPDATE orders SET amount = amount + 1, status = 'changed' WHERE {where}")

    def random_rows(self, one_in, salt):
        return f"CRC32(CONCAT(id, '{salt}')) % {one_in} = 0"

    def stop(self):
        if self.server is not None:
            self.server.terminate()
            self.server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Sqlite:
    """A file; no server. Its pages are snapshotted: a row that grows moves others in its page, or into another page."""

    name = "SQLite"

    def __init__(self, folder):
        self.folder, self.path = folder, os.path.join(folder, "bench.db")
        self.url = f"sqlite:{self.path}"
        self.settings = {}
        self.dump = f"sqlite3 {self.path} .dump"
        self.link = None

    def start(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.link = sqlite3.connect(self.path, isolation_level=None)
        self.link.execute("PRAGMA journal_mode = WAL")

    def sql(self, text):
        self.link.executescript(text)

    def fill(self, rows):
        self.sql("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INT NOT NULL, status TEXT NOT NULL, amount NUMERIC, created TEXT, note TEXT)")
        self.add(1, rows)

    def add(self, first, last):
        self.sql(f"""WITH RECURSIVE s(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM s WHERE i < {last})
            INSERT INTO orders SELECT i, i * 7919 % 90001, CASE i % 5 WHEN 0 THEN 'new' WHEN 1 THEN 'paid' WHEN 2 THEN 'packed' WHEN 3 THEN 'sent' ELSE 'done' END,
            i % 99991 / 100.0, datetime(1767225600 + i * 7, 'unixepoch'), 'order ' || i || ' ' || printf('%08x%08x%08x%08x', i * 2654435761 % 4294967296, i * 40503 * 69069 % 4294967296, i * 1664525 * 22695477 % 4294967296, i * 1103515245 * 134775813 % 4294967296) FROM s""")

    def change(self, where):
        self.sql(f"UPDATE orders SET amount = amount + 1, status = 'changed' WHERE {where}")

    def random_rows(self, one_in, salt):
        return f"(id * 2654435761 + {len(salt) * 7919 + sum(salt.encode())}) % 4294967296 / 7 % {one_in} = 0"

    def stop(self):
        if self.link is not None:
            self.link.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Odbc(Sqlite):
    """The same file through a driver: rows, no pages."""

    name = "ODBC (the driver for SQLite)"

    def __init__(self, folder):
        super().__init__(folder)
        self.url = f"odbc:Driver=SQLite3;Database={self.path}"


ALL = {"postgres": Postgres, "mariadb": MariaDb, "sqlite": Sqlite, "odbc": Odbc}
