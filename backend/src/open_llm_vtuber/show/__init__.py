"""The core: one character on air. No sockets, no SDKs, no web framework."""
