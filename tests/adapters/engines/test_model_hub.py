"""Models from the hub: one commit, fetched once, and nothing of it that is not loaded."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
NAME = "easel-tests/tiny"
COMMIT = "c0ffee" * 6 + "c0ff"
WITHOUT_PAUSES = "import time; time.sleep = lambda _seconds: None\n"
"""The hub's client waits 23 s in all between its tries."""
LOAD = (
    "import sys\n"
    "from pathlib import Path\n"
    "from adapters.engines.factory import EngineOptions, build_engine\n"
    "home, key, *models = sys.argv[1:]\n"
    "for model in models:\n"
    "    engine = build_engine(key, EngineOptions(model=model, segmenter=model, home=Path(home)))\n"
    "    try: engine.load()\n"
    "    except Exception as error: print(type(error).__name__, error)\n"
    "    else: print('loaded', engine.revision)\n"
)
"""A line for each model; one program for several, as each imports torch."""


def _tree(folder: Path) -> list[dict[str, object]]:
    return [
        {
            "type": "file",
            "path": path.relative_to(folder).as_posix(),
            "size": path.stat().st_size,
            "oid": hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest(),
        }
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]


@dataclass
class Hub:
    """A hub with one repository of one commit."""

    folder: Path
    url: str = ""
    downloads: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str) -> tuple[bytes, dict[str, str]] | None:
        """Return what is said to a request, and with which headers; None where there is no such thing."""
        if path == f"/api/models/{NAME}":
            return json.dumps({"id": NAME, "sha": COMMIT, "siblings": []}).encode(), {}
        if path == f"/api/models/{NAME}/tree/{COMMIT}":
            return json.dumps(_tree(self.folder)).encode(), {}
        if not path.startswith(f"/{NAME}/resolve/{COMMIT}/"):
            return None
        name = path.removeprefix(f"/{NAME}/resolve/{COMMIT}/")
        if method == "GET":
            self.downloads.append(name)
        content = (self.folder / name).read_bytes()
        etag = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        return content, {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT}


@contextmanager
def hub_of(folder: Path) -> Iterator[Hub]:
    hub = Hub(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            found = hub.answer(self.command, unquote(urlsplit(self.path).path))
            content, headers = found or (b"", {"X-Error-Code": "RepoNotFound"})
            self.send_response(200 if found else 404)
            for name, value in {"Content-Length": f"{len(content)}", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Machine:
    """A machine with folders of its own, on which programs of Easel run."""

    home: Path
    hub_url: str

    def run(self, *arguments: str) -> str:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}",
            "EASEL_HOME": f"{self.home}",
            "HF_HOME": f"{self.home / 'hub'}",
            "HF_ENDPOINT": self.hub_url,
            "HF_HUB_DISABLE_XET": "1",
        }
        done = subprocess.run(
            [sys.executable, *arguments], cwd=self.home, env=environment, check=False, capture_output=True, text=True
        )
        return done.stdout + done.stderr

    def pin(self, *arguments: str) -> str:
        return self.run("-m", "app", "engines", "pin", *arguments)

    def load(self, *models: str, key: str = "diffusers") -> str:
        return self.run("-c", LOAD, f"{self.home}", key, *models)


@pytest.fixture
def repository(tiny_pipeline: Path, tmp_path: Path) -> Path:
    """Return a pipeline with what repositories also hold: pickles, other variants, code, a checkpoint of old."""
    folder = shutil.copytree(tiny_pipeline, tmp_path / "repository")
    for name in ("tiny.ckpt", "tiny.safetensors", "pipeline.py", "README.md"):
        (folder / name).write_bytes(b"not to be fetched")
    for name in ("diffusion_pytorch_model.bin", "diffusion_pytorch_model.fp16.safetensors", "code.py"):
        (folder / "unet" / name).write_bytes(b"not to be fetched")
    return folder


def test_a_model_of_the_hub_is_pinned_fetched_once_and_loaded_without_network(repository: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with hub_of(repository) as hub:
        machine = Machine(home, hub.url)

        # given a name alone: refused
        assert "EngineUnavailable the model 'easel-tests/tiny' is pinned to no commit" in machine.load(NAME)
        assert hub.downloads == []

        # when it is pinned
        assert f"files of {NAME} are pinned as " in machine.pin("diffusers", NAME)

        # then nothing was fetched but what is loaded
        assert "unet/diffusion_pytorch_model.safetensors" in hub.downloads
        assert not [name for name in hub.downloads if (repository / name).read_bytes() == b"not to be fetched"]
        assert len(hub.downloads) == len({*hub.downloads})

    # and it is loaded at that commit, with the hub away
    (path,) = (home / "pins").iterdir()
    assert json.loads(path.read_text())["revision"] == COMMIT
    told = machine.load(NAME, f"{NAME}@{COMMIT}", f"{NAME}@{'0' * 40}").splitlines()
    loaded, again = [line for line in told if line.startswith("loaded ")]
    assert loaded == again
    assert f"is pinned to another commit, {COMMIT}" in told[-1]


def test_of_a_single_model_nothing_is_fetched_but_what_is_loaded(tiny_segmenter: Path, tmp_path: Path) -> None:
    repository = shutil.copytree(tiny_segmenter, tmp_path / "repository")
    for name in ("pytorch_model.bin", "model.fp16.safetensors", "modeling.py", "README.md", "onnx/model.onnx"):
        (repository / name).parent.mkdir(exist_ok=True)
        (repository / name).write_bytes(b"not to be fetched")
    home = tmp_path / "home"
    home.mkdir()
    with hub_of(repository) as hub:
        machine = Machine(home, hub.url)
        assert f"3 files of {NAME} are pinned as " in machine.pin("segmenter", NAME)
        assert sorted(hub.downloads) == ["config.json", "model.safetensors", "preprocessor_config.json"]
    assert machine.load(NAME, key="segmenter").startswith("loaded ")


def test_a_hub_that_is_away_or_shows_no_such_model_is_told(repository: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with hub_of(repository) as hub:
        machine = Machine(home, hub.url)
        assert "'easel-tests/other' can not be had from the hub" in machine.pin("diffusers", "easel-tests/other")
    arguments = f"{home}", "diffusers", f"{NAME}@{COMMIT}"
    for told in (machine.pin("diffusers", NAME), machine.run("-c", WITHOUT_PAUSES + LOAD, *arguments)):
        assert "'easel-tests/tiny' can not be had from the hub" in told
        assert "Traceback" not in told
    assert not (home / "pins").exists()
