"""The section `external_api` becomes a language model: remote ones with their limits, and what stands in for them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from open_llm_vtuber.accounts import is_loopback
from open_llm_vtuber.bookkeeping import Bookkeeping
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.fallback import OnChange
from open_llm_vtuber.llm import LLM_ENGINES
from open_llm_vtuber.llm.canned import CannedLines
from open_llm_vtuber.llm.fallback_brain import FallbackBrain, OnExhausted
from open_llm_vtuber.llm.metered import Metered, Patience, Tariff
from open_llm_vtuber.llm.rate_limit import RateLimit
from open_llm_vtuber.ports import LanguageModel
from open_llm_vtuber.prices import FREE, Price, price_of
from open_llm_vtuber.provider_table import COMPATIBLE, PROVIDERS
from open_llm_vtuber.settings.providers import (
    NO_KEY,
    BudgetConfig,
    ExternalApiConfig,
    ExternalProvider,
    Spare,
)
from open_llm_vtuber.spending import Budget

SECTION = "external_api"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What is told to whoever has the model."""

    on_change: OnChange
    """Gets who answers now, and a note for the operator about those that do not."""
    on_exhausted: OnExhausted | None = None
    """The chain ends in `autonomous`, and nobody before that answers: gets one sentence that says why."""
    on_recovered: Callable[[], None] | None = None
    """Somebody answers again."""


def external_model(
    external: ExternalApiConfig,
    books: Bookkeeping,
    hooks: Hooks,
    spares: Mapping[Spare, LanguageModel] | None = None,
) -> FallbackBrain:
    """Return the model, not yet started; nothing of a provider's SDK is imported before that.

    `spares` are the running models behind the words `orphiq` and `embedded`; a word without one is left out.
    Raises ConfigError for a remote model that cannot be asked: the first one of the chain, while another that
    lacks its key is left out and the note says so.
    """
    if external.lacks:
        raise ConfigError(external.lacks)
    chain: dict[str, LanguageModel] = {}
    ours: list[LanguageModel] = []
    currency = books.ledger.budget.currency
    remote = [external, *(each for each in external.fallback if isinstance(each, ExternalProvider))]
    has_local_spare = any(each in (spares or {}) for each in external.fallback if isinstance(each, str))
    giving_way = _giving_way(
        [each for each in remote if not each.lacks], currency, has_local_spare=has_local_spare
    )
    for place, each in enumerate((external, *external.fallback)):
        if isinstance(each, ExternalProvider):
            if each.lacks:
                continue
            metered = _metered(each, _setting(place), books, gives_way=id(each) in giving_way)
            chain[_name(each, chain)] = metered
            ours.append(metered)
        elif spares and each in spares:
            chain[each] = spares[each]
    return FallbackBrain(
        chain,
        hooks.on_change,
        ours=ours,
        canned=CannedLines(),
        on_exhausted=_autonomous(external, hooks) or _ignore,
        on_recovered=hooks.on_recovered or _nothing,
    )


def not_configured(external: ExternalApiConfig | None) -> str:
    """Return in one sentence why there is no remote model to ask; "" if there is one."""
    if external is None:
        return f"There is no {SECTION} in the configuration."
    return external.lacks


def notes(external: ExternalApiConfig, currency: str) -> tuple[str, ...]:
    """Return what an operator should know although nothing is wrong, one sentence each."""
    remote = [external, *(each for each in external.fallback if isinstance(each, ExternalProvider))]
    return (
        *(f"It is left out of {SECTION}.fallback: {each.lacks}" for each in remote[1:] if each.lacks),
        *(
            f"What {each.model} costs is not known in {currency}: its tokens are counted, and no budget holds it back. "
            "A price in the configuration changes that."
            for each in remote
            if _price(each, currency) is None
        ),
    )


def budget_of(config: BudgetConfig) -> Budget:
    """Return the limits as the ledger takes them."""
    return Budget(**config.model_dump())


def _metered(each: ExternalProvider, setting: str, books: Bookkeeping, *, gives_way: bool) -> Metered:
    tariff = Tariff(
        provider=each.provider,
        model=each.model,
        price=_price(each, books.ledger.budget.currency),
        gives_way=gives_way,
    )
    row = PROVIDERS[each.provider]
    options: dict[str, object] = {
        "base_url": each.address,
        "model": each.model,
        "llm_api_key": each.api_key.get_secret_value() or NO_KEY,
        "key_setting": f"{setting}.api_key",
        "address_setting": f"{setting}.endpoint",
        "timeout_s": each.timeout_s,
        "max_retries": 0,  # Metered repeats: each repetition is one more request of this minute
    }
    if row.engine == COMPATIBLE:
        options |= {"temperature": None, "reports_usage": row.reports_usage}
    limit = RateLimit(requests=each.requests_per_minute, tokens=each.tokens_per_minute)
    patience = Patience(retries=each.max_retries, first_word=each.timeout_s)
    return Metered(LLM_ENGINES.build(row.engine, options), tariff, limit, books, patience)


def _price(each: ExternalProvider, currency: str) -> Price | None:
    if each.price:
        return Price(each.price.input, each.price.output)
    is_free = PROVIDERS[each.provider].is_ones_own or is_loopback(each.address)
    return FREE if is_free else price_of(each.model, currency)


def _giving_way(remote: Sequence[ExternalProvider], currency: str, *, has_local_spare: bool) -> set[int]:
    """Return which are not asked any more when money gets short: all that cost more than the cheapest."""
    prices = {id(each): price.output for each in remote if (price := _price(each, currency))}
    cheapest = 0.0 if has_local_spare else min(prices.values(), default=0.0)
    return {which for which, price in prices.items() if price > cheapest}


def _setting(place: int) -> str:
    return f"{SECTION}.fallback[{place - 1}]" if place else SECTION


def _name(each: ExternalProvider, taken: Mapping[str, LanguageModel]) -> str:
    """Return the provider's name, with the model's behind it where that provider is there already."""
    name = each.provider if each.provider not in taken else f"{each.provider} {each.model}"
    while name in taken:
        name += " again"
    return name


def _autonomous(external: ExternalApiConfig, hooks: Hooks) -> OnExhausted | None:
    return hooks.on_exhausted if "autonomous" in external.fallback else None


def _ignore(_: str) -> None:
    return


def _nothing() -> None:
    return
