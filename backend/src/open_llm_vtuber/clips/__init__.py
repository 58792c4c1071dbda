"""Clips: what of a show somebody wants to keep, as subtitles, sound and data. Pure; the sound is spoken elsewhere."""
