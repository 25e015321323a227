"""MediaPipe Hands behind one small seam: the only place that imports MediaPipe.

The graph is MediaPipe's own `hand_landmark_tracking_cpu` with one change: whether a frame is
searched for palms is told from outside, instead of being decided within. With `thorough=True` it
gives what `mediapipe.solutions.hands.Hands` gives in video mode, and one graph serves many clips:
building one takes as long as a dozen frames.
"""

import hashlib
import importlib
import importlib.metadata
import importlib.util
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from capture.config import HandsConfig, LandmarkSet
from capture.errors import ExtractorError
from capture.search import PalmSearch
from store.skeleton import N_SLOTS, SEQUENCE_SHAPE

_MODULES: Final = Path("modules")
_GRAPH: Final = _MODULES / "hand_landmark" / "hand_landmark_tracking_cpu.binarypb"
_FRAME_US: Final = 33_333
"""The graph's clock: it only has to rise."""
_INSTALL_HINT: Final = 'Install it again: pip install --force-reinstall "mediapipe==0.10.21"'
_FLUSH_FRAMES: Final = 5
_RIGHT_IN_A_MIRROR: Final = "Left"
"""MediaPipe names hands as if the picture were mirrored; ours never are."""


@dataclass(frozen=True, slots=True)
class Detections:
    """The hands of one frame, in order of detection; absent is NaN."""

    landmarks: NDArray[np.float32]
    """shape=(2, 21, 3): x, y in image widths and heights, z MediaPipe's."""
    right: NDArray[np.float32]
    """shape=(2,): probability of being a right hand, in an unmirrored picture."""
    score: NDArray[np.float32]
    """shape=(2,): how sure MediaPipe is of its label, 0.5 to 1."""

    @property
    def count(self) -> int:
        return int(np.isfinite(self.score).sum())


def extractor_settings(config: HandsConfig) -> dict[str, Any]:
    """All that decides what landmarks come out, as JSON; needs no MediaPipe import.

    Raises:
        ExtractorError: MediaPipe is not installed, or its models are not where they should be.
    """
    root = _mediapipe_root()
    files = [_GRAPH, *_model_files(config.complexity)]
    return {
        "landmark_set": LandmarkSet.HANDS.value,
        "mediapipe": importlib.metadata.version("mediapipe"),
        "mode": "video",
        "models": {path.name: _sha256(root / path) for path in files},
        **asdict(config),
    }


def extractor_key(config: HandsConfig) -> str:
    """Return a short hash of `extractor_settings`.

    Raises:
        ExtractorError: as `extractor_settings`.
    """
    text = json.dumps(extractor_settings(config), sort_keys=True)
    return "hands-" + hashlib.sha256(text.encode()).hexdigest()[:16]


class HandsExtractor:
    """Follows up to two hands through the frames of one clip after the other."""

    def __init__(self, config: HandsConfig | None = None) -> None:
        self.config = config or HandsConfig()
        self._mp = load_mediapipe()
        self._outputs: dict[str, Any] = {}
        self._time_us = 0
        self._hands = 0
        self._search = PalmSearch(thorough=self.config.thorough)
        try:
            self._graph = self._start()
        except (RuntimeError, ValueError, OSError) as error:
            raise ExtractorError(
                f"MediaPipe could not start its hand tracker: {error}.", hint=_INSTALL_HINT
            ) from error

    def process(self, image: NDArray[np.uint8]) -> Detections:
        """Find the hands of the next frame.

        Args:
            image: shape=(height, width, 3), BGR.

        Raises:
            ExtractorError: MediaPipe gave up; the extractor must be replaced.
        """
        search = self._search.wanted(self._hands, image)
        found = self._step(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), search=search)
        self._search.note(self._hands, found.count, searched=search)
        self._hands = found.count
        return found

    def reset(self) -> None:
        """Forget the hands: the next frame begins another clip."""
        blank = np.zeros((64, 64, 3), np.uint8)
        for _ in range(_FLUSH_FRAMES):
            if not self._hands:
                break
            self._hands = self._step(blank, search=False).count
        if self._hands:
            self.close()
            self._graph = self._start()
        self._hands = 0
        self._search = PalmSearch(thorough=self.config.thorough)

    def close(self) -> None:
        """Stop the graph; closing twice does no harm."""
        graph, self._graph = self._graph, None
        if graph is not None:
            graph.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _step(self, rgb: NDArray[np.uint8], *, search: bool) -> Detections:
        # Read-only pixels are handed over without a copy.
        rgb.flags.writeable = False
        self._outputs.clear()
        self._time_us += _FRAME_US
        packets = self._mp.packet_creator
        image = packets.create_image_frame(rgb, image_format=self._mp.ImageFormat.SRGB)
        try:
            self._graph.add_packet_to_input_stream("image", image.at(self._time_us))
            flag = packets.create_bool(search)
            self._graph.add_packet_to_input_stream("search", flag.at(self._time_us))
            self._graph.wait_until_idle()
        except (RuntimeError, ValueError) as error:
            raise ExtractorError(f"MediaPipe failed on a frame: {error}.") from error
        return self._read()

    def _read(self) -> Detections:
        landmarks = np.full(SEQUENCE_SHAPE, np.nan, np.float32)
        right = np.full(N_SLOTS, np.nan, np.float32)
        score = np.full(N_SLOTS, np.nan, np.float32)
        hands = self._content("multi_hand_landmarks")[:N_SLOTS]
        labels = self._content("multi_handedness")[:N_SLOTS]
        for slot, (hand, label) in enumerate(zip(hands, labels, strict=True)):
            landmarks[slot] = [(point.x, point.y, point.z) for point in hand.landmark]
            best = label.classification[0]
            score[slot] = best.score
            right[slot] = best.score if best.label == _RIGHT_IN_A_MIRROR else 1 - best.score
        return Detections(landmarks, right, score)

    def _content(self, stream: str) -> list[Any]:
        packet = self._outputs.get(stream)
        if packet is None or packet.is_empty():
            return []
        return list(self._mp.packet_getter.get_proto_list(packet))

    def _start(self) -> Any:
        graph = self._mp.CalculatorGraph(graph_config=_graph_config(self._mp, self.config))
        for stream in ("multi_hand_landmarks", "multi_handedness"):
            graph.observe_output_stream(stream, self._outputs.__setitem__, True)
        packets = self._mp.packet_creator
        graph.start_run(
            {
                "num_hands": packets.create_int(N_SLOTS),
                "model_complexity": packets.create_int(self.config.complexity),
                "use_prev_landmarks": packets.create_bool(True),
            }
        )
        return graph


