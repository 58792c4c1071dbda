"""Sections of the configuration, and how its file is read. Only `config.py` puts them together."""
