"""One Chromium for all tests: pages that are watched, and a loop that lives as long as the browser does."""

import asyncio
import json
import os
import re
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Page, WebSocket, async_playwright

from e2e.lipsync import Frame
from live_server import process

SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--autoplay-policy=no-user-gesture-required",
    # Whatever a page asks for, no name is looked up.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
RECORDER = Path(__file__).with_name("recorder.js")
PICTURES = Path(__file__).parents[3] / "test-results"
SCENE_S = 50.0
"""A scene that takes longer has hung."""
LOOK_S = 0.02
PATIENCE_S = 15.0
LOST_CONNECTION = re.compile(
    r"WebSocket connection to 'ws://127\.0\.0\.1|Failed to load resource: net::ERR_(CONNECTION|EMPTY)"
)
"""What Chromium itself says on the console when a server goes away."""

T = TypeVar("T")


class Watched:
    """A page with everything that it was told, said, and did wrong."""

    def __init__(self, page: Page, forgiven: re.Pattern[str] | None = None) -> None:
        self.page = page
        self.faults: list[str] = []
        self.received: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self._forgiven = forgiven
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.faults.append(f"uncaught: {error}"))
        page.on("crash", lambda _: self.faults.append("the page crashed"))
        page.on("request", lambda request: self._on_request(request.url))
        page.on("websocket", self._on_websocket)

    def cues(self, type_: str) -> list[dict[str, Any]]:
        return [message for message in self.received if message["type"] == type_]

    async def ready(self) -> None:
        """Wait until it is connected and draws, and record its frames from then on."""
        await self.page.wait_for_selector(
            'html[data-ready="yes"]', state="attached", timeout=PATIENCE_S * 1000
        )
        await self.page.evaluate("() => recorder.begin()")

    async def look(self, what: str) -> Any:
        """Return what an expression is in the page."""
        return await self.page.evaluate(f"() => {what}")

    async def beside(self, address: str) -> "Watched":
        """Open a second page in the same browser, until it is ready."""
        other = Watched(await self.page.context.new_page(), self._forgiven)
        other.faults = self.faults
        await other.page.goto(address)
        await other.ready()
        return other

    async def shows(self, condition: str, limit_s: float = PATIENCE_S) -> None:
        """Wait until an expression is true in the page."""
        await until(lambda: self.look(f"Boolean({condition})"), condition, limit_s)

    async def hears(self, type_: str, limit_s: float = PATIENCE_S, **fields: Any) -> None:
        """Wait for a message with these fields that comes after this call."""
        seen = len(self.received)

        async def has_come() -> bool:
            return any(
                message["type"] == type_ and fields.items() <= message.items()
                for message in self.received[seen:]
            )

        await until(has_come, f"a {type_} {fields or ''}", limit_s)

    async def frames(self) -> list[Frame]:
        recorded = await self.look("recorder.frames")
        names = ("sentence", "t", "mouth", "lips", "heard", "expression")
        return [Frame(**{name: frame[name] for name in names}) for frame in recorded]

    async def picture(self, name: str, **options: Any) -> bytes:
        """Take a screenshot, and keep it for people to look at."""
        PICTURES.mkdir(exist_ok=True)
        return await self.page.screenshot(path=PICTURES / f"{name}.png", **options)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not (self._forgiven and self._forgiven.search(message.text)):
            self.faults.append(f"console: {message.text}")

    def _on_request(self, url: str) -> None:
        if not is_local(url):
            self.faults.append(f"it asked for {url}")

    def _on_websocket(self, socket: WebSocket) -> None:
        self._on_request(socket.url)
        socket.on("framereceived", lambda frame: self.received.append(json.loads(frame)))
        socket.on("framesent", lambda frame: self.sent.append(json.loads(frame)))


class Studio:
    """A browser and its loop. Scenes are coroutines; between them the loop stands still."""

    def __init__(self, runner: asyncio.Runner, chromium: Path) -> None:
        self.runner = runner
        self._chromium = chromium
        self._stack = AsyncExitStack()
        self._browser: Browser | None = None

    def play(self, scene: Coroutine[Any, Any, T], limit_s: float = SCENE_S) -> T:
        """Run a scene to its end."""

        async def limited() -> T:
            async with asyncio.timeout(limit_s):
                return await scene

        return self.runner.run(limited())

    async def open(self) -> None:
        self._playwright = await self._stack.enter_async_context(async_playwright())
        self._browser = await self._stack.enter_async_context(self.another_browser())

    async def close(self) -> None:
        await self._stack.aclose()

    @asynccontextmanager
    async def another_browser(self) -> AsyncIterator[Browser]:
        """Start a browser of one's own, in a new and temporary profile."""
        browser = await self._playwright.chromium.launch(executable_path=self._chromium, args=list(SWITCHES))
        try:
            yield browser
        finally:
            await browser.close()

    @asynccontextmanager
    async def page(
        self,
        address: str,
        *,
        browser: Browser | None = None,
        forgiven: re.Pattern[str] | None = None,
        script: str = "",
        **options: Any,
    ) -> AsyncIterator[Watched]:
        """Open a page until it is ready; at the end nothing may have gone wrong in it."""
        async with self.visitor(browser=browser, forgiven=forgiven, script=script, **options) as watched:
            await watched.page.goto(address)
            await watched.ready()
            yield watched

    @asynccontextmanager
    async def visitor(
        self,
        *,
        browser: Browser | None = None,
        forgiven: re.Pattern[str] | None = None,
        script: str = "",
        **options: Any,
    ) -> AsyncIterator[Watched]:
        """Have an empty page in a browser that knows nothing yet; at the end nothing may have gone wrong in it."""
        home = browser or self._browser
        assert home is not None
        context = await home.new_context(**options)
        await context.add_init_script(RECORDER.read_text(encoding="utf-8"))
        if script:
            await context.add_init_script(script)
        watched = Watched(await context.new_page(), forgiven)
        try:
            yield watched
        finally:
            if home.is_connected():
                await context.close()
        assert watched.faults == [], watched.faults


@asynccontextmanager
async def on_air(folder: Path, config: Mapping[str, Any] | None, *arguments: str) -> AsyncIterator[int]:
    """Run the program for as long as the context lasts, and leave the loop to others while it starts and ends.

    Without `config` it takes the folder's conf.yaml.
    """
    with ExitStack() as stack:
        yield await asyncio.to_thread(stack.enter_context, process(folder, config, arguments))
        await asyncio.to_thread(stack.close)


async def until(condition: Callable[[], Awaitable[object]], what: str, limit_s: float = PATIENCE_S) -> None:
    """Look again and again until it is so."""
    try:
        async with asyncio.timeout(limit_s):
            while not await condition():  # noqa: ASYNC110  what a page shows has no event
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        raise AssertionError(f"in {limit_s} s there was not: {what}") from None


async def kill(browser: Browser) -> None:
    """End a browser as a crash does: all at once, without a goodbye."""
    session = await browser.new_browser_cdp_session()
    found = await session.send("SystemInfo.getProcessInfo")
    gone = asyncio.Event()
    browser.on("disconnected", lambda _: gone.set())
    os.kill(next(each["id"] for each in found["processInfo"] if each["type"] == "browser"), signal.SIGKILL)
    await gone.wait()


def is_local(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme in ("data", "blob", "about"):
        return True
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