@cache
def load_mediapipe() -> ModuleType:
    """Import `mediapipe.python` without TensorFlow.

    Raises:
        ExtractorError: it is not installed or cannot be loaded.
    """
    root = _mediapipe_root()
    try:
        with _no_tensorflow():
            bindings = importlib.import_module("mediapipe.python")
    except ImportError as error:
        raise ExtractorError(f"MediaPipe cannot be loaded: {error}.", hint=_INSTALL_HINT) from error
    bindings._framework_bindings.resource_util.set_resource_dir(str(root.parent))  # noqa: SLF001
    return bindings


@contextmanager
def _no_tensorflow() -> Iterator[None]:
    """MediaPipe looks for TensorFlow's documentation tools: 4 s and 500 MB for nothing."""
    missing = object()
    before = sys.modules.get("tensorflow", missing)
    sys.modules["tensorflow"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if before is missing:
            del sys.modules["tensorflow"]
        else:
            sys.modules["tensorflow"] = before  # type: ignore[assignment]


def _graph_config(mp: ModuleType, config: HandsConfig) -> Any:
    """MediaPipe's graph with the palm search told from outside, and our thresholds in it."""
    calculators = importlib.import_module("mediapipe.framework.calculator_pb2")
    graph = calculators.CalculatorGraphConfig()
    graph.ParseFromString((_mediapipe_root() / _GRAPH).read_bytes())
    for node in graph.node:
        for index, stream in enumerate(node.input_stream):
            if stream == "DISALLOW:prev_has_enough_hands":
                node.input_stream[index] = "ALLOW:search"
    graph.input_stream.append("search")
    # More threads only wait for each other: the work of one frame is a chain.
    graph.num_threads = 1
    checked = mp._framework_bindings.validated_graph_config.ValidatedGraphConfig()  # noqa: SLF001
    checked.initialize(graph_config=graph)
    flat = calculators.CalculatorGraphConfig()
    flat.ParseFromString(checked.binary_config)
    _set_thresholds(flat, config)
    return flat


def _set_thresholds(graph: Any, config: HandsConfig) -> None:
    palms = importlib.import_module(
        "mediapipe.calculators.tensor.tensors_to_detections_calculator_pb2"
    ).TensorsToDetectionsCalculatorOptions
    presence = importlib.import_module(
        "mediapipe.calculators.util.thresholding_calculator_pb2"
    ).ThresholdingCalculatorOptions
    for node in graph.node:
        if node.name == "palmdetectioncpu__TensorsToDetectionsCalculator":
            node.options.Extensions[palms.ext].min_score_thresh = config.detection_confidence
        if node.name == "handlandmarkcpu__ThresholdingCalculator":
            node.options.Extensions[presence.ext].threshold = config.tracking_confidence


def _mediapipe_root() -> Path:
    spec = importlib.util.find_spec("mediapipe")
    if spec is None or spec.origin is None:
        raise ExtractorError("MediaPipe is not installed.", hint=_INSTALL_HINT)
    return Path(spec.origin).parent


def _model_files(complexity: int) -> tuple[Path, Path]:
    kind = "full" if complexity else "lite"
    return (
        _MODULES / "palm_detection" / f"palm_detection_{kind}.tflite",
        _MODULES / "hand_landmark" / f"hand_landmark_{kind}.tflite",
    )


@cache
def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ExtractorError(
            f"MediaPipe's model {path.name} cannot be read.", hint=_INSTALL_HINT
        ) from error
