"""Agents: a persona, a memory and a language model make a character's words."""
