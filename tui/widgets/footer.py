"""The line of keys at the bottom: what the keys do here, each one clickable."""

from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.style import Style

from tui.widgets.links import Links


class KeyLine(Links):
    """One line of text.

    Textual's footer makes a widget of every key anew whenever the focus moves: a quarter of the
    work of going to another screen.
    """

    DEFAULT_CSS = """
    KeyLine { dock: bottom; height: 1; background: $surface; color: $muted; text-wrap: nowrap; }
    """
    _drawing = False

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._renew)
        self._renew(self.screen)

    def _renew(self, screen: Screen[object]) -> None:
        """The focus moves several times while a screen opens: draw once, when all that is done."""
        if not self._drawing and screen.app.app_focus:
            self._drawing = True
            self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        self._drawing = False
        if not self.is_attached:
            return
        shown: dict[str, tuple[Binding, bool]] = {}
        for _, binding, enabled, _ in self.screen.active_bindings.values():
            if binding.show:
                shown.setdefault(binding.action, (binding, enabled))
        keys = Content(" ").join(self._key(*item) for item in shown.values())
        if keys != self.content:
            self.update(keys, layout=False)

    def _key(self, binding: Binding, enabled: bool) -> Content:
        key = Content.styled(self.app.get_key_display(binding), "bold $primary")
        text = Content.assemble(key, " ", binding.description)
        if not enabled:
            return text.stylize("dim")
        click = Style.from_meta({"@click": f"app.simulate_key({binding.key!r})"})
        return text.stylize_before(click)
