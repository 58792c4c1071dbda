"""The wire: every message as a class. `client_messages` come in, `server_messages` (the cues) go out."""
