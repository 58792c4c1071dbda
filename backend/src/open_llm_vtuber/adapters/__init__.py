"""Adapters: where the words of a show come from."""
