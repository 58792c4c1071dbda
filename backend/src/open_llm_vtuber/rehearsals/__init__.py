"""Shows without an audience: recorded chat, simulated viewers, and the report of what came of it."""
