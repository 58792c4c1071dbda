// What the steps are made of: fields with their faults beside them, and cards of which one is chosen.

import { html } from "../control/html.js";

/** @typedef {import("../control/html.js").View} View */
/** @typedef {import("./choices.js").Fault} Fault */

const idOf = (/** @type {string} */ field) => `field-${field.replaceAll(".", "-")}`;

/** @param {Fault[]} faults @param {string} field */
const faultOf = (faults, field) => faults.find((each) => each.field === field)?.text ?? "";

/** @param {{ field: string, faults: Fault[] }} props */
export function FaultLine({ field, faults }) {
  const text = faultOf(faults, field);
  return text ? html`<p class="fault" id=${`${idOf(field)}-fault`}>${text}</p>` : null;
}

/**
 * @param {{ field: string, label: string, value: string, onChange: (value: string) => void, faults: Fault[], hint?: View,
 *   type?: string, placeholder?: string, rows?: number, options?: string[], most?: number }} props
 */
export function Field({ field, label, value, onChange, faults, hint, type = "text", placeholder, rows, options, most = 200 }) {
  const id = idOf(field);
  const isFaulty = faultOf(faults, field) !== "";
  const common = {
    id,
    value,
    placeholder,
    maxlength: most,
    autocomplete: "off",
    spellcheck: Boolean(rows),
    "aria-invalid": isFaulty ? "true" : undefined,
    "aria-describedby": [isFaulty && `${id}-fault`, hint && `${id}-hint`].filter(Boolean).join(" ") || undefined,
    onInput: (/** @type {any} */ event) => onChange(event.currentTarget.value),
  };
  return html`<div class="field">
    <label for=${id}>${label}</label>
    ${rows
      ? html`<textarea rows=${rows} ...${common}></textarea>`
      : html`<input type=${type} list=${options ? `${id}-list` : undefined} ...${common} />`}
    ${options ? html`<datalist id=${`${id}-list`}>${options.map((each) => html`<option key=${each} value=${each} />`)}</datalist>` : null}
    <${FaultLine} field=${field} faults=${faults} />
    ${hint ? html`<p class="hint" id=${`${id}-hint`}>${hint}</p>` : null}
  </div>`;
}

/** @param {{ label: string, field: string, value: string, onChange: (value: string) => void, options: [string, string][] }} props */
export function Select({ label, field, value, onChange, options }) {
  const id = idOf(field);
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <select id=${id} value=${value} onChange=${(/** @type {any} */ event) => onChange(event.currentTarget.value)}>
      ${options.map(([name, shown]) => html`<option key=${name} value=${name} selected=${name === value}>${shown}</option>`)}
    </select>
  </div>`;
}

/**
 * One of several; what belongs to it is shown while it is the one.
 * @param {{ group: string, value: string, chosen: string, title: string, about: View, onChoose: (value: string) => void, children?: View }} props
 */
export function Card({ group, value, chosen, title, about, onChoose, children }) {
  const isChosen = value === chosen;
  const id = `${group}-${value.replaceAll(/[^a-z0-9]/gi, "-")}`;
  return html`<div class=${`card ${isChosen ? "chosen" : ""}`}>
    <label for=${id}>
      <input type="radio" id=${id} name=${group} value=${value} checked=${isChosen} onChange=${() => onChoose(value)} />
      <span><strong>${title}</strong><span class="about">${about}</span></span>
    </label>
    ${isChosen && children ? html`<div class="inside">${children}</div>` : null}
  </div>`;
}

/** @param {{ field: string, label: View, checked: boolean, onChange: (on: boolean) => void, faults: Fault[] }} props */
export function Tick({ field, label, checked, onChange, faults }) {
  const id = idOf(field);
  const isFaulty = faultOf(faults, field) !== "";
  return html`<div class="field">
    <label class="tick" for=${id}>
      <input
        type="checkbox"
        id=${id}
        checked=${checked}
        aria-invalid=${isFaulty ? "true" : undefined}
        aria-describedby=${isFaulty ? `${id}-fault` : undefined}
        onChange=${(/** @type {any} */ event) => onChange(event.currentTarget.checked)}
      />
      <span>${label}</span>
    </label>
    <${FaultLine} field=${field} faults=${faults} />
  </div>`;
}
