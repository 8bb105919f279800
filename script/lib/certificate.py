"""A local certificate authority and a server certificate for `script/demo --https`, made with openssl."""

import ipaddress
import os
import socket
import subprocess
from pathlib import Path

from libraries import run
from say import step


def make(folder: Path, host: str) -> tuple[Path, Path, Path]:
    """(certificate, key, authority) for this machine's names and addresses; made again when those change.
    The authority stays the same, so that a phone that trusts it need not be taught again."""
    folder.mkdir(mode=0o700, exist_ok=True)
    authority, authority_key = folder / "ca.crt", folder / "ca.key"
    certificate, key, names_file = folder / "server.crt", folder / "server.key", folder / "names"
    names = _names(host)
    if certificate.exists() and names_file.exists() and names_file.read_text() == names:
        return certificate, key, authority
    with step("Making a certificate for this machine"):
        os.umask(0o077)
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]
        if not authority.exists():
            subject = ["-days", "3650", "-subj", "/CN=Demonstration authority"]
            extensions = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"]
            run(["openssl", "req", "-x509", *curve, "-keyout", authority_key, "-out", authority, *subject, *extensions])
        request = folder / "server.csr"
        run(["openssl", "req", *curve, "-keyout", key, "-out", request, "-subj", "/CN=Demonstration server"])
        extensions = folder / "extensions"
        extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n")
        # 397 days: the most that phones accept for a server certificate.
        signing = ["-CA", authority, "-CAkey", authority_key, "-days", "397", "-extfile", extensions]
        run(["openssl", "x509", "-req", "-in", request, "-out", certificate, *signing])
        names_file.write_text(names)
    return certificate, key, authority


def lan_addresses() -> list[str]:
    """This machine's addresses other than loopback."""
    try:
        listed = subprocess.run(["hostname", "-I"], capture_output=True, text=True).stdout.split()
    except OSError:
        return []
    return [address for address in listed if not address.startswith(("127.", "fe80:", "::1"))]


def _names(host: str) -> str:
    names = {"localhost", "127.0.0.1", "::1", socket.gethostname(), *lan_addresses()} | ({host} if host not in {"0.0.0.0", "::"} else set())  # noqa: S104
    return ",".join(f"{'IP' if _is_address(name) else 'DNS'}:{name}" for name in sorted(names))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
