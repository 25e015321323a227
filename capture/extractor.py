"""The landmark sets and what finds them: `hands` by MediaPipe Hands, `holistic` by Holistic.

The graph of `hands` is MediaPipe's own `hand_landmark_tracking_cpu` with one change: whether a frame
is searched for palms is told from outside, instead of being decided within. It does not see frames in which
no hand is followed or sought, or in which the hands that are followed keep still. With `thorough=True` it
gives what `mediapipe.solutions.hands.Hands` gives in video mode, and one graph serves many clips:
building one takes as long as a dozen frames.
"""

import hashlib
import importlib.metadata
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from capture.config import HandsConfig, HolisticConfig, TrackerConfig
from capture.detections import Detections, Extractor
from capture.errors import ExtractorError
from capture.graph import (
    INSTALL_HINT,
    MODULES,
    Graph,
    mediapipe_root,
    read_graph,
    set_thresholds,
    sha256_of,
    unfolded,
)
from capture.holistic import FILES as HOLISTIC_FILES
from capture.holistic import HolisticExtractor
from capture.search import RULES, PalmSearch
from capture.stillness import Stillness
from store.skeleton import N_SLOTS

_GRAPH: Final = MODULES / "hand_landmark" / "hand_landmark_tracking_cpu.binarypb"
_FLUSH_FRAMES: Final = 5
_RIGHT_IN_A_MIRROR: Final = "Left"
"""MediaPipe names hands as if the picture were mirrored; ours never are."""


def extractor_settings(config: TrackerConfig) -> dict[str, Any]:
    """All that decides what landmarks come out, as JSON; needs no MediaPipe import.

    Raises:
        ExtractorError: MediaPipe is not installed, or its models are not where they should be.
    """
    root = mediapipe_root()
    return {
        "landmark_set": config.landmark_set.value,
        "mediapipe": importlib.metadata.version("mediapipe"),
        "mode": "video",
        **_search_rules(config),
        "models": {path.name: sha256_of(root / path) for path in _files(config)},
        **asdict(config),
    }


def extractor_key(config: TrackerConfig) -> str:
    """Return a short hash of `extractor_settings`.

    Raises:
        ExtractorError: as `extractor_settings`.
    """
    text = json.dumps(extractor_settings(config), sort_keys=True)
    return f"{config.landmark_set}-" + hashlib.sha256(text.encode()).hexdigest()[:16]


def open_extractor(config: TrackerConfig) -> Extractor:
    """What finds the landmarks of a config. Raises ExtractorError."""
    if isinstance(config, HolisticConfig):
        return HolisticExtractor(config)
    return HandsExtractor(config)


class HandsExtractor:
    """Follows up to two hands through the frames of one clip after the other."""

    def __init__(self, config: HandsConfig | None = None) -> None:
        self.config = config or HandsConfig()
        self.searched = False
        """Whether the last frame was searched for palms."""
        self.looked = False
        """Whether MediaPipe saw the last frame."""
        self._last = Detections.none()
        self._search = PalmSearch(thorough=self.config.thorough)
        self._stillness = Stillness()
        self._graph: Graph | None = None
        self._running()

    def process(self, image: NDArray[np.uint8]) -> Detections:
        """Find the hands of the next frame.

        Args:
            image: shape=(height, width, 3), BGR.

        Raises:
            ExtractorError: MediaPipe gave up; the extractor must be replaced.
        """
        self.searched = self._search.wanted(self._last.landmarks, image)
        self.looked = self.searched or self._must_look(image)
        found = self._last
        if self.looked:
            found = self._step(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), search=self.searched)
            self._stillness.keep(found.landmarks, image)
        self._search.note(self._last.count, found.count, searched=self.searched)
        self._last = found
        return found

    def reset(self) -> None:
        """Forget the hands: the next frame begins another clip."""
        blank = np.zeros((64, 64, 3), np.uint8)
        for _ in range(_FLUSH_FRAMES):
            if not self._last.count:
                break
            self._last = self._step(blank, search=False)
        if self._last.count:
            self.close()
        self._last = Detections.none()
        self._search = PalmSearch(thorough=self.config.thorough)
        self._stillness = Stillness()

    def close(self) -> None:
        """Stop the graph; closing twice does no harm."""
        graph, self._graph = self._graph, None
        if graph is not None:
            graph.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _must_look(self, image: NDArray[np.uint8]) -> bool:
        """Whether hands are followed and may have moved."""
        if self.config.thorough:
            return True
        return self._last.count > 0 and not self._stillness.holds(image)

    def _step(self, rgb: NDArray[np.uint8], *, search: bool) -> Detections:
        graph = self._running()
        graph.step(rgb, search=search)
        found = Detections.none()
        hands = graph.listed("multi_hand_landmarks")[:N_SLOTS]
        labels = graph.listed("multi_handedness")[:N_SLOTS]
        for slot, (hand, label) in enumerate(zip(hands, labels, strict=True)):
            found.landmarks[slot] = [(point.x, point.y, point.z) for point in hand.landmark]
            best = label.classification[0]
            found.score[slot] = best.score
            found.right[slot] = best.score if best.label == _RIGHT_IN_A_MIRROR else 1 - best.score
        return found

    def _running(self) -> Graph:
        if self._graph is not None:
            return self._graph
        side = {
            "num_hands": N_SLOTS,
            "model_complexity": self.config.complexity,
            "use_prev_landmarks": True,
        }
        outputs = ("multi_hand_landmarks", "multi_handedness")
        try:
            self._graph = Graph(_graph_config(self.config), outputs, side)
        except (RuntimeError, ValueError, OSError) as error:
            raise ExtractorError(
                f"MediaPipe could not start its hand tracker: {error}.", hint=INSTALL_HINT
            ) from error
        return self._graph


def _graph_config(config: HandsConfig) -> Any:
    """MediaPipe's graph with the palm search told from outside, and our thresholds in it."""
    graph = read_graph(_GRAPH)
    for node in graph.node:
        for index, stream in enumerate(node.input_stream):
            if stream == "DISALLOW:prev_has_enough_hands":
                node.input_stream[index] = "ALLOW:search"
    graph.input_stream.append("search")
    flat = unfolded(graph)
    set_thresholds(
        flat,
        detection=("palmdetectioncpu__TensorsToDetectionsCalculator", config.detection_confidence),
        tracking=("handlandmarkcpu__ThresholdingCalculator", config.tracking_confidence),
    )
    return flat


def _search_rules(config: TrackerConfig) -> dict[str, int]:
    """Which frames are looked at, and how, decides what is found; in `thorough` mode all are searched."""
    chooses = isinstance(config, HandsConfig) and not config.thorough
    return {"search_rules": RULES} if chooses else {}


def _files(config: TrackerConfig) -> tuple[Path, ...]:
    if isinstance(config, HolisticConfig):
        return HOLISTIC_FILES
    kind = "full" if config.complexity else "lite"
    return (
        _GRAPH,
        MODULES / "palm_detection" / f"palm_detection_{kind}.tflite",
        MODULES / "hand_landmark" / f"hand_landmark_{kind}.tflite",
    )
