"""Measurements, one module each: `make bench` runs them all, ARGS name some of them."""
