"""Short real clips in a library, and the real processes that work on them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from capture.config import ScanConfig
from store.importers.dataset import read_dataset, store_dataset
from store.importers.source import find_dataset
from store.jobs import create_job, get_job
from store.library import Library
from store.words import JobKind, Status

ROOT = Path(__file__).resolve().parents[2]
CLIPS = 2


def run_child(library: Library, module: str, kind: JobKind, config: dict[str, Any]) -> str:
    """Do a job in a process of its own, and return what it says."""
    job_id = create_job(library, kind, config)
    command = [sys.executable, "-m", module, "--library", str(library.root), "--job", str(job_id)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    row = get_job(library, job_id)
    assert row.status == Status.FINISHED, (row.error, said.stderr.decode()[-2000:])
    return said.stdout.decode("utf-8")


def add_real_clips(library: Library, real_data: Path, folder: Path) -> dict[str, Path]:
    """Bring two short clips of WLASL into a library and scan them; their paths by video id."""
    manifest = json.loads((real_data / "videos_manifest.json").read_text(encoding="utf-8"))
    cut = {video_id: about["frames"] for video_id, about in manifest.items()}
    index = json.loads((real_data / "WLASL_v0.3.json").read_text(encoding="utf-8"))
    chosen = set(sorted(cut, key=lambda video_id: (cut[video_id], video_id))[8 : 8 + CLIPS])
    small = [
        {**entry, "instances": [i for i in entry["instances"] if i["video_id"] in chosen]}
        for entry in index
    ]
    path = folder / "WLASL_v0.3.json"
    path.write_text(json.dumps([entry for entry in small if entry["instances"]]), encoding="utf-8")
    videos = real_data / "videos"
    store_dataset(
        library, read_dataset(find_dataset(None, index=path, videos=videos, unpack_to=folder))
    )
    run_child(library, "capture.scan", JobKind.SCAN, ScanConfig(workers=1).to_json())
    return {video_id: videos / f"{video_id}.mp4" for video_id in chosen}
