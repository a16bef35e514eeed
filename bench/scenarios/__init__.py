"""The scenarios, one file for each theme, in the order of the report."""

from bench.scenarios import noop, auth, limit, gate, refused, transform, aggregate, growth  # noqa: F401
