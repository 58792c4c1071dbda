"""The rules of this house: a remark that was made twice in a review is a test here."""

import ast
import importlib
import inspect
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "backend/src/open_llm_vtuber"
TESTS = ROOT / "backend/tests"

LONGEST_FUNCTION = 50
LONGEST_MODULE = 400
LARGEST_FILE_BYTES = 1_000_000
NAMES_THAT_SAY_NOTHING = {"utils", "helpers", "manager", "factory", "service_context", "common", "misc"}
BOUNDARIES = {
    "show/turn.py",
    "show/text_desk.py",
    "group_talk.py",
    "websocket_handler.py",
    "autonomous/python_trigger.py",
}
"""One turn (in a group, listening comes before it), a text on demand, a connection, a trigger of somebody's (ADR 0020)."""
QUEUES = {"Queue", "PriorityQueue", "LifoQueue", "SimpleQueue"}
CATCH_ALL = {"Exception", "BaseException"}

CROSS_CUTTING = {"contracts", "docs", "e2e", "interop", "load", "wire"}
"""Folders of suites that mirror no module."""
TESTS_OF_NO_MODULE = {"test_house_rules.py", "test_licences.py", "test_setup.py", "test_virtual_time.py"}
TESTED_ELSEWHERE = {
    "accounts.py": "by the engines that use it: llm/test_retries.py, test_openai_compatible.py, test_openai_speech.py",
    "__main__.py": "one line, run by e2e",
    "adapters/agent_adapter.py": "by the adapters that it is the base of: contracts/test_adapters.py",
    "adapters/autonomous_adapter.py": "with its siblings: contracts/test_adapters.py",
    "adapters/base_adapter.py": "by every adapter: contracts/test_adapters.py",
    "agent/agents/agent_interface.py": "by the agents: test_basic_memory_agent.py, contracts/test_adapters.py",
    "web/doorkeeper.py": "over real sockets: wire/test_who_may_connect.py",
    "rehearse_cli.py": "as a user runs it: test_cli.py",
    "show/state.py": "through its only user: show/test_show.py, wire/test_shared_show.py",
    "show/edited_lists.py": "through its two users: show/test_operator.py, show/test_tuning.py",
    "settings_on_air.py": "on a real server: web/test_settings_routes.py",
    "ear_engines.py": "through the assembly: test_app.py, wire/test_voice_turn.py",
    "show_builder.py": "through the assembly: test_app.py, web/test_settings_routes.py",
    "show/role_desk.py": "with a show around it: show/test_role.py, wire/test_switching.py",
    "replay/player.py": "by whole replays: replay/test_run.py",
    "replay/replay_loop.py": "by whole replays: replay/test_run.py",
    "replay/stage.py": "by whole replays: replay/test_run.py",
    "show/noted.py": "by what is noted: replay/test_run.py, show/test_why_desk.py",
    "show_log/inputs.py": "by every command that is recorded and replayed: replay/test_run.py",
    "show_log/plan.py": "by shows that are built again: replay/test_run.py",
    "show_log/ports.py": "by parts that are recorded and replayed: replay/test_run.py",
    "show_log/reader.py": "with the bytes it reads: show_log/test_frames.py, replay/test_run.py, test_replay_cli.py",
    "show_log/recording.py": "by logs that it keeps: replay/test_run.py, show_log/test_erasing.py",
    "show_log/records.py": "by what is recorded and replayed: replay/test_run.py",
    "show_log/store.py": "by a store that is recorded and replayed: replay/test_run.py",
    "show_log/tape.py": "by courses that are written and read again: replay/test_run.py",
    "show_log/taped_show.py": "by shows that are recorded and replayed: replay/test_run.py",
    "unasked.py": "through the assembly: web/test_autonomy_routes.py, test_cli.py",
    "show/partner.py": "with the other show: test_duets.py",
    "settings/duet.py": "with the shows that it names: test_duets.py",
    "show/hearing.py": "through its only user: test_show.py, wire/test_voice_turn.py",
    "remembered.py": "data only, used in every suite of viewers",
    "errors.py": "its classes are raised and read in every suite",
    "settings/file.py": "through its only user: test_config.py",
    "llm/held.py": "an error; by those who raise and catch it: test_metered.py, test_fallback_brain.py",
    "llm/small_talk_lines.py": "data: test_small_talk.py",
    "llm/chat_completions.py": "by both engines that use it: test_openai_compatible.py, test_embedded.py",
    "llm/embedded_process.py": "through its only user: test_embedded.py",
    "llm/embedded_server.py": "as a process of its own: test_embedded.py",
    "openai_sdk.py": "by the engines that use it: test_openai_compatible.py, test_openai_speech.py",
    "protocol/live_client_messages.py": "message by message: wire/test_golden.py",
    "protocol/envelope.py": "by every message: test_codec.py, test_server_messages.py",
    "protocol/parts.py": "message by message: wire/test_golden.py",
    "show/histories.py": "over real sockets: wire/test_histories.py, wire/test_history_property.py",
    "show/joining.py": "by the show it belongs to: test_show.py",
    "twitch/account.py": "through its only user: twitch/test_twitch_client.py",
    "twitch/chat_events.py": "through the table that it is part of: twitch/test_events.py",
    "twitch/eventsub_socket.py": "over real sockets: twitch/test_twitch_client.py",
    "twitch/happened.py": "by every event: twitch/test_events.py",
    "tts/extras.py": "by the voices with extras: test_edge.py, test_elevenlabs.py, test_piper.py",
    "tts/kokoro_program.py": "as a process of its own: test_kokoro.py",
    "tts/speaking_program.py": "through the voices that are programs: test_piper.py, test_kokoro.py",
    "tts/pcm.py": "by the voices that use it, all of contracts/test_tts_engines.py",
    "message_handler.py": "over real sockets: wire/",
    "websocket_handler.py": "over real sockets: wire/",
    "stimulus.py": "data only, used in every suite",
    "vts/link.py": "through its only user, over real sockets: vts/test_output.py",
}
SEED_NAMES = {
    "adapters.base_adapter:BackendAdapter",
    "adapters.external_api_adapter:ExternalAPIAdapter",
    "adapters.orphiq_adapter:OrphiqAdapter",
    "agent.agents.agent_interface:AgentInterface",
    "agent.agents.hume_ai:HumeAIAgent",
    "autonomous.content_generator:ContentGenerator",
    "autonomous.scheduler:EventScheduler",
    "live2d_model:ExpressionManager",
    "live2d_model:MotionManager",
    "message_handler",
    "routes",
    "twitch.twitch_client:TwitchClient",
    "twitch.twitch_router:TwitchMessageRouter",
    "websocket_handler",
}
SEED_NAMES_TO_COME: set[str] = set()
"""Those that have no place yet. One that never gets it is explained in docs/adr/."""

