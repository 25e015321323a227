"""What can go wrong between pixels and landmarks.

CaptureError
├─ UnreadableClipError    a clip that cannot be decoded; `reason` says why
└─ ExtractorError         MediaPipe is missing, damaged or of another version
"""

from store.errors import SigntuiError


class CaptureError(SigntuiError):
    pass


class UnreadableClipError(CaptureError):
    """A clip without a picture to show: absent, empty, not a video, damaged."""


class ExtractorError(CaptureError):
    pass
