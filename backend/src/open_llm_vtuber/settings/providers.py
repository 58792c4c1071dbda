"""Settings of remote language models: who is asked, who is asked instead, and what all of it may cost."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from open_llm_vtuber.accounts import ApiKey, BaseUrl
from open_llm_vtuber.provider_table import PROVIDERS
from open_llm_vtuber.units import Seconds

Spare = Literal["orphiq", "embedded", "autonomous"]
"""The show's own model; the one that comes along; no model at all, but another mode."""
NO_KEY = "not-needed"


class _Section(BaseModel):
    """A section of ours: an unknown key is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _known(name: str) -> str:
    if name not in PROVIDERS:
        raise ValueError(f"there is no provider {name!r}; known: {', '.join(PROVIDERS)}")
    return name


class PriceConfig(_Section):
    """What a million tokens cost, in the budget's currency."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)


class ExternalProvider(_Section):
    """A remote language model."""

    provider: Annotated[str, AfterValidator(_known)]
    model: str = Field(min_length=1)
    api_key: ApiKey = SecretStr("")
    endpoint: BaseUrl | None = None
    """Instead of the provider's own address, in the form that its SDK takes."""
    requests_per_minute: int = Field(default=60, ge=1)
    tokens_per_minute: int | None = Field(default=None, ge=1)
    timeout_s: Seconds = Field(default=30.0, gt=0, le=600)
    max_retries: int = Field(default=2, ge=0, le=10)
    price: PriceConfig | None = None
    """Instead of the one in our table."""

    @model_validator(mode="after")
    def _has_an_address(self) -> "ExternalProvider":
        if not self.address:
            raise ValueError(f"provider {self.provider} needs an endpoint")
        return self

    @property
    def address(self) -> str:
        """Where it is asked."""
        return self.endpoint or PROVIDERS[self.provider].address

    @property
    def lacks(self) -> str:
        """What is missing before it can be asked, in one sentence; "" if nothing is."""
        variable = PROVIDERS[self.provider].key_variable
        if not variable or self.api_key.get_secret_value() not in ("", NO_KEY):
            return ""
        return f"{self.provider} has no api_key: put one into {variable}, or into the configuration."


class ExternalApiConfig(ExternalProvider):
    """The section `external_api`: a remote language model, and what stands in for it, in order."""

    fallback: tuple[ExternalProvider | Spare, ...] = ()

    @model_validator(mode="after")
    def _ends_where_it_says(self) -> "ExternalApiConfig":
        if "autonomous" in self.fallback[:-1]:
            raise ValueError("nothing can come after autonomous in fallback")
        return self


class BudgetConfig(_Section):
    """The section `budget`: what remote language models may cost; None is no limit."""

    per_stream: float | None = Field(default=None, ge=0)
    per_hour: float | None = Field(default=None, ge=0)
    per_viewer_hour: float | None = Field(default=None, ge=0)
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")


def with_keys(given: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """Return a configuration in which keys that `external_api` lacks are taken from their usual variables."""
    section = given.get("external_api")
    if not isinstance(section, dict):
        return dict(given)
    section = _with_key(section, environment)
    if isinstance(spares := section.get("fallback"), list):
        section["fallback"] = [
            _with_key(each, environment) if isinstance(each, dict) else each for each in spares
        ]
    return {**given, "external_api": section}


def _with_key(given: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    row = PROVIDERS.get(str(given.get("provider")))
    found = environment.get(row.key_variable, "") if row and row.needs_key else ""
    return {**given, "api_key": given.get("api_key") or found}
