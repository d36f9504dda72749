"""Near misses: which known word somebody may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like `word`, if one is near enough; ties go to the alphabet.

    Words differ in a letter or two (one of them may have been swapped with its neighbour), or in
    case only.
    """
    if not 2 <= len(word) <= 64:
        return None
    best: tuple[float, str] | None = None
    for candidate in sorted(known):
        if candidate == word or abs(len(candidate) - len(word)) > 2:
            continue
        if candidate.lower() == word.lower() or sorted(candidate) == sorted(word):
            score = 0.99
        else:
            score = SequenceMatcher(None, word.lower(), candidate.lower()).ratio()
        if score >= _wanted(len(candidate)) and (best is None or score > best[0]):
            best = (score, candidate)
    return best[1] if best else None


def _wanted(length: int) -> float:
    """Short words must be nearer, for everything is near to them."""
    return 0.8 if length <= 4 else 0.75
