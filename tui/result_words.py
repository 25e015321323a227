"""What an evaluation says beside its top-1 and top-5, in words: empty where an older one does not."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tui.wording import DASH, calibration

_TOPS: Final = (("top1", "top-1"), ("top5", "top-5"), ("top10", "top-10"))


def result_words(detail: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Pairs of what is meant and what was found."""
    if found := detail.get("rests_on"):
        yield "rests on", _rests_on(found)
    if found := detail.get("per_instance"):
        yield "per clip", _tops(found)
    if found := detail.get("per_gloss"):
        yield "per gloss", _tops(found)
    if found := detail.get("synonyms"):
        yield "synonyms", _synonyms(found)
    if worth := calibration(dict(detail)):
        yield "scores", worth.removeprefix("scores ")


def brief_words(detail: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The same for a narrow column; the accuracy per clip stands beside it as a bar."""
    if found := detail.get("rests_on"):
        named = found["clips_named"]
        of = f" of {named:,}" if named is not None else ""
        glosses = f"{found['glosses']:,} of {found['glosses_of_run']:,} glosses"
        yield "rests on", f"{found['clips']:,}{of} clips, {glosses}"
    if found := detail.get("per_instance"):
        yield "per clip", _rest_of_tops(found)
    if found := detail.get("per_gloss"):
        yield "per gloss", f"{ratio(found['top1'])}, {_rest_of_tops(found)}"
    if found := detail.get("synonyms"):
        yield "synonyms", f"{ratio(found)}, {found['clips']:,} more right"
    if worth := calibration(dict(detail)):
        yield "scores", worth.removeprefix("scores ")


def _rest_of_tops(found: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_percent(found[key]['value'])} %" for key, name in _TOPS[1:])


def ratio(found: Mapping[str, float]) -> str:
    """A ratio in per cent with its 95 % interval."""
    return f"{_percent(found['value'])} % [{_percent(found['low'])}{DASH}{_percent(found['high'])}]"


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def _tops(found: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {ratio(found[key])}" for key, name in _TOPS)


def _rests_on(found: Mapping[str, Any]) -> str:
    clips, named = found["clips"], found["clips_named"]
    of = f" of {named:,} that the index names" if named is not None else ""
    return f"{clips:,} clips{of}, {found['glosses']:,} of {found['glosses_of_run']:,} glosses"


def _synonyms(found: Mapping[str, Any]) -> str:
    said = f"top-1 {ratio(found)} where known synonyms count"
    said += f" ({found['clips']:,} more clips, {found['pairs']:,} pairs)"
    if found["several"]:
        said += (
            f"; {found['several']:,} clips are in the index under several glosses, "
            f"{found['several_right']:,} got another of their own"
        )
    return said
