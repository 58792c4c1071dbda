// What the panels for editing are made of: fields, and the row that saves.

import { discarded, field, isDirty, request, typed } from "./edits.js";
import { Panel } from "./frame.js";
import { html } from "./html.js";

/** @typedef {import("./edits.js").Edits} Edits */
/** @typedef {import("./html.js").View} View */
/** @typedef {(message: import("../messages.js").Message) => void} Send */
/** @typedef {(edits: Edits) => void} Change */
/** @typedef {{ edits: Edits, section: string, path: string[], change: Change }} Place one value of a section, and who is told what was typed */

/** A button that lists what would change, one that saves, and what came of it. @param {{ edits: Edits, section: string, send: Send, change: Change }} props */
export function SaveRow({ edits, section, send, change }) {
  const dirty = isDirty(edits, section);
  const diff = edits.diffs[section];
  const fault = edits.faults[section];
  return html`<div class="save-row">
    <div class="row">
      <button type="button" class="main" data-save=${section} disabled=${!dirty} onClick=${() => send(request(edits, section, false))}>Save</button>
      <button type="button" data-check=${section} disabled=${!dirty} onClick=${() => send(request(edits, section, true))}>What would change?</button>
      <button type="button" data-discard=${section} disabled=${!dirty} onClick=${() => change(discarded(edits, section))}>Discard</button>
      <span class="aside" role="status">${saveWords(edits, section)}</span>
    </div>
    ${fault ? html`<${Faults} text=${fault} />` : null}
    ${diff ? html`<${Diff} lines=${diff} />` : null}
  </div>`;
}

/** Each on a line of its own. @param {{ text: string }} props */
function Faults({ text }) {
  return html`<div class="fault" role="alert">
    <p><b>Nothing was changed.</b></p>
    <ul>${[...new Set(text.split("; "))].map((each) => html`<li key=${each}>${each}</li>`)}</ul>
  </div>`;
}

/** @param {Edits} edits @param {string} section */
export function saveWords(edits, section) {
  if (edits.faults[section]) return "Not saved";
  if (isDirty(edits, section)) return "Not saved yet";
  return edits.saved[section] ? "✓ Saved. It counts from her next turn." : "";
}

/** @param {{ lines: string[] }} props */
export function Diff({ lines }) {
  if (lines.length === 0) return html`<p class="aside" role="status">Nothing would change.</p>`;
  return html`<ul class="diff" aria-label="What would change" tabindex="0">
    ${lines.map(
      (line, i) => html`<li key=${i} class=${line.startsWith("+") ? "comes" : "goes"}>
        <span aria-hidden="true">${line[0]}</span> <span class="unseen">${line.startsWith("+") ? "New:" : "Gone:"}</span>
        <span dir="auto">${line.slice(1) || " "}</span>
      </li>`,
    )}
  </ul>`;
}

/** @param {Place} place @param {any} value */
const put = ({ edits, section, path, change }, value) => change(typed(edits, section, path, value));

/** @param {Place} place */
const read = ({ edits, section, path }) => field(edits, section, path);

/** @param {Place & { label: string, rows?: number, code?: boolean, hint?: string }} props a text of many lines */
export function TextField({ label, rows = 8, code = false, hint = "", ...place }) {
  const id = ["field", place.section, ...place.path].join("-");
  return html`<div class="field">
    <label for=${id}>${label}</label>
    ${hint ? html`<p class="aside" id=${`${id}-hint`}>${hint}</p>` : null}
    <textarea
      id=${id}
      rows=${rows}
      class=${code ? "code-field" : ""}
      spellcheck=${!code}
      wrap=${code ? "off" : "soft"}
      dir="auto"
      aria-describedby=${hint ? `${id}-hint` : undefined}
      value=${read(place) ?? ""}
      onInput=${(/** @type {any} */ event) => put(place, event.currentTarget.value)}
    ></textarea>
  </div>`;
}

/** @param {Place & { label: string, hint?: string }} props a list, one entry a line */
export function ListField({ label, hint = "", ...place }) {
  const id = ["field", place.section, ...place.path].join("-");
  const entries = /** @type {string[]} */ (read(place) ?? []);
  return html`<div class="field">
    <label for=${id}>${label}</label>
    ${hint ? html`<p class="aside" id=${`${id}-hint`}>${hint}</p>` : null}
    <textarea
      id=${id}
      rows=${Math.min(8, Math.max(2, entries.length + 1))}
      spellcheck=${false}
      dir="auto"
      aria-describedby=${hint ? `${id}-hint` : undefined}
      value=${entries.join("\n")}
      onInput=${(/** @type {any} */ event) => put(place, event.currentTarget.value.split("\n"))}
    ></textarea>
  </div>`;
}

/** @param {Place & { label: string, unseen?: boolean, max?: number, unit?: string }} props */
export function NumberField({ label, unseen = false, max, unit = "", ...place }) {
  const id = ["field", place.section, ...place.path].join("-");
  return html`<div class="number-field">
    <label for=${id} class=${unseen ? "unseen" : ""}>${label}</label>
    <input
      id=${id}
      type="number"
      min="0"
      max=${max}
      step="any"
      inputmode="decimal"
      value=${read(place) ?? ""}
      onInput=${(/** @type {any} */ { currentTarget }) => put(place, currentTarget.value === "" ? null : Number(currentTarget.value))}
    />
    ${unit ? html`<span class="aside">${unit}</span>` : null}
  </div>`;
}

/** @param {Place & { label: string, options: [value: string, words: string][] }} props */
export function Choice({ label, options, ...place }) {
  const now = read(place);
  return html`<select
    aria-label=${label}
    value=${now}
    onChange=${(/** @type {any} */ event) => put(place, event.currentTarget.value)}
  >
    ${options.map(([value, words]) => html`<option key=${value} value=${value} selected=${value === now}>${words}</option>`)}
  </select>`;
}

/** @param {Place & { label: string, unseen?: boolean }} props */
export function Switch({ label, unseen = false, ...place }) {
  return html`<label class="tick">
    <input
      type="checkbox"
      checked=${Boolean(read(place))}
      onChange=${(/** @type {any} */ event) => put(place, event.currentTarget.checked)}
    />
    <span class=${unseen ? "unseen" : ""}>${label}</span>
  </label>`;
}

/** @param {{ title: string, section: string, edits: Edits, send: Send, change: Change, children?: View }} props */
export function EditPanel({ title, section, edits, send, change, children }) {
  return html`<${Panel} title=${title} name=${`edit-${section}`}>
    ${children}
    <${SaveRow} edits=${edits} section=${section} send=${send} change=${change} />
  <//>`;
}
