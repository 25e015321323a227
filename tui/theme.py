"""The colours of the dashboard: dark, light, and one for those who need strong contrast."""

from typing import Final

from textual.color import Color, ColorParseError
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

CONTRAST: Final = Theme(
    name="signtui-contrast",
    primary="#5ff5ff",
    secondary="#9fc5ff",
    accent="#ffe45c",
    success="#6dff6d",
    warning="#ffe45c",
    error="#ff8f8f",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#2b2b2b",
    boost="#1c1c1c",
    dark=True,
    variables={
        "border": "#c8c8c8",
        "border-blurred": "#c8c8c8",
        "footer-background": "#000000",
        "footer-key-foreground": "#5ff5ff",
        "block-cursor-background": "#00359e",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#3a3a3a",
        "track": "#5a5a5a",
        "idle": "#c0c0c0",
        "muted": "#dcdcdc",
    },
)

THEMES: Final = (DARK, LIGHT, CONTRAST)
"""The product's own, in the order in which their key goes through them."""

_SHARES: Final = {"track": 0.2, "idle": 0.5, "muted": 0.65}
"""How much of the foreground is in the colours that only our screens know."""


def own_colours(theme: Theme) -> dict[str, str]:
    """Colours that our screens use and Textual's own themes lack, mixed from what they have."""
    colours = theme.to_color_system().generate()
    try:
        back, front = Color.parse(colours["background"]), Color.parse(colours["foreground"])
    except ColorParseError:
        back = front = Color.parse("ansi_default")
    if back.ansi is not None or front.ansi is not None:
        # The terminal's own sixteen colours cannot be mixed.
        return dict.fromkeys(_SHARES, "ansi_bright_black")
    return {name: back.blend(front, share, 1.0).hex for name, share in _SHARES.items()}