FORBIDDEN_TEXT = {
    "the host of a package registry": re.compile(
        r"pypi[.]org|python[h]osted[.]|npm[j]s[.](org|com)|yarn[p]kg[.]com|index[-]url"
    ),
    "a path of somebody's machine": re.compile(r"(?<![\w./:-])/(?:home|Users|root|work)/\w"),
}


@dataclass(frozen=True)
class Module:
    """One source file, parsed when first asked for."""

    name: str
    text: str = field(repr=False)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(ast.parse(self.text)))

    @classmethod
    def read(cls, path: Path) -> "Module":
        return cls(path.relative_to(SOURCE).as_posix(), path.read_text())


def has_no_docstring(module: Module) -> Iterator[str]:
    root = module.nodes[0]
    if not (isinstance(root, ast.Module) and ast.get_docstring(root)):
        yield "the module has no docstring"


def is_too_long(module: Module) -> Iterator[str]:
    lines = module.text.count("\n")
    if lines > LONGEST_MODULE:
        yield f"{lines} lines; split it at {LONGEST_MODULE}"


def has_a_long_function(module: Module) -> Iterator[str]:
    for node in module.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield f"line {node.lineno}: {node.name} has {lines} lines; at most {LONGEST_FUNCTION}"


def has_a_name_that_says_nothing(module: Module) -> Iterator[str]:
    for word in NAMES_THAT_SAY_NOTHING & set(module.name.removesuffix(".py").split("/")):
        yield f"{word!r} says nothing about what is inside"


