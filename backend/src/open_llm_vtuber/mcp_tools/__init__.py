"""Tools of MCP servers, each a program of its own."""
