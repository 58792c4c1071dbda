"""Avatars on the disk: finding them, reading them safely, saying what is wrong with them, and the add-on that draws them."""
