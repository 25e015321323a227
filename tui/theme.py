"""The colours of the dashboard: one dark and one light theme."""

from typing import Final

from textual.theme import Theme

DARK: Final = Theme(
    name="signtui-dark",
    primary="#56b6a6",
    secondary="#7aa2f7",
    accent="#e2b36b",
    success="#8fbf72",
    warning="#e2b36b",
    error="#e0707a",
    foreground="#d3dce4",
    background="#10151b",
    surface="#151c24",
    panel="#1f2a35",
    boost="#1a232c",
    dark=True,
    variables={
        "border": "#2f3d4a",
        "border-blurred": "#263340",
        "footer-background": "#151c24",
        "footer-key-foreground": "#56b6a6",
        "input-selection-background": "#56b6a6 35%",
        "block-cursor-background": "#274a52",
        "block-cursor-foreground": "#eef4f6",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#1f2a35",
        "track": "#2a3641",
        "idle": "#5c6f80",
        "muted": "#8496a5",
    },
)

LIGHT: Final = Theme(
    name="signtui-light",
    primary="#0f7a6c",
    secondary="#3a5fc8",
    accent="#a0610a",
    success="#3f7d20",
    warning="#a0610a",
    error="#b5323f",
    foreground="#26323b",
    background="#f6f7f5",
    surface="#eef0ed",
    panel="#e1e6e3",
    boost="#e8ece9",
    dark=False,
    variables={
        "border": "#b9c4c0",
        "border-blurred": "#ccd4d0",
        "footer-background": "#eef0ed",
        "footer-key-foreground": "#0f7a6c",
        "block-cursor-background": "#bfe0da",
        "block-cursor-foreground": "#14211f",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#dbe5e2",
        "track": "#cfd8d4",
        "idle": "#8b9a97",
        "muted": "#5f6f78",
    },
)
