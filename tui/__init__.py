"""The command line and the dashboard."""

import os

# Read by Textual when it is imported: what has come is painted after 4 ms on average, not 8.
os.environ.setdefault("TEXTUAL_FPS", "120")
