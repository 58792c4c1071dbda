// What remote models have cost, in words.

/** @typedef {{ provider: string, model: string, requests: number, cost: number | null }} ModelSpend a cost of null: its price is not known */
/**
 * @typedef {object} Spend as the state has it; limits that are null do not exist
 * @property {string} currency
 * @property {number} stream
 * @property {number} hour
 * @property {number | null} per_stream
 * @property {number | null} per_hour
 * @property {"full" | "small" | "spent"} step
 * @property {number} [unpriced]
 * @property {ModelSpend[]} [models]
 */

/** @param {number} amount @param {string} currency */
export function money(amount, currency) {
  const digits = amount > 0 && amount < 0.1 ? 4 : 2;
  return `${amount.toFixed(digits)} ${currency}`.trim();
}

/** @param {Spend | null | undefined} spend */
export function spendWords(spend) {
  if (!spend) return "nothing: no paid model is set up";
  const unpriced = spend.unpriced ? `, and ${spend.unpriced} requests of unknown price` : "";
  return `${money(spend.stream, spend.currency)} in this stream, ${money(spend.hour, spend.currency)} in the last hour${unpriced}`;
}

/** What the budget still allows; "" when it allows everything. @param {Spend | null | undefined} spend */
export function stepWords(spend) {
  if (spend?.step === "small") return "The budget is almost used: only smaller models are asked.";
  return spend?.step === "spent" ? "The budget is used: no model that costs anything is asked." : "";
}

/**
 * The limits that exist, with what is used of each.
 * @param {Spend | null | undefined} spend @returns {{ name: string, spent: number, limit: number }[]}
 */
export function limitsOf(spend) {
  if (!spend) return [];
  const all = [
    { name: "this stream", spent: spend.stream, limit: spend.per_stream },
    { name: "an hour", spent: spend.hour, limit: spend.per_hour },
  ];
  return all.flatMap(({ limit, ...rest }) => (limit === null ? [] : [{ ...rest, limit }]));
}
