"""The configuration file of a program that runs: edited, undone and read anew; nothing counts that was not checked whole.

Touches the disk: call it in a thread, one call at a time.
"""

import difflib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from open_llm_vtuber import config
from open_llm_vtuber.config import Settings
from open_llm_vtuber.errors import ConfigError, ProtocolError
from open_llm_vtuber.protocol.settings_messages import SectionName, SettingsSection
from open_llm_vtuber.settings import document, sections
from open_llm_vtuber.settings.file import parsed
from open_llm_vtuber.settings.source import Source
from open_llm_vtuber.settings.versions import Version, Versions, revision_of, write
from open_llm_vtuber.text_rules import encoding_of

FOLDER = Path("earlier-settings")
"""Below the data folder: what the file was before each change."""
HEADER = "# Written by the control room. Everything that is not said here is as the documentation has it.\n"
AS_YAML: frozenset[SectionName] = frozenset(("cue_sheets", "triggers"))
"""Sections that are edited as a text."""
_REFERENCE = re.compile(r"\$\{\w+\}")
ONLY_IN_THE_FILE = "The environment can only be named in the file itself: {}. Whoever edits here must not read what it holds."
FAULTY = "The file as it is now cannot be used; mend it first. {}"


@dataclass(frozen=True, slots=True)
class Change:
    """What the file is to become, or has become by hand, checked whole."""

    data: bytes | None
    settings: Settings
    undone: Version | None = None
    is_written: bool = False


class ConfFile:
    """What the file says and, while it cannot be used, what it said before."""

    def __init__(
        self,
        file: Path,
        data_dir: Path,
        check: Callable[[Settings], object],
        defaults: Mapping[SectionName, Any],
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """`check` says by a ConfigError what is wrong beside the form of it. Raises ConfigError."""
        self.name = file.name
        self.fault = ""
        """Why the file as it is now cannot be used."""
        self._file = file
        self._check = check
        self._defaults = defaults
        self._environment = environment
        self._versions = Versions(data_dir / FOLDER)
        self._seen: object = None
        self._data = self._read()
        self.settings = self._checked(self._data)

    @property
    def revision(self) -> str:
        """By what the settings are known which count now."""
        return revision_of(self._data)

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        return self._versions.before(self._data) is not None

    def is_touched(self) -> bool:
        """Whether the file is another one than at the last call."""
        try:
            status = self._file.stat()
            now: object = (status.st_mtime_ns, status.st_size, status.st_ino)
        except OSError:
            now = None
        was, self._seen = self._seen, now
        return was != now

    def reread(self) -> Change | None:
        """Return what somebody else has written into it, checked whole; None for nothing. Raises ConfigError."""
        self.fault = ""
        try:
            data = self._read()
            if data == self._data:
                return None
            return Change(data, self._checked(data), is_written=True)
        except ConfigError as error:
            self.fault = str(error)
            raise

    def edited(self, section: SectionName, value: Any, text: str | None) -> Change:
        """Return the file with that value or that YAML as its section. Raises ConfigError that names all faults."""
        place, now = sections.PLACES[section], self._text()
        source = Source()
        if text is not None:
            value, source = document.parsed_text(text, place)
        self._refuse_references(section, value)
        new = document.with_value(now, place, value) if text is None else document.with_text(now, place, text)
        data = self._encoded(new)
        return Change(data, self._settings(parsed(data, self.name)[0], source))

    def undone(self) -> Change:
        """Return what the file was before its last change. Raises ConfigError, and ProtocolError where that is unknown."""
        version = self._versions.before(self._data)
        if version is None:
            raise ProtocolError("There is nothing to undo.", code="wrong-state")
        return Change(version.data, self._checked(version.data), undone=version)

    def commit(self, change: Change) -> None:
        """Let a change be what counts, and be in the file. Raises ConfigError; then nothing has changed."""
        if change.data == self._data:
            return
        if change.undone is None:
            self._versions.keep(self._data, change.data)
        if not change.is_written:
            try:
                write(self._file, change.data)
            except OSError as error:
                if change.undone is None and (kept := self._versions.before(change.data)):
                    self._versions.drop(kept)
                raise ConfigError(f"{self.name} cannot be written: {error.strerror}.") from error
        if change.undone is not None:
            self._versions.drop(change.undone)
        self._data, self.settings, self.fault = change.data, change.settings, ""

    def described(self) -> Mapping[SectionName, SettingsSection]:
        """Return every section as it was written, without the environment. Raises ConfigError."""
        text = self._text()
        written = parsed(text.encode(), self.name)[0]
        return {section: self._section(section, written, text) for section in sections.SECTIONS}

    def diff(self, section: SectionName, change: Change) -> tuple[str, ...]:
        """Return the lines of a section that a change takes away (`-`) and brings (`+`)."""
        texts = (self._text(), _decoded(change.data))
        before, after = (list(self._lines(section, text)) for text in texts)
        found = [*difflib.unified_diff(before, after, lineterm="", n=0)][2:]
        return tuple(line for line in found if not line.startswith("@@"))

    def _section(self, section: SectionName, written: Mapping[str, Any], text: str) -> SettingsSection:
        place, usual = sections.PLACES[section], self._defaults[section]
        value = _plain(document.value_at(written, place))
        shown = ""
        if section in AS_YAML:
            shown = document.text_at(text, place)
            if value is None and usual:
                shown = yaml.safe_dump(usual, sort_keys=False, allow_unicode=True, width=document.WIDE)
        return SettingsSection(value=value, defaults=usual, text=shown)

    def _lines(self, section: SectionName, text: str) -> Iterator[str]:
        place = sections.PLACES[section]
        value = document.value_at(parsed(text.encode(), self.name)[0], place)
        yield from (value if isinstance(value, str) else document.text_at(text, place)).splitlines()

    def _refuse_references(self, section: SectionName, value: Any) -> None:
        before = document.value_at(parsed(self._text().encode(), self.name)[0], sections.PLACES[section])
        new = set(_REFERENCE.findall(repr(value))) - set(_REFERENCE.findall(repr(before)))
        if new:
            raise ConfigError(ONLY_IN_THE_FILE.format(", ".join(sorted(new))))

    def _read(self) -> bytes | None:
        try:
            return self._file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigError(f"{self.name} cannot be read: {error.strerror}.") from error

    def _text(self) -> str:
        return HEADER if self._data is None else _decoded(self._data)

    def _encoded(self, text: str) -> bytes:
        now = self._data or b""
        if b"\r\n" in now:
            text = text.replace("\n", "\r\n")
        encoding = encoding_of(now)
        is_marked = encoding == "utf-16" or now.startswith(b"\xef\xbb\xbf")
        return text.encode(encoding if is_marked else "utf-8")

    def _checked(self, data: bytes | None) -> Settings:
        return self._settings(*parsed(data or b"", self.name))

    def _settings(self, written: Mapping[str, Any], source: Source) -> Settings:
        settings = config.settings_from(written, source, self._file, self._environment)
        self._check(settings)
        return settings


def _decoded(data: bytes | None) -> str:
    text = (data or b"").decode(encoding_of(data or b""))
    return text.replace("\r\n", "\n")


def _plain(value: Any) -> Any:
    """Return it as JSON can hold it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, str | int | bool) else _number_or_words(value)


def _number_or_words(value: object) -> float | str:
    is_number = isinstance(value, float) and abs(value) < float("inf")
    return value if is_number and isinstance(value, float) else str(value)
