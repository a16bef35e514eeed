"""An NGINX with Lua as a contestant, where one is installed."""

import os
import shutil
import socket
from pathlib import Path

from bench import place
from bench.process import SERVER_CPUS, Process, eventually

_MODULES = Path(os.environ.get("BENCH_NGINX_MODULES", "/usr/lib/nginx/modules"))
_CJSON = os.environ.get("BENCH_NGINX_CJSON") or next(Path("/usr/lib").glob("*/lua/5.1/cjson.so"), None)
_PACKAGES = "apt-get install nginx-light libnginx-mod-http-lua lua-cjson"


class Missing(Exception):
    """NGINX or something that it needs is not installed."""


class Nginx(Process):
    """A running NGINX: one process, so that its CPU time is all in one place."""

    def __init__(self, name: str, config: str, upstream: int | None) -> None:
        program = os.environ.get("BENCH_NGINX") or shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        if program is None or _CJSON is None or not (_MODULES / "ngx_http_lua_module.so").exists():
            raise Missing(f"NGINX with Lua is not installed: {_PACKAGES}")
        home = place.folder("run") / name
        (home / "logs").mkdir(parents=True, exist_ok=True)
        self.port = _free_port()
        filled = {"@PORT@": self.port, "@UPSTREAM@": upstream, "@MODULES@": _MODULES, "@CJSON@": _CJSON, "@HOME@": home}
        for mark, value in filled.items():
            config = config.replace(mark, str(value))
        (home / "nginx.conf").write_text(config)
        super().__init__([program, "-p", str(home), "-c", str(home / "nginx.conf")], home / "log", SERVER_CPUS)
        try:
            eventually(f"NGINX for {name}", self._is_listening, self)
        except BaseException:
            self.stop()
            raise

    def _is_listening(self) -> bool:
        socket.create_connection(("127.0.0.1", self.port), 1).close()
        return True


def start(name: str, config: str, upstream: int | None) -> Nginx:
    return Nginx(name, config, upstream)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
