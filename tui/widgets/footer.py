"""The line of keys, which forgets the keys of before."""

from textual.widgets import Footer


class KeyLine(Footer):
    """Textual's footer makes its keys anew whenever they change, and keeps all old ones alive.

    Each old key still watches `compact`; those that are gone are dropped when it is set. Without
    that every step from field to field would cost half a megabyte.
    """

    async def recompose(self) -> None:
        await super().recompose()
        self.mutate_reactive(Footer.compact)
