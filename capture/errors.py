"""What can go wrong between pixels and landmarks.

CaptureError
├─ UnreadableClipError    a clip that cannot be decoded; `reason` says why
├─ SourceError            what was named is no camera, no clip and no address
├─ CameraError            a camera or stream that does not open; the message tells why
├─ PreviewError           no window can be shown
├─ RecordError            frames cannot be written to a clip
├─ ClusterError           a cluster that does not answer, or whose workers are of no use
└─ ExtractorError         MediaPipe is missing, damaged or of another version
"""

from store.errors import SigntuiError


class CaptureError(SigntuiError):
    pass


class UnreadableClipError(CaptureError):
    """A clip without a picture to show: absent, empty, not a video, damaged."""


class SourceError(CaptureError):
    """A source that cannot be found out."""


class CameraError(CaptureError):
    """A camera or a stream on the net that cannot be opened."""


class PreviewError(CaptureError):
    """No window can be shown here."""


class RecordError(CaptureError):
    """A recording that cannot be written."""


class ClusterError(CaptureError):
    """A cluster that cannot be used: unreachable, or all its workers refused."""


class ExtractorError(CaptureError):
    pass
