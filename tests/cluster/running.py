"""A real scheduler and real workers, each a process of its own, on loopback."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil
from distributed import Client, Security
from sqlalchemy import select

from store.schema import Clip
from tests.cluster import standin
from tests.jobs.extracting import until
from tests.support.backups import make_library

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("ca-file", "cert", "key")


class Cluster:
    """Use it in a `with`; with `tls`, all speak TLS and show the same certificate."""

    def __init__(self, folder: Path, *, tls: bool = False, at: str = "127.0.0.1") -> None:
        self.folder = folder
        self.file = folder / "scheduler.json"
        self.attempts = folder / "attempts.txt"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._tls = make_certificate(folder) if tls else {}
        host = ["--host", f"tls://{at}" if tls else at]
        self._start(
            "scheduler", ["dask_scheduler", *host, "--port", "0", "--scheduler-file", self.file]
        )

    @property
    def address(self) -> str:
        until(self.file.exists)
        return until(self._address)

    def _address(self):
        with suppress(ValueError):
            return json.loads(self.file.read_text(encoding="utf-8"))["address"]

    @property
    def environment(self) -> dict[str, str]:
        """Dask's own variables: what a client needs to be let in."""
        names = {"ca-file": "CA_FILE", "cert": "{}__CERT", "key": "{}__KEY"}
        found = {}
        for role in ("CLIENT", "SCHEDULER", "WORKER"):
            for part, path in self._tls.items():
                name = f"DASK_DISTRIBUTED__COMM__TLS__{names[part].format(role)}"
                found[name] = str(path)
        return found

    def add_worker(
        self, name: str, *options: str, standin_: bool = True, host: str = "", **told: str
    ) -> None:
        """Start a worker of one thread that sees an empty folder and no display.

        `host` is a network namespace to start it in.
        """
        preload = ["--preload", "tests.cluster.standin"] if standin_ else []
        scratch = self.folder / f"scratch-{name}"
        self._start(
            name,
            ["dask_worker", "--scheduler-file", self.file, "--name", name, "--local-directory",
             scratch, "--nthreads", "1", *preload, *options],
            within=["ip", "netns", "exec", host] if host else [],
            **{standin.ATTEMPTS: str(self.attempts), standin.NAME: name, **told},
        )  # fmt: skip

    def client(self) -> Client:
        security = None
        if self._tls:
            ca, cert, key = (str(self._tls[part]) for part in PARTS)
            security = Security(
                tls_ca_file=ca, tls_client_cert=cert, tls_client_key=key, require_encryption=True
            )
        return Client(self.address, security=security, set_as_default=False)

    def wait_for_workers(self, count: int) -> None:
        with self.client() as client:
            client.wait_for_workers(count, timeout=60)

    def workers(self) -> set[str]:
        """The names of those who are there."""
        with self.client() as client:
            return {told["name"] for told in client.scheduler_info()["workers"].values()}

    def kill(self, name: str) -> None:
        """SIGKILL a process and all below it at once."""
        process = self.processes.pop(name)
        family = [psutil.Process(process.pid)]
        family += family[0].children(recursive=True)
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.kill()
        process.wait(timeout=20)

    def tried(self) -> Counter[tuple[str, str]]:
        """How often each clip was begun with by each worker."""
        if not self.attempts.exists():
            return Counter()
        lines = self.attempts.read_text(encoding="utf-8").splitlines()
        return Counter((clip, worker) for clip, worker in map(str.split, lines))

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in list(self.processes):
            self.kill(name)

    def _start(self, name, command, within=(), **told):
        empty = self.folder / "elsewhere"
        empty.mkdir(exist_ok=True)
        environment = {**os.environ, **self.environment, "PYTHONPATH": str(ROOT), **told}
        environment.pop("DISPLAY", None)
        module, *options = map(str, command)
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [*within, sys.executable, "-m", f"distributed.cli.{module}", "--no-dashboard", *options],
                cwd=empty, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip


def make_certificate(folder: Path) -> dict[str, Path]:
    """A certificate that vouches for itself, made with OpenSSL."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=signtui"]
    command += ["-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    return dict(zip(PARTS, (cert, cert, key), strict=True))


def has_openssl() -> bool:
    return shutil.which("openssl") is not None


def small_library(folder: Path, clips: int, *, size: int = 0):
    """Clips that only the stand-in can read, with the hashes that a scan would have found."""
    import hashlib

    library = make_library(folder, clips)
    with library.session() as session:
        for clip in session.scalars(select(Clip)):
            path = Path(clip.path)
            path.write_bytes(path.read_bytes().ljust(size, b"."))
            stat = path.stat()
            clip.size_bytes, clip.mtime_ns = stat.st_size, stat.st_mtime_ns
            clip.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return library