def starts_a_task_without_owner(module: Module) -> Iterator[str]:
    for call, name, receiver in calls(module):
        loose = re.fullmatch(r"|asyncio|(.*[._])?loop(\(\))?", receiver) is not None
        if name == "ensure_future" or (name == "create_task" and loose):
            yield f"line {call.lineno}: {name} outside a TaskGroup: nobody waits for that task"


def catches_everything(module: Module) -> Iterator[str]:
    if module.name in BOUNDARIES:
        return
    for node in module.nodes:
        if not isinstance(node, ast.ExceptHandler) or passes_on(node):
            continue
        if node.type is None or CATCH_ALL & names_in(node.type):
            yield f"line {node.lineno}: only a boundary ({', '.join(sorted(BOUNDARIES))}) catches everything"
    for call, name, _ in calls(module):
        if name == "suppress" and any(CATCH_ALL & names_in(argument) for argument in call.args):
            yield f"line {call.lineno}: suppresses everything"


def has_a_queue_without_size(module: Module) -> Iterator[str]:
    for call, name, _ in calls(module):
        sizes = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "maxsize")]
        endless = not sizes or (isinstance(sizes[0], ast.Constant) and sizes[0].value == 0)
        if name in QUEUES and (endless or name == "SimpleQueue"):
            yield f"line {call.lineno}: a {name} without a size grows until the machine stops"


def sleeps_on_the_loop(module: Module) -> Iterator[str]:
    for call, name, receiver in calls(module):
        if name == "sleep" and receiver in {"time", ""}:
            yield f"line {call.lineno}: time.sleep stops everybody; await asyncio.sleep"


def prints(module: Module) -> Iterator[str]:
    for call, name, receiver in calls(module):
        if name == "print" and not receiver and module.name != "cli.py":
            yield f"line {call.lineno}: only cli.py prints; log it"


def calls(module: Module) -> Iterator[tuple[ast.Call, str, str]]:
    """Yield every call with the name that is called and the text in front of it."""
    for node in module.nodes:
        if isinstance(node, ast.Call):
            called = node.func.value if isinstance(node.func, ast.Subscript) else node.func
            receiver, _, name = ast.unparse(called).rpartition(".")
            yield node, name, receiver


