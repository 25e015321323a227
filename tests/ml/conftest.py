"""A small library, and one run trained in it, shared by the tests that need TensorFlow."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from ml.config import PRESETS, FeatureConfig, ModelConfig, TrainConfig, train_job
from store.jobs import RunningJob, create_job, run_job
from store.library import Library
from store.words import JobKind
from tests.ml.clips import make_library


def tiny(**changes) -> TrainConfig:
    """A config that trains in seconds."""
    base = TrainConfig(
        glosses=None,
        epochs=4,
        batch_size=8,
        warmup_epochs=1,
        learning_rate=5e-3,
        features=FeatureConfig(length=12),
        model=ModelConfig(width=16, stages=1, kernel=3, heads=2, head_dropout=0.1),
    )
    return replace(base, **changes)


def tiny_notebook(**changes) -> TrainConfig:
    return replace(PRESETS["notebook"], glosses=None, epochs=2, **changes)


def train_here(
    library: Library, config: TrainConfig, resume: int | None = None, **sources: str
) -> int:
    """Do a training job in this process and return the run's id."""
    from ml.train import train

    job_id = create_job(library, JobKind.TRAIN, train_job(config, resume, **sources))
    seen: list[RunningJob] = []
    with run_job(library, job_id) as job:
        seen.append(job)
        train(job)
    return newest_run(library)


def newest_run(library: Library) -> int:
    from store.runs import list_runs

    return list_runs(library)[0].id


@pytest.fixture(scope="session")
def shared_library(tmp_path_factory: pytest.TempPathFactory):
    library = make_library(tmp_path_factory.mktemp("ml"))
    yield library
    library.close()


@pytest.fixture(scope="session")
def trained(shared_library: Library) -> tuple[Library, int]:
    """The library and the id of a finished run in it."""
    return shared_library, train_here(shared_library, tiny(name="shared"))


@pytest.fixture
def own_trained(trained: tuple[Library, int], tmp_path: Path):
    """A copy of the trained library that a test may change."""
    shared, run_id = trained
    shared.close()
    library = Library.open(Path(shutil.copytree(shared.root, tmp_path / "library")))
    yield library, run_id
    library.close()


@pytest.fixture
def bundle_folder(trained: tuple[Library, int]) -> Path:
    library, run_id = trained
    return library.run_dir(run_id) / "bundle"
