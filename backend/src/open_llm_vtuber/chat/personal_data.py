"""Pure: does a text give away how to reach or to rob somebody?"""

import re
from collections.abc import Callable, Mapping
from itertools import pairwise

_EMAIL = re.compile(
    r"[\w.+-]{1,64}\s?(?:@|[(\[]\s?(?:at|\u00e4t)\s?[)\]])\s?[\w-]{1,63}"
    r"(?:\s?(?:\.|[(\[]\s?dot\s?[)\]]|\sdot\s)\s?[a-z]{2,24})+\b",
    re.IGNORECASE,
)
_SPOKEN_EMAIL = re.compile(r"\b[\w.-]{2,64} at [\w-]{2,63} dot (?:com|net|org|de|co|io)\b", re.IGNORECASE)
_DIGITS = re.compile(r"(?<![\w.,])\+?(?:\(?\d+\)?[ \t./\u2010-\u2013-]{0,2}){2,12}(?![\w,])")
_IP = re.compile(r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?\b")
_SSN = re.compile(r"(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")
_STREET = re.compile(
    r"\b\d{1,5}[a-z]?,?\s(?:[A-Z\u00c0-\u00de][\w'.-]*\s){1,3}"
    r"(?:Street|St\.?|Avenue|Ave\.?|Road|Rd\.?|Lane|Ln\.?|Boulevard|Blvd\.?|Drive|Dr\.?|Court|Ct\.?|Place|Terrace)(?!\w)"
    r"|\b[A-Z\u00c4\u00d6\u00dc][\w-]*(?:stra(?:\u00df|ss)e|str\.|gasse|allee|platz|damm)\s\d{1,4}[a-z]?\b"
    r"|\b\d{1,4}\s?(?:bis|ter)?,?\s(?:rue|avenue|boulevard|place|chemin)\s(?:de |du |des |la |l')*[A-Z\u00c0-\u00de]\w+"
    r"|\b(?:Calle|Avenida|Via|Rua|Ulica|ul\.)\s(?:[A-Z\u00c0-\u00de][\w'.-]*\s){1,3}\d{1,4}\b"
)
_DIGIT_NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_NUMBER_WORDS = {word: digit for digit, word in enumerate(_DIGIT_NAMES)} | {"oh": 0}
_NUMBER_RUN = re.compile(
    rf"\b(?:(?:double |triple )?(?:{'|'.join(_NUMBER_WORDS)})[ ,.-]+){{6,}}(?:{'|'.join(_NUMBER_WORDS)})\b",
    re.IGNORECASE,
)
_DATES = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?|\b\d{4}-\d{2}-\d{2}\b")
_AREA_CODE = re.compile(r"\(\d{2,5}\)")
_MOST_GROUPS = 5
_SHORTEST_PHONE, _LONGEST_PHONE = 9, 15
_SHORTEST_CARD, _LONGEST_CARD = 13, 19


def personal_data(text: str) -> str | None:
    """Return what kind of personal data stands in a text, or None."""
    return next((kind for kind, finds in _FINDERS.items() if finds(text)), None)


def _has_email(text: str) -> bool:
    return ("@" in text or " at " in text.lower() or "(" in text or "[" in text) and bool(
        _EMAIL.search(text) or _SPOKEN_EMAIL.search(text)
    )


def _has_card(text: str) -> bool:
    numbers = ("".join(filter(str.isdecimal, run)) for run in _runs(text))
    return any(_SHORTEST_CARD <= len(digits) <= _LONGEST_CARD and _luhn(digits) for digits in numbers)


def _has_phone(text: str) -> bool:
    return any(map(_is_phone, _runs(text))) or any(not _counts(run[0]) for run in _NUMBER_RUN.finditer(text))


def _runs(text: str) -> list[str]:
    if not any(map(str.isdecimal, text)):
        return []
    return [run[0].strip() for run in _DIGITS.finditer(_DATES.sub(";", text))]


def _is_phone(run: str) -> bool:
    """Whether digits look dialled: long enough, and with a sign of it that scores, dates and years do not have."""
    digits = "".join(filter(str.isdecimal, run))
    if not _SHORTEST_PHONE <= len(digits) <= _LONGEST_PHONE:
        return False
    groups = [len(group) for group in re.findall(r"\d+", run)]
    return (
        run.startswith(("+", "00"))
        or _AREA_CODE.match(run) is not None
        or (digits.startswith("0") and len(groups) <= _MOST_GROUPS)
        or groups in ([3, 3, 4], [1, 3, 3, 4], [3, 4, 4], [10], [11])
    )


def _counts(run: str) -> bool:
    """Whether number words only count up or down, or say the same one again and again."""
    digits = [_NUMBER_WORDS[word] for word in re.findall(r"[a-z]+", run.lower()) if word in _NUMBER_WORDS]
    steps = {after - before for before, after in pairwise(digits)}
    return len(steps) == 1


def _luhn(digits: str) -> bool:
    """Apply the check of ISO/IEC 7812-1, which every card number passes and one in ten others."""
    if len(set(digits)) == 1:
        return False
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004  digit sums


_FINDERS: Mapping[str, Callable[[str], object]] = {
    "email": _has_email,
    "card": _has_card,
    "social-security": _SSN.search,
    "phone": _has_phone,
    "ip": _IP.search,
    "account": _IBAN.search,
    "address": _STREET.search,
}
