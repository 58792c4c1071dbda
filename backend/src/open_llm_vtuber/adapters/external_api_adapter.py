"""The `external-api` mode: a remote provider gives the words."""

from open_llm_vtuber.adapters.agent_adapter import AgentAdapter


class ExternalAPIAdapter(AgentAdapter):
    """Keeps the adapter port with the provider of the configuration's `external_api`.

    Persona, memory and what is known of viewers reach that provider's prompt as they reach our own model's: the
    agent is of the same kind, only its language model is another one.
    """
