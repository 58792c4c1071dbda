"""Output to a running VTube Studio: the character's face, gestures and mouth, through its public API."""
