// What the page asks of the server. A refusal is thrown with the field that it is about.

export class Refusal extends Error {
  /** @param {string} text @param {string} field "" for none in particular */
  constructor(text, field) {
    super(text);
    this.field = field;
  }
}

/** @param {string} path @param {object} [body] @returns {Promise<Response>} */
async function ask(path, body) {
  const options = body
    ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }
    : {};
  const answer = await fetch(path, options).catch(() => {
    throw new Refusal("The program cannot be reached. Is it still running?", "");
  });
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  throw new Refusal(problem.detail ?? `The program refused (${answer.status}).`, problem.field ?? "");
}

const json = (/** @type {Response} */ answer) => answer.json();

export const state = () => ask("/api/setup").then(json);
export const servers = () => ask("/api/setup/servers", {}).then(json);
export const tryBrain = (/** @type {object} */ brain) => ask("/api/setup/brain", { brain }).then(json);
export const hear = (/** @type {object} */ voice, /** @type {string} */ name) =>
  ask("/api/setup/voice", { voice, name }).then((answer) => answer.blob());
export const apply = (/** @type {object} */ choices) => ask("/api/setup", choices).then(json);
export const rehearse = (/** @type {boolean} */ wanted) => ask("/api/setup/rehearsal", { rehearse: wanted }).then(json);
