"""Chat: which of the viewers' messages the character answers. Pure; time is passed in."""
