// The button that asks why she said it. The answer stands in the page and not over it: Esc stays stop now.

import { html, signal } from "./html.js";

/** @typedef {import("./room.js").Room} Room */
/** @typedef {import("./why-chain.js").Why} Why */
/** @typedef {{ open: boolean, why: Why | null, said: string, Chain: typeof import("./why-chain.js").Chain | null }} Asked */

/** @type {Asked} */
const CLOSED = { open: false, why: null, said: "", Chain: null };
const LIMIT_MS = 8_000;

/** @type {{ value: Asked }} */
const asked = signal(CLOSED);
let question = 0;

/** Ask why a turn went as it did; of two answers the later question's counts. @param {string | undefined} turn the last one without */
export async function askWhy(turn) {
  const mine = ++question;
  asked.value = { ...CLOSED, open: true, said: "Looking it up…" };
  const drawn = import("./why-chain.js").catch(() => null); // not before somebody asks
  const path = `/api/turns/${encodeURIComponent(turn ?? "last")}/why`;
  const answer = await fetch(path, { signal: AbortSignal.timeout(LIMIT_MS) }).catch(() => null);
  const told = await answer?.json().catch(() => null);
  const Chain = (await drawn)?.Chain ?? null;
  if (mine !== question) return;
  const isTold = Boolean(answer?.ok && told && Chain);
  asked.value = isTold
    ? { open: true, why: told, said: "", Chain }
    : { ...CLOSED, open: true, said: refusal(answer?.status, told?.detail, turn) };
}

export function closeWhy() {
  question += 1;
  asked.value = CLOSED;
}

/** @param {number | undefined} status @param {string | undefined} detail @param {string | undefined} turn */
function refusal(status, detail, turn) {
  if (status === 404 && !turn) return "Nothing has been said yet.";
  return detail ?? "The server could not be reached.";
}

/** The button and, once pressed, the answer below it. @param {{ room: Room }} props */
export function WhyPart({ room }) {
  const { open, why, said, Chain } = asked.value;
  return html`<div class="row">
      <button type="button" id="ask-why" aria-expanded=${open} aria-controls="why" onClick=${() => askWhy(room.speech?.turn)}>Why?</button>
      ${open ? html`<button type="button" onClick=${close}>Close</button>` : null}
    </div>
    <div id="why" class="why-panel" hidden=${!open} role="group" aria-label="Why she said it">
      <p role="status" class="aside" hidden=${!said}>${said}</p>
      ${why && Chain ? html`<${Chain} why=${why} room=${room} />` : null}
    </div>`;
}

function close() {
  closeWhy();
  document.getElementById("ask-why")?.focus(); // the button that had the focus is gone
}
