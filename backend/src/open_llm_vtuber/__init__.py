"""The backend that puts an AI character on air."""

__version__ = "0.1.0"
