"""The container's files fit the program: what they copy, run, ask for and limit. No daemon is needed for this."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from docs.pages import ROOT
from live_server import SCRIPTED, process
from open_llm_vtuber import cli, config
from open_llm_vtuber.errors import ConfigError

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def instructions() -> list[tuple[str, str]]:
    """Return the instructions with their arguments, continued lines joined."""
    joined = re.sub(r"\\\n\s*", " ", DOCKERFILE)
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines)]


def copied() -> list[str]:
    sources = [
        shlex.split(rest)[:-1] for name, rest in instructions() if name == "COPY" and "--from" not in rest
    ]
    return [source for each in sources for source in each]


def test_what_is_copied_is_there_tracked_and_not_ignored() -> None:
    kept = {line.removeprefix("!") for line in IGNORED if line.startswith("!")}
    for source in copied():
        assert (ROOT / source).exists(), source
        assert source in kept, f".dockerignore keeps {source} out"
    assert kept == set(copied()), "what .dockerignore lets in is copied"
    assert IGNORED[1] == "*"


def test_packages_are_those_of_the_lock_file_with_hashes_and_nothing_else() -> None:
    installs = [rest for name, rest in instructions() if name == "RUN" and "pip install" in rest]
    first, project = installs
    for option in ("--require-hashes", "--only-binary=:all:", "--no-deps", "-r requirements/run.lock"):
        assert option in first
    for option in ("--no-index", "--no-deps", "--no-build-isolation"):
        assert option in project


def test_it_runs_as_a_user_of_its_own_without_a_shell_and_keeps_its_data_in_a_volume() -> None:
    names = [name for name, _ in instructions()]
    after = dict(instructions()[len(names) - names[::-1].index("FROM") :])
    assert after["USER"] == "olv"
    assert "--shell /usr/sbin/nologin" in after["RUN"]
    assert after["VOLUME"] == "/data"
    assert names.index("USER") < names.index("CMD")


def test_its_command_is_one_of_ours_and_reads_the_file_that_is_copied() -> None:
    program, *arguments = json.loads(dict(instructions())["CMD"])
    assert program == "open-llm-vtuber"
    options = cli._parser().parse_args(arguments)
    assert str(options.config) == "/show/conf.yaml"
    assert (ROOT / "docker/show/conf.yaml").is_file()


def test_the_configuration_listens_to_others_only_with_a_token() -> None:
    file = ROOT / "docker/show/conf.yaml"
    given = {"OLV_ACCESS_TOKEN": "secret", "OLV_HOST": "live.example.com"}
    settings = config.load(file, given)
    assert not settings.notes
    system = settings.system_config
    assert (system.host, str(system.data_dir)) == ("0.0.0.0", "/data")
    assert system.allowed_hosts == ("live.example.com",)
    assert system.allowed_origins == ("https://live.example.com",)
    with pytest.raises(ConfigError, match="set access_token"):
        config.load(file, {"OLV_HOST": "live.example.com"})


def test_health_is_asked_where_the_program_answers() -> None:
    health = next(rest for name, rest in instructions() if name == "HEALTHCHECK")
    port = config.SystemConfig().port
    assert f"http://127.0.0.1:{port}/health" in health
    assert f"EXPOSE {port}" in DOCKERFILE


def test_compose_restarts_limits_and_hides_the_program_behind_tls() -> None:
    live, tls = COMPOSE["services"]["live"], COMPOSE["services"]["tls"]
    assert live["restart"] == tls["restart"] == "unless-stopped"
    assert live["read_only"]
    assert live["cap_drop"] == ["ALL"]
    assert live["security_opt"] == ["no-new-privileges:true"]
    assert "ports" not in live, "only the TLS service is reachable"
    assert tls["depends_on"]["live"]["condition"] == "service_healthy"
    assert ":?" in live["environment"]["OLV_ACCESS_TOKEN"], "without a token it does not start"
    for service in (live, tls):
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]
    caddy = (ROOT / "docker/Caddyfile").read_text(encoding="utf-8")
    assert f"reverse_proxy live:{config.SystemConfig().port}" in caddy


def test_the_script_that_tries_the_image_out_is_good_shell() -> None:
    checked = subprocess.run(["sh", "-n", "docker/smoke.sh"], cwd=ROOT, check=False, capture_output=True)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.e2e
@pytest.mark.slow
def test_what_the_script_asks_of_the_container_is_answered_by_the_program(tmp_path: Path) -> None:
    """The same questions to the program with the container's configuration, beside this test."""
    given = yaml.safe_load((ROOT / "docker/show/conf.yaml").read_text(encoding="utf-8"))
    system = {**given["system_config"], "host": "127.0.0.1", "access_token": "secret"}
    system |= {"allowed_hosts": ["live.example.com"], "allowed_origins": ["https://live.example.com"]}
    del system["data_dir"]
    asked = {"system_config": system, "character_config": SCRIPTED}
    with process(tmp_path, asked) as port:
        environment = {**os.environ, "TOKEN": "secret", "SERVER": f"http://127.0.0.1:{port}"}
        subprocess.run([sys.executable, "docker/smoke.py"], cwd=ROOT, env=environment, check=True, timeout=50)
    assert (tmp_path / "data/live.sqlite3").stat().st_size
