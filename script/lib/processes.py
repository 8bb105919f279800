"""The processes of the platform: one table, run by one supervisor (demo, script/server) or one by one (containers)."""

import json
import os
import re
import shlex
import sys
from pathlib import Path

import away
import machine
from checkout import PYTHON, ROOT

DEPLOY = ROOT / "config" / "deploy"
NAMES = ("web", "sockets", "worker", "beat", "clock", "nginx")
BIN = PYTHON.parent


def command(name: str, env: dict[str, str], run: Path) -> list[str]:
    """The command line of one process, in the foreground. env: WEB_ADDRESS and SOCKETS_ADDRESS may move it from a unix socket
    in `run` to host:port; WEB_WORKERS, WORKER_CONCURRENCY size it."""
    manage = [str(PYTHON), str(ROOT / "manage.py")]
    celery = [str(BIN / "celery"), "-A", "config", "--quiet"]
    match name:
        case "web":
            return [
                str(BIN / "gunicorn"), "config.wsgi", "--bind", web_address(env, run), "--preload", "--no-control-socket",
                "--workers", env.get("WEB_WORKERS", "2"), "--worker-class", "gthread", "--threads", "4",
                "--timeout", "60", "--graceful-timeout", "5", "--log-level", "warning",
            ]  # fmt: skip
        case "sockets":
            address = sockets_address(env, run)
            where = ["--uds", address.removeprefix("unix:")] if address.startswith("unix:") else ["--host", *_split(address)]
            return [
                str(BIN / "uvicorn"), "config.asgi:application", *where, "--ws", "websockets-sansio", "--lifespan", "off",
                "--ws-max-size", "65536", "--ws-ping-interval", "20", "--timeout-graceful-shutdown", "10",
                "--proxy-headers", "--forwarded-allow-ips", "*", "--no-access-log", "--log-level", "warning",
            ]  # fmt: skip
        case "worker":  # copies of photos give way to whoever waits for an answer
            alone = ["--without-mingle", "--without-gossip"]  # workers need not know each other: that is traffic and start-up time
            return ["nice", *celery, "worker", "--loglevel", "INFO", "--concurrency", env.get("WORKER_CONCURRENCY", "2"), *alone]
        case "beat":
            return [*celery, "beat", "--loglevel", "WARNING", "--pidfile", "", "--schedule", str(run / "beat-schedule")]
        case "clock":
            return [*manage, "run_clock"]
        case "carrier":  # of the demonstration: takes text messages and calls, and reports back as carriers do
            return [str(PYTHON), "-m", "integrations.messages.fake", env["MESSAGE_GATEWAY_URL"], f"{env['PUBLIC_URL']}/inbound/messages/"]
        case "simulate":
            return [*manage, "simulate"]
        case "nginx":
            nginx = [str(machine.nginx()), "-e", "stderr", "-p", str(run), "-c", str(run / "nginx.conf")]
            return [sys.executable, "-B", str(Path(__file__).with_name("nginx.py")), *nginx]
    raise ValueError(name)


def _split(address: str) -> list[str]:
    host, port = address.rsplit(":", 1)
    return [host, "--port", port]


def web_address(env: dict[str, str], run: Path) -> str:
    return env.get("WEB_ADDRESS") or f"unix:{run}/web.sock"


def sockets_address(env: dict[str, str], run: Path) -> str:
    return env.get("SOCKETS_ADDRESS") or f"unix:{run}/sockets.sock"


def process_environment(name: str) -> dict[str, str]:
    """What differs between processes: only request threads may keep a database connection (ASGI would leak them)."""
    return {"KEEP_CONNECTIONS": "1"} if name == "web" else {}


