"""What is set is what is started: addresses, folders, sizes, and the words after a start script's name."""

import os
import subprocess
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from tests.scripts.conftest import ROOT


@pytest.fixture
def quiet(monkeypatch):
    """Nothing is installed, migrated, waited for or really started; what a supervisor would read is written."""
    import demo_site
    import processes
    import server
    import setup

    monkeypatch.setattr(processes, "supervisor_command", lambda run: ["true"])
    for module, names in ((server, ("_django", "_prepare")), (setup, ("install", "prepare")),
                          (demo_site, ("_check_free", "_wait_healthy", "_announce"))):  # fmt: skip
        for name in names:
            monkeypatch.setattr(module, name, lambda *given, **named: None)
    monkeypatch.setattr(server.signal, "signal", lambda *given: None)
    return monkeypatch


def test_a_server_listens_works_and_writes_where_its_settings_say(quiet, tmp_path):
    import server

    places = {name: tmp_path / name.lower() for name in ("RUN_DIR", "LOG_DIR", "STATIC_ROOT", "MEDIA_ROOT")}
    sizes = {"WEB_WORKERS": "5", "WORKER_CONCURRENCY": "7", "NGINX_WORKERS": "3"}
    others = {"LISTEN": "192.0.2.7:9443", "TRUSTED_PROXIES": "192.0.2.1", "SECRET_KEY": "x", "ALLOWED_HOSTS": "x"}
    for name, value in (places | sizes | others).items():
        quiet.setenv(name, str(value))
    assert server.main([]) == 0
    nginx, supervisor = ((places["RUN_DIR"] / name).read_text() for name in ("nginx.conf", "supervisord.conf"))
    assert "listen 192.0.2.7:9443;" in nginx and "worker_processes 3;" in nginx and "set_real_ip_from 192.0.2.1;" in nginx
    for place in (places["LOG_DIR"] / "access.log", places["STATIC_ROOT"], places["MEDIA_ROOT"], places["RUN_DIR"] / "web.sock"):
        assert str(place) in nginx, place
    assert "--workers 5 " in supervisor and "--concurrency 7 " in supervisor and f"stdout_logfile={places['LOG_DIR']}/web.log" in supervisor


def test_processes_of_several_machines_meet_at_the_addresses_that_are_set(tmp_path):
    import processes

    env = {"WEB_ADDRESS": "10.0.0.5:8001", "SOCKETS_ADDRESS": "10.0.0.6:8002", "STATIC_ROOT": "/static", "MEDIA_ROOT": "/media"}
    assert "10.0.0.5:8001" in processes.command("web", env, tmp_path)
    assert processes.command("sockets", env, tmp_path)[2:6] == ["--host", "10.0.0.6", "--port", "8002"]
    processes.write_nginx(env, tmp_path, host="127.0.0.1", port=8000, logs=None)
    written = (tmp_path / "nginx.conf").read_text()
    assert '"10.0.0.5:8001"' in written and '"10.0.0.6:8002"' in written


@pytest.mark.parametrize(("env", "words", "address", "listens", "simulates"), [
    ({"HOST": "192.0.2.9", "PORT": "9001"}, ["--no-simulation"], "http://192.0.2.9:9001", "listen 192.0.2.9:9001;", False),
    ({}, ["--https"], "https://127.0.0.1:8000", "listen 0.0.0.0:8000 ssl;", True),
])  # fmt: skip
def test_the_demo_is_where_and_what_its_words_say(quiet, tmp_path, env, words, address, listens, simulates):
    import certificate
    import demo_site
    from say import Refusal

    fake = SimpleNamespace(run=tmp_path, var=tmp_path, logs=tmp_path, redis_dir=tmp_path, postgres_command=lambda: ["true"], environment=dict,
                           redis_command=lambda: ["true"], leftovers=list, end=lambda found: None, wait=lambda alive: None)  # fmt: skip
    for name in ("create_cluster", "clear_leftovers", "write_settings", "create_database"):
        setattr(fake, name, lambda: None)
    noted = []

    @contextmanager
    def alone():
        yield noted.append, lambda: None

    quiet.setattr(demo_site, "Services", lambda name: fake)
    quiet.setattr(demo_site, "_the_only_one", alone)
    quiet.setattr(demo_site.subprocess, "run", lambda *given, **named: None)
    quiet.setattr(demo_site, "step", lambda words: nullcontext())
    quiet.setattr(certificate, "make", lambda folder, host: (Path("/tls.crt"), Path("/tls.key"), Path("/ca.crt")))
    for name in ("HOST", "PORT"):
        quiet.delenv(name, raising=False)
    for name, value in ({"STATIC_ROOT": "/static", "MEDIA_ROOT": "/media"} | env).items():
        quiet.setenv(name, value)
    with pytest.raises(Refusal, match="ended from outside"):
        demo_site.main(words)
    assert noted == [address]
    assert listens in (tmp_path / "nginx.conf").read_text()
    assert ("[program:simulate]" in (tmp_path / "supervisord.conf").read_text()) is simulates


@pytest.mark.parametrize(("words", "installed"), [([], {"system"}), (["--packages"], set()), (["--tests"], {"system", "what tests need"})])
def test_bootstrap_installs_what_is_asked_for(monkeypatch, tmp_path, words, installed):
    import launch
    import setup

    done = set()
    monkeypatch.setattr(setup, "VAR", tmp_path)
    monkeypatch.setattr(setup, "compile_messages", lambda: None)
    monkeypatch.setattr(setup.machine, "install", lambda tests, *others: done.update({"system"}, {"what tests need"} if tests else ()))
    monkeypatch.setattr(setup.libraries, "install_python", lambda tests, others: done.update({"what tests need"} if tests else ()))
    for name in ("make_environment", "install_front_end"):
        monkeypatch.setattr(setup.libraries, name, lambda: None)
    assert launch.bootstrap(words) == 0 and done == installed


def test_the_two_roles_get_the_passwords_with_which_the_containers_come(tmp_path):
    (tmp_path / "psql").write_text('#!/bin/sh\necho "$@"\ncat\n')
    (tmp_path / "psql").chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "OWNER_PASSWORD": "first-1", "APP_PASSWORD": "second-2"}
    said = subprocess.run(["sh", ROOT / "config/deploy/roles.sh"], env=env, capture_output=True, text=True, check=True).stdout
    assert "-v owner=first-1 -v app=second-2" in said and "CREATE ROLE app LOGIN PASSWORD :'app'" in said
    containers = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    web = containers["services"]["web"]["environment"]
    assert "//app:${APP_PASSWORD:" in web["DATABASE_URL"] and "//owner:${OWNER_PASSWORD:" in web["DATABASE_OWNER_URL"]
    assert containers["services"]["nginx"]["ports"] == ["127.0.0.1:${PORT:-8000}:8000"]
