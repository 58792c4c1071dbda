"""Twitch: chat in. Knows the shared language and nothing of shows."""
