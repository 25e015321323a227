"""Which glosses are meant: a subset by name, or a file."""

from store.errors import SettingsError
from store.paths import user_path


def read_glosses(text: str) -> str | list[str] | None:
    """An official subset by its name, the lines of a file, or None for all.

    Raises:
        SettingsError: the file is not there or empty.
    """
    if text == "all":
        return None
    if text.isdigit():
        return text
    try:
        lines = user_path(text).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The glosses {text!r} are neither a subset nor a readable file.",
            hint="--glosses takes 100, 300, 1000, 2000, all, or a text file with a gloss a line.",
        ) from error
    glosses = [line.strip() for line in lines if line.strip()]
    if not glosses:
        raise SettingsError(f"The file {text} holds no glosses.", hint="One gloss a line.")
    return glosses
