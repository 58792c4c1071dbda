"""The `orphiq` mode: our own agent gives the words, with the language model of the character's file."""

from open_llm_vtuber.adapters.agent_adapter import AgentAdapter


class OrphiqAdapter(AgentAdapter):
    """Keeps the adapter port with an agent of our own."""
