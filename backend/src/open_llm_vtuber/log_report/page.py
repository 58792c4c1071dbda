"""Pure: the figures of a show → its report, one HTML page that needs nothing else and runs nothing."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from html import escape
from math import ceil

from open_llm_vtuber.log_report import plots
from open_llm_vtuber.log_report.figures import Figures
from open_llm_vtuber.log_report.look import STYLE
from open_llm_vtuber.log_report.plots import clock
from open_llm_vtuber.units import Seconds

_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
MOST_ROWS = 500
MADE_FROM = (
    "Made from the log of the show. It holds nobody's words, and names only those viewers who agreed to it."
)
MINUTE: Seconds = 60.0
OTHERS = ("typed", "voice", "event", "group")
Rows = Sequence[Sequence[str]]


def page(told: Figures) -> str:
    """Return the whole page. Whatever comes from a log is escaped."""
    title = f"{told.character}: show of {_date(told.began)}"
    return "".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<meta name="referrer" content="no-referrer">\n',
            f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header>\n",
            f'<h1>{escape(told.character)}: show of <span class="date">{escape(_date(told.began))}</span></h1>\n',
            f'<p class="quiet">Show {escape(told.show)}, from {escape(_moment(told.began))}, {_length(told.length)}.</p>\n',
            "".join(_warnings(told)),
            "</header>\n<main>\n",
            _tiles(told),
            *_sections(told),
            "</main>\n<footer>\n",
            f'<p class="quiet">{escape(MADE_FROM)} Written by open-llm-vtuber {escape(told.program)}.</p>\n',
            "</footer>\n</body>\n</html>\n",
        ]
    )


def _warnings(told: Figures) -> Iterator[str]:
    if told.lost:
        yield f'<p class="warn">After this {told.lost} records are missing: the disk was full, or too slow.</p>\n'


def _tiles(told: Figures) -> str:
    answered = sum(number for (outcome, _), number in told.fates.items() if outcome == "answered")
    waits = sorted(wait for _, wait in told.waits)
    tiles = [
        ("length", _length(told.length)),
        ("chat messages", f"{len(told.messages)} <small>by {told.viewers} viewers</small>"),
        ("of them answered", f"{answered} <small>{_share(answered, len(told.messages))}</small>"),
        ("viewers waited, median", _seconds(_quantile(waits, 0.5))),
        ("95 of 100 waited at most", _seconds(_quantile(waits, 0.95))),
        ("she was heard", f"{_length(told.air_time)} <small>{_share(told.air_time, told.length)}</small>"),
        ("longest silence", _seconds(told.longest_silence)),
        ("turns that nobody asked for", f"{len(told.answers('unasked'))}"),
        ("sentences kept off the air", str(told.refused.total())),
        ("spent on models", escape(_money(told))),
    ]
    return (
        "<dl>\n"
        + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>\n" for name, value in tiles)
        + "</dl>\n"
    )


def _sections(told: Figures) -> Iterator[str]:
    yield _speech(told)
    yield _chat(told)
    yield _answers(told)
    yield _waits(told)
    if told.moods:
        yield _mood(told)
    if told.spend or told.unpriced:
        yield _spend(told)
    yield '<div class="pair">\n'
    yield _viewers(told)
    yield _fates(told)
    yield "</div>\n"
    if told.events or told.refused:
        yield _happened(told)


def _speech(told: Figures) -> str:
    turns = [each for each in told.turns if each.lines]
    rows = [
        (
            clock(each.lines[0].begin),
            each.source,
            f"{each.lines[-1].end - each.lines[0].begin:.1f}",
            each.turn_id[:8],
        )
        for each in turns
    ]
    label = f"When she was heard: {len(turns)} times, {_length(told.air_time)} altogether"
    picture = plots.strip(told.speech, told.length, label)
    return _figure(
        "When she was heard",
        "Each turn has the id by which a clip of it can be made.",
        picture,
        ("from", "reacting to", "seconds", "turn"),
        rows,
    )


def _chat(told: Figures) -> str:
    size = plots.bin_length(told.length)
    counts = plots.binned(told.messages, size, told.length)
    label = f"Chat messages each {_every(size)}: {max(counts)} at the most"
    rows = [(clock(number * size), str(count)) for number, count in enumerate(counts)]
    picture = plots.bars([counts], size, told.length, label)
    return _figure("Chat", f"Messages each {_every(size)}.", picture, ("from", "messages"), rows)


def _answers(told: Figures) -> str:
    size = plots.bin_length(told.length)
    kinds = {"to chat": ("chat",), "unasked": ("unasked",), "other": OTHERS}
    series = [plots.binned(told.answers(*sources), size, told.length) for sources in kinds.values()]
    rows = [(clock(n * size), *map(str, counts)) for n, counts in enumerate(zip(*series, strict=True))]
    label = f"Turns of hers each {_every(size)}: {max(map(sum, zip(*series, strict=True)))} at the most"
    picture = plots.bars(series, size, told.length, label)
    return _figure(
        "Answers", f"Turns of hers each {_every(size)}.", picture, ("from", *kinds), rows, tuple(kinds)
    )


def _waits(told: Figures) -> str:
    waits = sorted(wait for _, wait in told.waits)
    label = f"How long viewers waited: {_seconds(waits[-1] if waits else None)} at the most"
    note = "Seconds from a viewer's message to the first sound of the answer, and of that from the turn's beginning."
    picture = plots.dots([told.waits, told.latencies], told.length, label, "s")
    both = [(at, f"{wait:.2f}", "") for at, wait in told.waits]
    both += [(at, "", f"{wait:.2f}") for at, wait in told.latencies]
    rows = [(clock(at), *cells) for at, *cells in sorted(both)]
    heads, key = (
        ("heard at", "waited, s", "engines took, s"),
        ("from the message", "from the turn's beginning"),
    )
    return _figure("How long it took", note, picture, heads, rows, key)


def _mood(told: Figures) -> str:
    valence = [(at, valence) for at, valence, _ in told.moods]
    arousal = [(at, arousal) for at, _, arousal in told.moods]
    picture = plots.lines([valence, arousal], told.length, "Her mood over the show")
    rows = [(clock(at), f"{one:.2f}", f"{other:.2f}") for at, one, other in told.moods]
    note = "From -1 to 1: miserable to delighted, sleepy to thrilled."
    return _figure(
        "Her mood", note, picture, ("at", "delight", "thrill"), rows, ("delight", "thrill (dashed)")
    )


def _spend(told: Figures) -> str:
    picture = plots.steps(told.spend, told.length, f"What models cost: {_money(told)}")
    rows = [(clock(at), f"{amount:.4f}") for at, amount in told.spend]
    note = f"In {told.currency}, added up."
    if told.unpriced:
        note += f" The price of {told.unpriced} requests is not known."
    return _figure("Spend", note, picture, ("at", told.currency), rows)


def _viewers(told: Figures) -> str:
    rows = [(each.name, str(each.messages), str(each.answers)) for each in told.top]
    table = _table(("viewer", "messages", "answers"), rows)
    return f'<section>\n<h2>Top viewers</h2>\n<p class="quiet">Named are those who agreed to it.</p>\n{table}</section>\n'


def _fates(told: Figures) -> str:
    rows = [(_fate(*fate), str(number)) for fate, number in told.fates.most_common()]
    return f"<section>\n<h2>What became of messages</h2>\n{_table(('', 'messages'), rows)}</section>\n"


def _happened(told: Figures) -> str:
    rows = [(kind, str(number)) for kind, number in told.events.most_common()]
    rows += [(f"kept off the air: {rule}", str(number)) for rule, number in told.refused.most_common()]
    return f"<section>\n<h2>What else happened</h2>\n{_table(('', 'times'), rows)}</section>\n"


def _figure(
    title: str, note: str, picture: str, heads: Sequence[str], rows: Rows, key: Sequence[str] = ()
) -> str:
    keys = "".join(f"<li>{escape(each)}</li>" for each in key)
    legend = f'<ul class="key">{keys}</ul>' if key else ""
    caption = f"<figcaption><h2>{escape(title)}</h2><p>{escape(note)}</p>{legend}</figcaption>"
    if not rows:
        return f"<section>\n<figure>{caption}</figure>\n<p>There was nothing.</p>\n</section>\n"
    return (
        f"<section>\n<figure>{caption}{picture}</figure>\n<details><summary>The numbers: {escape(title.lower())}</summary>"
        f'<div class="scroll" tabindex="0" role="group" aria-label="{escape(title)} as a table">'
        f"{_table(heads, rows)}</div></details>\n</section>\n"
    )


def _table(heads: Sequence[str], rows: Rows) -> str:
    if not rows:
        return "<p>Nobody and nothing.</p>\n"
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows[:MOST_ROWS]
    )
    more = f'<p class="quiet">and {len(rows) - MOST_ROWS} more</p>' if len(rows) > MOST_ROWS else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}\n"


def _fate(outcome: str, reason: str) -> str:
    said = f"{outcome}: {reason}" if reason else outcome
    return said.replace("-", " ")[:80]


def _money(told: Figures) -> str:
    amount = told.spend[-1][1] if told.spend else 0.0
    return f"{amount:.4f} {told.currency}" if amount else f"0 {told.currency}"


def _quantile(waits: Sequence[Seconds], share: float) -> Seconds | None:
    return waits[max(0, ceil(len(waits) * share) - 1)] if waits else None


def _seconds(given: Seconds | None) -> str:
    return "–" if given is None else f"{given:.1f} s"


def _length(given: Seconds) -> str:
    minutes, seconds = divmod(int(given), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min"), (seconds, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)[:20] or "0 s"


def _every(size: Seconds) -> str:
    return (
        "minute"
        if size == MINUTE
        else f"{size:.0f} seconds"
        if size < MINUTE
        else f"{size / MINUTE:.0f} minutes"
    )


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f} %" if whole else ""


def _date(began: str) -> str:
    try:
        return f"{datetime.fromisoformat(began):%Y-%m-%d}"
    except ValueError:
        return began


def _moment(began: str) -> str:
    try:
        return f"{datetime.fromisoformat(began):%Y-%m-%d %H:%M %Z}".strip()
    except ValueError:
        return began