def passes_on(handler: ast.ExceptHandler) -> bool:
    """Return whether it only cleans up and raises what it caught again."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def names_in(expression: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}


Rule = Callable[[Module], Iterator[str]]
RULES: tuple[Rule, ...] = (
    has_no_docstring,
    is_too_long,
    has_a_long_function,
    has_a_name_that_says_nothing,
    starts_a_task_without_owner,
    catches_everything,
    has_a_queue_without_size,
    sleeps_on_the_loop,
    prints,
)
MODULES = [Module.read(path) for path in sorted(SOURCE.rglob("*.py"))]


@pytest.mark.parametrize("module", MODULES, ids=[module.name for module in MODULES])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_no_module_breaks_the_rule(rule: Rule, module: Module) -> None:
    assert not list(rule(module)), f"in {module.name}"


FINE = '''"""What it is."""
async def run(group, loop):
    group.create_task(work())
    await asyncio.sleep(1)
    inbox = asyncio.Queue[str](maxsize=SIZE)
    try:
        await work()
    except BaseException:
        await clean_up()
        raise
    with suppress(OSError):
        log.info("fine")
'''


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_fine_module_breaks_no_rule(rule: Rule) -> None:
    assert not list(rule(Module("show/fine.py", FINE)))


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (has_no_docstring, "x = 1"),
        (is_too_long, "x = 1\n" * 401),
        (has_a_long_function, "def f():\n" + "    x = 1\n" * 50),
        (starts_a_task_without_owner, "asyncio.create_task(f())"),
        (starts_a_task_without_owner, "asyncio.get_running_loop().create_task(f())"),
        (starts_a_task_without_owner, "self._loop.create_task(f())"),
        (starts_a_task_without_owner, "create_task(f())"),
        (starts_a_task_without_owner, "asyncio.ensure_future(f())"),
        (catches_everything, "try: f()\nexcept: pass"),
        (catches_everything, "try: f()\nexcept (OSError, Exception): pass"),
        (catches_everything, "try: f()\nexcept* BaseException: pass"),
        (catches_everything, "with contextlib.suppress(Exception): f()"),
        (has_a_queue_without_size, "asyncio.Queue()"),
        (has_a_queue_without_size, "asyncio.Queue[str]()"),
        (has_a_queue_without_size, "PriorityQueue(maxsize=0)"),
        (has_a_queue_without_size, "queue.SimpleQueue()"),
        (sleeps_on_the_loop, "time.sleep(1)"),
        (sleeps_on_the_loop, "from time import sleep\nsleep(1)"),
        (prints, "print('hello')"),
        (has_a_name_that_says_nothing, ""),
    ],
)
def test_a_rule_finds_what_it_forbids(rule: Rule, text: str) -> None:
    assert list(rule(Module("chat/utils.py", text)))


def has_logic(module: Module) -> bool:
    """Return whether some function in it does more than declare itself."""
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not all(isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) for line in node.body)
        for node in module.nodes
    )


def mirror_of(module: str) -> str:
    folder, _, name = module.rpartition("/")
    return f"{folder}/test_{name}" if folder else f"test_{name}"


@pytest.mark.parametrize("module", MODULES, ids=[module.name for module in MODULES])
def test_every_module_with_logic_has_its_test_file(module: Module) -> None:
    if has_logic(module) and module.name not in TESTED_ELSEWHERE:
        found = (TESTS / mirror_of(module.name)).exists()
        assert found, f"backend/tests/{mirror_of(module.name)} is missing"


def test_every_test_file_mirrors_a_module() -> None:
    mirrors = {mirror_of(module.name) for module in MODULES} | TESTS_OF_NO_MODULE
    found = {path.relative_to(TESTS) for path in TESTS.rglob("test_*.py") if "node_modules" not in path.parts}
    strays = {path.as_posix() for path in found if path.parts[0] not in CROSS_CUTTING} - mirrors
    assert not strays, f"they mirror no module of {SOURCE.relative_to(ROOT)}"


def test_no_exemption_outlives_its_module() -> None:
    names = {module.name for module in MODULES}
    assert {name for name in TESTED_ELSEWHERE if name not in names} <= {"__main__.py"}


@pytest.mark.parametrize(
    ("module_name", "union_name"),
    [
        ("client_messages", "ExistingClientMessage"),
        ("live_client_messages", "LiveClientMessage"),
        ("server_messages", "ExistingServerMessage"),
        ("live_server_messages", "LiveServerMessage"),
        ("body_messages", "BodyMessage"),
        ("autonomous_messages", "AutonomousMessage"),
        ("twitch_messages", "TwitchMessage"),
    ],
)
def test_every_message_is_in_its_union(module_name: str, union_name: str) -> None:
    module = importlib.import_module(f"open_llm_vtuber.protocol.{module_name}")
    union = getattr(module, union_name)
    own = {each for each in get_args(union) if each.__module__ == module.__name__}
    assert message_classes(module) == own


def message_classes(module: ModuleType) -> set[type]:
    return {
        value
        for _, value in inspect.getmembers(module, inspect.isclass)
        if value.__module__ == module.__name__ and "type" in getattr(value, "model_fields", {})
    }


def test_the_names_of_the_first_plan_are_where_it_put_them() -> None:
    assert {name for name in SEED_NAMES if is_importable(name)} == SEED_NAMES - SEED_NAMES_TO_COME


def is_importable(name: str) -> bool:
    module, _, attribute = name.partition(":")
    try:
        found = importlib.import_module(f"open_llm_vtuber.{module}")
    except ModuleNotFoundError:
        return False
    return not attribute or hasattr(found, attribute)


def repository_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is not a git work tree")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_is_over_a_megabyte() -> None:
    large = [path for path in repository_files() if path.stat().st_size > LARGEST_FILE_BYTES]
    assert not large


@pytest.mark.parametrize("what", FORBIDDEN_TEXT)
def test_no_file_names(what: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in repository_files()
        for number, line in enumerate(path.read_text(errors="ignore").splitlines(), 1)
        if FORBIDDEN_TEXT[what].search(line)
    ]
    assert not found, f"{what} stands in the repository"
