"""MediaPipe Holistic: pose first, then both hands and the face where the pose says they are.

The graph is MediaPipe's own `holistic_landmark_cpu` in video mode, as
`mediapipe.solutions.holistic.Holistic` runs it, face not refined and nothing segmented. Its hands
are named by the arm that they hang on, so left and right are the signer's own. Of the pose the
upper body is kept, of the face the lips.
"""

from typing import Any, Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from capture.config import HolisticConfig
from capture.detections import Detections
from capture.errors import ExtractorError
from capture.graph import INSTALL_HINT, MODULES, Graph, read_graph, set_thresholds, unfolded
from store.skeleton import (
    BODY_SHAPE,
    LIP_INDICES,
    LIPS,
    N_SLOTS,
    POSE,
    POSE_INDICES,
    SEQUENCE_SHAPE,
)

_GRAPH: Final = MODULES / "holistic_landmark" / "holistic_landmark_cpu.binarypb"
FILES: Final = (
    _GRAPH,
    MODULES / "pose_detection" / "pose_detection.tflite",
    MODULES / "pose_landmark" / "pose_landmark_full.tflite",
    MODULES / "holistic_landmark" / "hand_recrop.tflite",
    MODULES / "hand_landmark" / "hand_landmark_full.tflite",
    MODULES / "face_detection" / "face_detection_short_range.tflite",
    MODULES / "face_landmark" / "face_landmark.tflite",
)
"""Graph and models. The wheel has no other pose model than `full`."""
_HANDS: Final = ("left_hand_landmarks", "right_hand_landmarks")
_POSE: Final = "pose_landmarks"
_FACE: Final = "face_landmarks"
_DETECTING: Final = "poselandmarkcpu__posedetectioncpu__TensorsToDetectionsCalculator"
_FOLLOWING: Final = (
    "poselandmarkcpu__poselandmarkbyroicpu__tensorstoposelandmarksandsegmentation__"
    "ThresholdingCalculator"
)
_SIDE: Final = {
    "model_complexity": 1,
    "smooth_landmarks": True,
    "enable_segmentation": False,
    "smooth_segmentation": False,
    "refine_face_landmarks": False,
    "use_prev_landmarks": True,
}


class HolisticExtractor:
    """Follows one signer through the frames of a clip; each clip gets a graph of its own."""

    def __init__(self, config: HolisticConfig | None = None) -> None:
        self.config = config or HolisticConfig()
        self._graph: Graph | None = None
        self._started = False
        self._start()

    def process(self, image: NDArray[np.uint8]) -> Detections:
        """Find hands, pose and lips in the next frame.

        Args:
            image: shape=(height, width, 3), BGR.

        Raises:
            ExtractorError: MediaPipe gave up; the extractor must be replaced.
        """
        graph = self._graph or self._start()
        self._started = True
        graph.step(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
        landmarks = np.full(SEQUENCE_SHAPE, np.nan, np.float32)
        right = np.full(N_SLOTS, np.nan, np.float32)
        for slot, stream in enumerate(_HANDS):
            hand = graph.single(stream)
            if hand is not None:
                landmarks[slot] = _points(hand)
                right[slot] = slot
        return Detections(landmarks, right, np.full_like(right, np.nan), _body(graph))

    def reset(self) -> None:
        """Forget the signer: the next frame begins another clip.

        Pose and face are smoothed over time, and no blank frame makes the filters forget.
        """
        if self._started:
            self.close()

    def close(self) -> None:
        """Stop the graph; closing twice does no harm."""
        graph, self._graph, self._started = self._graph, None, False
        if graph is not None:
            graph.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> Graph:
        try:
            self._graph = Graph(_graph_config(self.config), (*_HANDS, _POSE, _FACE), _SIDE)
        except (RuntimeError, ValueError, OSError) as error:
            raise ExtractorError(
                f"MediaPipe could not start Holistic: {error}.", hint=INSTALL_HINT
            ) from error
        return self._graph


def _body(graph: Graph) -> NDArray[np.float32]:
    body = np.full(BODY_SHAPE, np.nan, np.float32)
    for stream, indices, part in ((_POSE, POSE_INDICES, POSE), (_FACE, LIP_INDICES, LIPS)):
        found = graph.single(stream)
        if found is not None:
            body[part] = _points(found)[list(indices)]
    return body


def _points(found: Any) -> NDArray[np.float32]:
    return np.array([(point.x, point.y, point.z) for point in found.landmark], np.float32)


def _graph_config(config: HolisticConfig) -> Any:
    graph = unfolded(read_graph(_GRAPH))
    set_thresholds(
        graph,
        detection=(_DETECTING, config.detection_confidence),
        tracking=(_FOLLOWING, config.tracking_confidence),
    )
    return graph