def write_nginx(env: dict[str, str], run: Path, *, host: str, port: int, logs: Path | None, tls: tuple[Path, Path, Path] | None = None) -> None:
    """run/nginx.conf from the template. tls: certificate, key and the authority's certificate, which phones may fetch at /ca.crt.
    logs None: to standard output (containers)."""
    proxies = [name.strip() for name in env.get("TRUSTED_PROXIES", "").split(",") if name.strip()]
    listen = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    values = {
        "USER": "user root;" if os.geteuid() == 0 else "",
        "NGINX_WORKERS": env.get("NGINX_WORKERS", "2"),
        "RUN": quoted(run),
        "ERROR_LOG": quoted(logs / "nginx-error.log") if logs else "stderr",
        "ACCESS_LOG": quoted(logs / "access.log") if logs else "/dev/stdout",
        "TRUSTED_PROXIES": "".join(f"    set_real_ip_from {name};\n" for name in proxies),
        "TRUSTED_PROXIES_GEO": "".join(f"        {name} 1;\n" for name in proxies),
        "WEB": quoted(web_address(env, run)),
        "SOCKETS": quoted(sockets_address(env, run)),
        "MOST_MB": str(away.MOST_MB),
        "SAID": away.maps(),
        "SAYING": away.locations(),
        "LISTEN": f"{listen} ssl" if tls else listen,
        "TLS": _tls(*tls) if tls else "",
        "STATIC_ROOT": quoted(env["STATIC_ROOT"]),
        "MEDIA_ROOT": quoted(env["MEDIA_ROOT"]),
    }
    template = (DEPLOY / "nginx.conf.template").read_text()
    # A value may stand in quotes with a tail: "${RUN}/x" becomes one quoted word, so that paths with spaces survive.
    text = re.sub(r"\$\{([A-Z_]+)\}(/[\w./-]*)?", lambda found: _with_tail(values[found[1]], found[2] or ""), template)
    (run / "nginx.conf").write_text(text)


def quoted(path: Path | str) -> str:
    return json.dumps(str(path), ensure_ascii=False)


def _with_tail(value: str, tail: str) -> str:
    return value[:-1] + tail + '"' if tail and value.endswith('"') else value + tail


def _tls(certificate: Path, key: Path, authority: Path) -> str:
    return f"""
        ssl_certificate {quoted(certificate)};
        ssl_certificate_key {quoted(key)};
        ssl_protocols TLSv1.2 TLSv1.3;
        error_page 497 =301 https://$http_host$request_uri;  # plain HTTP on this port
        location = /ca.crt {{
            alias {quoted(authority)};
            default_type application/x-x509-ca-cert;
        }}
"""


def write_supervisor(programs: dict[str, tuple[list[str], dict]], run: Path, logs: Path | None, *, together: tuple = ()) -> None:
    """run/supervisord.conf from {name: (command, supervisor's options)}; logs None: to standard output. `together` names the
    group "platform". A program that ends is started again within two seconds; if the supervisor itself is killed, the
    kernel ends its children (setpriv --pdeathsig), so that none is orphaned."""
    sections: dict[str, dict] = {
        "supervisord": {
            "nodaemon": "true",
            "logfile": logs / "supervisor.log" if logs else "/dev/null",
            "logfile_maxbytes": "5MB" if logs else "0",
            "logfile_backups": "1",
            "loglevel": "warn",
            "pidfile": run / "supervisor.pid",
            "childlogdir": run,
            **({"user": "root"} if os.geteuid() == 0 else {}),
        },
        "unix_http_server": {"file": run / "supervisor.sock", "chmod": "0700"},
        "supervisorctl": {"serverurl": f"unix://{run}/supervisor.sock"},
        "rpcinterface:supervisor": {"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"},
    }
    for name, (line, options) in programs.items():
        output = logs / f"{name}.log" if logs else "/dev/stdout"
        sections[f"program:{name}"] = {
            "command": shlex.join(_die_with_parent(line, options.get("stopsignal", "TERM"))),
            "directory": ROOT,
            "environment": ",".join(f'{key}="{value}"' for key, value in process_environment(name).items()),
            "autorestart": "true",
            "startsecs": "0",
            "stopwaitsecs": "15",
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": str(output).replace("%", "%%"),  # the supervisor expands this one twice
            "stdout_logfile_maxbytes": "10MB" if logs else "0",
            "stdout_logfile_backups": "2",
            **options,
        }
    if together:
        sections["group:platform"] = {"programs": ",".join(together)}
    text = "".join(
        f"[{section}]\n" + "".join(f"{key}={str(value).replace('%', '%%')}\n" for key, value in values.items()) + "\n"
        for section, values in sections.items()
    )
    (run / "supervisord.conf").write_text(text)


def _die_with_parent(line: list[str], signal_name: str) -> list[str]:
    if line[0] == "setpriv":
        return ["setpriv", f"--pdeathsig={signal_name}", *line[1:]]
    return ["setpriv", f"--pdeathsig={signal_name}", "--", *line]


def supervisor_command(run: Path) -> list[str]:
    """The supervisor ends (and ends everything) when the script that started it is killed."""
    return ["setpriv", "--pdeathsig=TERM", "--", str(BIN / "supervisord"), "-c", str(run / "supervisord.conf")]


def control(run: Path, *words: str) -> list[str]:
    return [str(BIN / "supervisorctl"), "-c", str(run / "supervisord.conf"), *words]
