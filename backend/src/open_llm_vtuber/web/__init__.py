"""What is served over HTTP and WebSocket beside the shows' own socket, and who is let in."""
