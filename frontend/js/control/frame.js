// What every part of the control room is framed by, and the small words that several of them use.

import { html } from "./html.js";

/** @typedef {import("./html.js").View} View */

/** @param {{ title: string, name: string, count?: number, children?: View }} props */
export function Panel({ title, name, count, children }) {
  const id = `${name}-title`;
  return html`<section class="panel" id=${name} aria-labelledby=${id}>
    <h2 id=${id}>${title}${count ? html` <span class="count">${count}</span>` : null}</h2>
    ${children}
  </section>`;
}

/** @param {{ mood: string, children?: View }} props a dot's shape says the same as its colour */
export function Mark({ mood, children }) {
  return html`<span class=${`mark ${mood}`}>${children}</span>`;
}

/** @param {{ label: string, pressed: boolean, name: string, onChange: (on: boolean) => void, children?: View }} props */
export function Tick({ label, pressed, name, onChange }) {
  return html`<label class="tick">
    <input
      type="checkbox"
      name=${name}
      checked=${pressed}
      onChange=${(/** @type {any} */ event) => onChange(event.currentTarget.checked)}
    />
    ${label}
  </label>`;
}

/** @param {string} iso */
export function clock(iso) {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? "" : time.toTimeString().slice(0, 5);
}

/** @param {number} ms */
export const seconds = (ms) => (ms < 50 ? "less than 0.1 s" : `${(ms / 1000).toFixed(1)} s`);

/** @type {[string, string][]} */
const POINTS = [
  ["first_token_ms", "First text"],
  ["first_sentence_ms", "first sentence"],
  ["first_audio_ms", "first sound"],
  ["end_ms", "end"],
];

/** How long it took to each point that a turn has reached. @param {Record<string, any>} timings */
export const pointWords = (timings) =>
  POINTS.flatMap(([name, words]) => (typeof timings[name] === "number" ? [`${words} ${seconds(timings[name])}`] : [])).join(" · ");
