"""The show log: what goes into a show and what it decides, written down as it happens, so that it can be replayed."""
