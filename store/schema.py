"""The tables of the catalog as typed SQLAlchemy models.

Times (`*_at`) are seconds since 1970 in UTC. Frame ranges are 0-based and half-open.
"""

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from store.words import Availability, ExtractionStatus, Status


class Base(DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
    }


def _one_of(column: str, words: type[Availability | ExtractionStatus | Status]) -> CheckConstraint:
    allowed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({allowed})", name=f"{column}_is_known")


class Gloss(Base):
    """The label of a sign."""

    __tablename__ = "gloss"
    __table_args__ = (Index("gloss_by_word", text("text COLLATE NOCASE")),)
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(unique=True)


class Signer(Base):
    """A person signing."""

    __tablename__ = "signer"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class VideoRoot(Base):
    """A folder in which clips are looked for by video id."""

    __tablename__ = "video_root"
    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(unique=True)
    added_at: Mapped[float]


class Clip(Base):
    """One media file, whether it is there or not, and what a scan found."""

    __tablename__ = "clip"
    __table_args__ = (
        _one_of("availability", Availability),
        Index("clip_by_word", text("video_id COLLATE NOCASE")),
        Index("clip_by_fps", "fps"),
        Index("clip_by_size", text("width * height")),
        Index("clip_by_reason", "reason", sqlite_where=text("reason IS NOT NULL")),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    video_id: Mapped[str] = mapped_column(unique=True)
    path: Mapped[str | None]
    availability: Mapped[str] = mapped_column(default=Availability.UNKNOWN, index=True)
    reason: Mapped[str | None]
    frames: Mapped[int | None]
    """Counted by decoding."""
    header_frames: Mapped[int | None]
    """What the file claims."""
    fps: Mapped[float | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    size_bytes: Mapped[int | None]
    mtime_ns: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(index=True)
    scanned_at: Mapped[float | None]


class Instance(Base):
    """A gloss signed once: a stretch of a clip."""

    __tablename__ = "instance"
    __table_args__ = (
        UniqueConstraint("clip_id", "frame_start", "gloss_id", name="one_instance_per_stretch"),
        CheckConstraint("frame_start >= 0", name="frame_start_is_not_negative"),
        CheckConstraint("frame_end IS NULL OR frame_end > frame_start", name="range_is_not_empty"),
        Index("instance_by_split", "split", "gloss_id"),
        Index("instance_by_range", "url", "frame_start", "frame_end"),
        Index("instance_by_signer", "signer_id", "split"),
        Index("instance_by_length", "length"),
        Index("instance_by_source", "source", "gloss_id"),
        Index("instance_by_variation", "variation", "gloss_id"),
        Index(
            "instance_by_reason",
            "excluded_reason",
            sqlite_where=text("excluded_reason IS NOT NULL"),
        ),
        Index("instance_excluded", "excluded", sqlite_where=text("excluded")),
        Index("instance_recorded", "signer_id", sqlite_where=text("source = 'recorded'")),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    gloss_id: Mapped[int] = mapped_column(ForeignKey("gloss.id"), index=True)
    clip_id: Mapped[int] = mapped_column(ForeignKey("clip.id"), index=True)
    signer_id: Mapped[int | None] = mapped_column(ForeignKey("signer.id"))
    split: Mapped[str | None]
    frame_start: Mapped[int] = mapped_column(default=0)
    frame_end: Mapped[int | None]
    """None means the end of the file."""
    fps: Mapped[float | None]
    """The rate the index gives; the clip's own is in `clip.fps`."""
    bbox_left: Mapped[int | None]
    bbox_top: Mapped[int | None]
    bbox_right: Mapped[int | None]
    bbox_bottom: Mapped[int | None]
    source: Mapped[str | None]
    url: Mapped[str | None]
    variation: Mapped[int | None]
    number: Mapped[int | None]
    """WLASL's `instance_id`: the instance's place within its gloss."""
    excluded: Mapped[bool] = mapped_column(default=False)
    excluded_reason: Mapped[str | None]
    extra: Mapped[dict[str, Any] | None]
    """Fields of the index that signtui has no column for."""
    length: Mapped[int | None]
    """Frames of its newest extraction, or of its clip; triggers keep it (`store.lengths`)."""


class SubsetEntry(Base):
    """One line of an official subset file (`nslt_100.json` …), kept as it is."""

    __tablename__ = "subset_entry"
    __table_args__ = (Index("subset_entry_by_video", "video_id"),)
    subset: Mapped[str] = mapped_column(primary_key=True)
    video_id: Mapped[str] = mapped_column(primary_key=True)
    split: Mapped[str]
    class_id: Mapped[int]
    frame_start: Mapped[int]
    frame_end: Mapped[int | None]


class Extractor(Base):
    """What produced landmarks: set, software, models and thresholds."""

    __tablename__ = "extractor"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    landmark_set: Mapped[str]
    origin: Mapped[str]
    settings: Mapped[dict[str, Any]]
    created_at: Mapped[float]


class LandmarkFile(Base):
    """An immutable HDF5 file in `landmarks/`."""

    __tablename__ = "landmark_file"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    extractor_id: Mapped[int] = mapped_column(ForeignKey("extractor.id"))
    sequences: Mapped[int]
    size_bytes: Mapped[int]
    created_at: Mapped[float]


class Extraction(Base):
    """The landmarks of one instance by one extractor, or why there are none."""

    __tablename__ = "extraction"
    __table_args__ = (
        UniqueConstraint("instance_id", "extractor_id", name="one_extraction_per_extractor"),
        _one_of("status", ExtractionStatus),
        Index("extraction_by_status", "extractor_id", "status", "error_kind", "instance_id"),
        Index(
            "extraction_by_hands",
            text("(frames_left + frames_right) * 1.0 / frames"),
            "instance_id",
        ),
        Index("extraction_by_error", "error", sqlite_where=text("error IS NOT NULL")),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"))
    extractor_id: Mapped[int] = mapped_column(ForeignKey("extractor.id"))
    status: Mapped[str] = mapped_column(default=ExtractionStatus.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    error_kind: Mapped[str | None]
    error: Mapped[str | None]
    first_frame: Mapped[int | None]
    frames: Mapped[int | None]
    frames_left: Mapped[int | None]
    frames_right: Mapped[int | None]
    seconds: Mapped[float | None]
    clip_sha256: Mapped[str | None]
    """Content of the clip that was read; another content makes the instance pending again."""
    landmarks_sha256: Mapped[str | None] = mapped_column(index=True)
    file_id: Mapped[int | None] = mapped_column(ForeignKey("landmark_file.id"), index=True)
    position: Mapped[int | None]
    finished_at: Mapped[float | None]


class Job(Base):
    """Long work in a process of its own."""

    __tablename__ = "job"
    __table_args__ = (_one_of("status", Status),)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    status: Mapped[str] = mapped_column(default=Status.QUEUED, index=True)
    config: Mapped[dict[str, Any]]
    request: Mapped[str | None]
    paused: Mapped[bool] = mapped_column(default=False)
    pid: Mapped[int | None]
    process_started_at: Mapped[float | None]
    """Tells the process from a later one that got the same pid."""
    host: Mapped[str | None]
    heartbeat_at: Mapped[float | None]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    unit: Mapped[str | None]
    message: Mapped[str | None]
    detail: Mapped[dict[str, Any] | None]
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str | None]
    hint: Mapped[str | None]
    created_at: Mapped[float]
    started_at: Mapped[float | None]
    ended_at: Mapped[float | None]


class JobLine(Base):
    """A line of a job's log that is worth keeping and filtering."""

    __tablename__ = "job_line"
    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), index=True)
    at: Mapped[float]
    level: Mapped[str]
    text: Mapped[str]


class Run(Base):
    """One training with a frozen config."""

    __tablename__ = "run"
    __table_args__ = (_one_of("status", Status),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    preset: Mapped[str]
    status: Mapped[str] = mapped_column(default=Status.QUEUED)
    config: Mapped[dict[str, Any]]
    extractor_id: Mapped[int] = mapped_column(ForeignKey("extractor.id"))
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"))
    split_kind: Mapped[str | None]
    split_hash: Mapped[str | None]
    n_train: Mapped[int | None]
    n_val: Mapped[int | None]
    n_test: Mapped[int | None]
    n_glosses: Mapped[int | None]
    parameters: Mapped[int | None]
    best_epoch: Mapped[int | None]
    bundle: Mapped[str | None]
    error: Mapped[str | None]
    created_at: Mapped[float]
    ended_at: Mapped[float | None]


class RunEpoch(Base):
    """The metrics of one epoch; ratios are 0 to 1."""

    __tablename__ = "run_epoch"
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    loss: Mapped[float | None]
    top1: Mapped[float | None]
    top5: Mapped[float | None]
    val_loss: Mapped[float | None]
    val_top1: Mapped[float | None]
    val_top5: Mapped[float | None]
    learning_rate: Mapped[float | None]
    seconds: Mapped[float | None]


class Evaluation(Base):
    """The accuracy of a run on one split, with what it rests on."""

    __tablename__ = "evaluation"
    __table_args__ = (UniqueConstraint("run_id", "split", name="one_evaluation_per_split"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
    split: Mapped[str]
    n: Mapped[int]
    n_glosses: Mapped[int]
    """Glosses that have at least one clip in the split."""
    top1: Mapped[float]
    top5: Mapped[float]
    top10: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    """95 % interval of top-1 (Wilson)."""
    detail: Mapped[dict[str, Any]]
    created_at: Mapped[float]


class Prediction(Base):
    """What a run said of one instance."""

    __tablename__ = "prediction"
    __table_args__ = (
        UniqueConstraint("evaluation_id", "instance_id", name="one_prediction_per_instance"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluation.id", ondelete="CASCADE"))
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"))
    rank: Mapped[int]
    """Place of the true gloss, 1 is best."""
    predicted: Mapped[str]
    score: Mapped[float]
    top: Mapped[list[Any]]


class Tally(Base):
    """Figures of one block of glosses or of clips, which add up to the library's (`store.tally`)."""

    __tablename__ = "tally"
    __table_args__ = (
        Index("tally_by_block", "kind", "block", "name"),
        Index(
            "tally_by_start",
            text("a COLLATE NOCASE"),
            "block",
            "n1",
            sqlite_where=text("name = 'start'"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    """`gloss` or `clip`: what the block is one of; `gloss+` or `clip+`: the sum of many (`store.tally_sums`)."""
    block: Mapped[int]
    name: Mapped[str]
    """What is counted."""
    a: Mapped[str | None]
    b: Mapped[str | None]
    c: Mapped[str | None]
    n1: Mapped[float | None]
    n2: Mapped[float | None]
    n3: Mapped[float | None]
    n4: Mapped[float | None]
    n5: Mapped[float | None]
    n6: Mapped[float | None]


class StaleTally(Base):
    """A block whose figures must be counted anew: triggers write here."""

    __tablename__ = "tally_stale"
    kind: Mapped[str] = mapped_column(primary_key=True)
    block: Mapped[int] = mapped_column(primary_key=True)
