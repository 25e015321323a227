"""Each screen with its style beside it."""
