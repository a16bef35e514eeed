"""An Envoy on one worker: its configuration, and the process."""

import json
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import place
from bench.process import OTHER_CPUS, SERVER_CPUS, Process, eventually
from bench.scenario import Filter

_TYPES = "type.googleapis.com/envoy.extensions"
_ROUTER: Filter = {
    "name": "envoy.filters.http.router",
    "typed_config": {"@type": f"{_TYPES}.filters.http.router.v3.Router"},
}
# A path that shows what an upstream would have been sent, without an upstream.
SEEN = "/api/seen"
_SEEN = "user=%REQ(x-user-id)% role=%REQ(x-user-role)% token=%REQ(authorization)%"
_FAULT, _FAULT_TYPE = "envoy.filters.http.fault", f"{_TYPES}.filters.http.fault.v3.HTTPFault"
_JSON = [
    {
        "header": {"key": "content-type", "value": "application/json"},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    }
]


class Envoy(Process):
    """A running Envoy with one listener."""

    def __init__(self, name: str, config: dict[str, Any], cpus: set[int]) -> None:
        files = place.folder("run")
        config_file = files / f"{name}.json"
        config_file.write_text(json.dumps(config, indent=1))
        self._admin = files / f"{name}.admin"
        self._admin.unlink(missing_ok=True)
        command = [place.envoy(), "-c", str(config_file), "--concurrency", "1", "--disable-hot-restart"]
        command += ["--log-level", "error", "--admin-address-path", str(self._admin)]
        super().__init__(command, files / f"{name}.log", cpus)
        try:
            eventually(f"Envoy for {name}", self._is_live, self)
            self.port = self._listening()
        except BaseException:
            self.stop()
            raise

    def _is_live(self) -> bool | None:
        if not self._admin.exists():
            return None
        return True if self._ask("/ready").strip() == b"LIVE" else None

    def _listening(self) -> int:
        listeners = json.loads(self._ask("/listeners?format=json"))["listener_statuses"]
        return listeners[0]["local_address"]["socket_address"]["port_value"]

    def _ask(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://{self._admin.read_text()}{path}", timeout=5) as answer:
            return answer.read()


def under_test(name: str, filters: Sequence[Filter], buffer_bytes: int, upstream: int | None) -> Envoy:
    """The Envoy of a contestant: answers by itself, or forwards to the port of an upstream."""
    routes = [_answer("/", '{"ok":true}')] if upstream is None else [_forward()]
    seen = _answer(SEEN, "")
    seen["direct_response"]["body_format"] = {"text_format_source": {"inline_string": _SEEN}}
    listener = _listener([seen, *routes], filters, buffer_bytes)
    clusters = [] if upstream is None else [_cluster(upstream, buffer_bytes)]
    return Envoy(name, _bootstrap(listener, clusters), SERVER_CPUS)


def serving(name: str, bodies: Mapping[str, bytes], delays_ms: Mapping[str, int]) -> Envoy:
    """An upstream that answers each path with a fixed JSON body, some after a while."""
    routes = []
    for number, (path, body) in enumerate(bodies.items()):
        file = place.folder("run") / f"{name}-{number}.body"
        file.write_bytes(body)
        routes.append(_file(path, file, delays_ms.get(path, 0)))
    # Idle where a route has no delay of its own.
    filters = [{"name": _FAULT, "typed_config": {"@type": _FAULT_TYPE}}] if delays_ms else []
    listener = _listener(routes, filters, 1 << 20)
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    manager["route_config"]["max_direct_response_body_size_bytes"] = 64 << 20
    return Envoy(name, _bootstrap(listener, []), OTHER_CPUS)


def _answer(prefix: str, body: str) -> dict[str, Any]:
    return {
        "match": {"prefix": prefix},
        "direct_response": {"status": 200, "body": {"inline_string": body}},
        "response_headers_to_add": _JSON,
    }


def _file(path: str, file: Path, delay_ms: int) -> dict[str, Any]:
    route = {
        "match": {"path": path},
        "direct_response": {"status": 200, "body": {"filename": str(file)}},
        "response_headers_to_add": _JSON,
    }
    if delay_ms:
        delay = {"fixed_delay": f"{delay_ms / 1000}s", "percentage": {"numerator": 100}}
        route["typed_per_filter_config"] = {_FAULT: {"@type": _FAULT_TYPE, "delay": delay}}
    return route


def _forward() -> dict[str, Any]:
    return {"match": {"prefix": "/"}, "route": {"cluster": "upstream"}}


def _listener(routes: list, filters: Sequence[Filter], buffer_bytes: int) -> dict[str, Any]:
    manager = {
        "@type": f"{_TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "bench",
        # A number that is drawn for each request costs the same everywhere and would only blur the differences.
        "generate_request_id": False,
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}]},
        "http_filters": [*filters, _ROUTER],
    }
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    return {
        "name": "bench",
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
        "per_connection_buffer_limit_bytes": buffer_bytes,
        "filter_chains": [chain],
    }


def _cluster(port: int, buffer_bytes: int) -> dict[str, Any]:
    address = {"address": "127.0.0.1", "port_value": port}
    endpoint = {"endpoint": {"address": {"socket_address": address}}}
    return {
        "name": "upstream",
        "type": "STATIC",
        "connect_timeout": "1s",
        "per_connection_buffer_limit_bytes": buffer_bytes,
        "load_assignment": {"cluster_name": "upstream", "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def _bootstrap(listener: dict[str, Any], clusters: list) -> dict[str, Any]:
    return {
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}},
        "static_resources": {"listeners": [listener], "clusters": clusters},
    }
