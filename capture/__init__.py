"""Pixels in, landmarks out."""

import os

# Native libraries read these when they load: no module of this package can import one before.
# Damaged clips must not fill the terminal, and with its hardware transforms Media Foundation takes
# up to a minute to open a camera (opencv issue 17687).
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")
