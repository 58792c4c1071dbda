// What remote models have cost, read from the figures of /metrics.

/** @typedef {{ requests: number, cost: number, unpriced: number, currency: string, limits: { name: string, spent: number, limit: number }[] }} Spend */

const SAMPLE = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-z_]+)="((?:[^"\\]|\\.)*)"/g;
const LIMITS = { per_stream: "this stream", per_hour: "this hour" };

/** @param {string} text Prometheus' text format @returns {Spend} */
export function spendFrom(text) {
  const samples = text.split("\n").flatMap(sample);
  const sum = (/** @type {string} */ name) =>
    samples.filter((each) => each.name === name).reduce((total, { value }) => total + value, 0);
  const spent = samples.filter(({ name }) => name === "olv_budget_spent");
  const limits = samples.filter(({ name }) => name === "olv_budget_limit");
  return {
    requests: sum("olv_llm_requests_total"),
    cost: sum("olv_llm_cost_total"),
    unpriced: sum("olv_llm_unpriced_requests_total"),
    currency: spent[0]?.labels.currency ?? "",
    limits: limits.map(({ labels, value }) => ({
      name: /** @type {Record<string, string>} */ (LIMITS)[labels.limit] ?? labels.limit,
      spent: spent.find((each) => each.labels.limit === labels.limit)?.value ?? 0,
      limit: value,
    })),
  };
}

/** @param {string} line @returns {{ name: string, labels: Record<string, string>, value: number }[]} */
function sample(line) {
  const found = SAMPLE.exec(line);
  if (!found) return [];
  const labels = Object.fromEntries([...(found[2] ?? "").matchAll(LABEL)].map(([, name, value]) => [name, value]));
  return [{ name: found[1], labels, value: Number(found[3]) }];
}

/** @param {number} amount @param {string} currency */
export function money(amount, currency) {
  const digits = amount > 0 && amount < 0.1 ? 4 : 2;
  return `${amount.toFixed(digits)} ${currency}`.trim();
}
