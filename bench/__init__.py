"""Measures what the filters cost, side by side with a bare Envoy and with Envoy's own filters."""
