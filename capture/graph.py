"""MediaPipe's bindings and its graphs: the only place that imports MediaPipe."""

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from capture.errors import ExtractorError

MODULES: Final = Path("modules")
INSTALL_HINT: Final = 'Install it again: pip install --force-reinstall "mediapipe==0.10.21"'
_FRAME_US: Final = 33_333
"""The graph's clock: it only has to rise."""


class Graph:
    """A running graph: one frame in, packets out."""

    def __init__(self, config: Any, outputs: Iterable[str], side: Mapping[str, int | bool]) -> None:
        """Start it.

        Args:
            config: a `CalculatorGraphConfig`, its subgraphs unfolded.
            outputs: streams to listen to.
            side: values of its side packets.

        Raises:
            RuntimeError, ValueError: MediaPipe does not take it.
        """
        self._mp = load_mediapipe()
        self._found: dict[str, Any] = {}
        self._time_us = 0
        self._graph = self._mp.CalculatorGraph(graph_config=config)
        for stream in outputs:
            self._graph.observe_output_stream(stream, self._found.__setitem__, True)
        packets = self._mp.packet_creator
        self._graph.start_run(
            {
                name: packets.create_bool(value)
                if isinstance(value, bool)
                else packets.create_int(value)
                for name, value in side.items()
            }
        )

    def step(self, rgb: NDArray[np.uint8], **flags: bool) -> None:
        """Let it see a frame, shape=(height, width, 3), beside flags for its other streams.

        Raises:
            ExtractorError: MediaPipe gave up; the graph must be replaced.
        """
        # Read-only pixels are handed over without a copy.
        rgb.flags.writeable = False
        self._found.clear()
        self._time_us += _FRAME_US
        packets = self._mp.packet_creator
        image = packets.create_image_frame(rgb, image_format=self._mp.ImageFormat.SRGB)
        try:
            self._graph.add_packet_to_input_stream("image", image.at(self._time_us))
            for name, value in flags.items():
                packet = packets.create_bool(value).at(self._time_us)
                self._graph.add_packet_to_input_stream(name, packet)
            self._graph.wait_until_idle()
        except (RuntimeError, ValueError) as error:
            raise ExtractorError(f"MediaPipe failed on a frame: {error}.") from error

    def listed(self, stream: str) -> list[Any]:
        """The messages of a stream of lists at this frame."""
        packet = self._packet(stream)
        return [] if packet is None else list(self._mp.packet_getter.get_proto_list(packet))

    def single(self, stream: str) -> Any | None:
        """The message of a stream at this frame, None where there is none."""
        packet = self._packet(stream)
        return None if packet is None else self._mp.packet_getter.get_proto(packet)

    def close(self) -> None:
        self._graph.close()

    def _packet(self, stream: str) -> Any | None:
        packet = self._found.get(stream)
        return None if packet is None or packet.is_empty() else packet


def unfolded(graph: Any) -> Any:
    """A graph's config with the nodes of its subgraphs in it, so that their options can be set."""
    bindings = load_mediapipe()._framework_bindings  # noqa: SLF001
    # More threads only wait for each other: the work of one frame is a chain.
    graph.num_threads = 1
    checked = bindings.validated_graph_config.ValidatedGraphConfig()
    checked.initialize(graph_config=graph)
    flat = type(graph)()
    flat.ParseFromString(checked.binary_config)
    return flat


def read_graph(path: Path) -> Any:
    """A graph's config from MediaPipe's own files."""
    load_mediapipe()
    calculators = importlib.import_module("mediapipe.framework.calculator_pb2")
    graph = calculators.CalculatorGraphConfig()
    graph.ParseFromString((mediapipe_root() / path).read_bytes())
    return graph


def set_thresholds(
    graph: Any, *, detection: tuple[str, float], tracking: tuple[str, float]
) -> None:
    """Set the least scores of a detecting and of a following node, each by name."""
    scores = importlib.import_module(
        "mediapipe.calculators.tensor.tensors_to_detections_calculator_pb2"
    ).TensorsToDetectionsCalculatorOptions
    presence = importlib.import_module(
        "mediapipe.calculators.util.thresholding_calculator_pb2"
    ).ThresholdingCalculatorOptions
    for node in graph.node:
        if node.name == detection[0]:
            node.options.Extensions[scores.ext].min_score_thresh = detection[1]
        if node.name == tracking[0]:
            node.options.Extensions[presence.ext].threshold = tracking[1]


@cache
def load_mediapipe() -> ModuleType:
    """Import `mediapipe.python` without TensorFlow.

    Raises:
        ExtractorError: it is not installed or cannot be loaded.
    """
    root = mediapipe_root()
    try:
        with _no_tensorflow():
            bindings = importlib.import_module("mediapipe.python")
    except ImportError as error:
        raise ExtractorError(f"MediaPipe cannot be loaded: {error}.", hint=INSTALL_HINT) from error
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


def mediapipe_root() -> Path:
    """Where MediaPipe lies. Raises ExtractorError where it is not installed."""
    spec = importlib.util.find_spec("mediapipe")
    if spec is None or spec.origin is None:
        raise ExtractorError("MediaPipe is not installed.", hint=INSTALL_HINT)
    return Path(spec.origin).parent


@cache
def sha256_of(path: Path) -> str:
    """Hash of one of MediaPipe's files. Raises ExtractorError where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ExtractorError(
            f"MediaPipe's model {path.name} cannot be read.", hint=INSTALL_HINT
        ) from error
