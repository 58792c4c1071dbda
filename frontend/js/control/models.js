// The avatars: which there are, what is wrong with them, how each looks, and who has it.

import { Mark, Panel } from "./frame.js";
import { html, signal } from "./html.js";

/** @typedef {import("./room.js").Room} Room */
/** @typedef {(message: import("../messages.js").Message) => void} Send */
/**
 * @typedef {object} Model
 * @property {string} name
 * @property {string} url
 * @property {boolean} is_built_in
 * @property {boolean} needs_live2d
 * @property {string} entry what model_dict.json lacks
 * @property {string[]} expressions
 * @property {Record<string, number>} motions how many there are in each group
 * @property {string[]} faults
 * @property {string[]} remarks
 * @property {{ filename: string, name: string }[]} characters
 */
/** @typedef {{ models: Model[], faults: string[], add_on: { ready: boolean, missing: string[] } }} Known */

/** Looking reads every file of every model: only when somebody wants to know. @type {{ value: Known | null }} */
const known = signal(/** @type {Known | null} */ (null));
const problem = signal("");
const shown = signal("");

async function look() {
  const answer = await fetch("/api/models").catch(() => null);
  problem.value = answer?.ok ? "" : "The server does not tell its avatars.";
  if (answer?.ok) known.value = await answer.json();
}

/** @param {{ room: Room, send: Send }} props */
export function Models({ room, send }) {
  return html`<${Panel} title="Avatars" name="models">
    <div class="row">
      <button type="button" onClick=${look}>${known.value ? "Look again" : "Look at them"}</button>
    </div>
    ${problem.value && html`<p role="alert"><${Mark} mood="bad">${problem.value}<//></p>`}
    ${
      known.value &&
      html`<${ModelList}
        known=${known.value}
        current=${room.show.character.conf_name ?? ""}
        shown=${shown.value}
        send=${send}
        onShow=${(/** @type {string} */ name) => (shown.value = name)}
      />`
    }
  <//>`;
}

/** @param {{ known: Known, current: string, shown: string, send: Send, onShow: (name: string) => void }} props */
export function ModelList({ known: { models, faults, add_on }, current, shown, send, onShow }) {
  const isNeeded = models.some(({ needs_live2d }) => needs_live2d);
  return html`${faults.map((fault) => html`<p key=${fault}><${Mark} mood="bad">${fault}<//></p>`)}
    ${
      isNeeded &&
      !add_on.ready &&
      html`<p><${Mark} mood="bad">Live2D models are not drawn; the built-in avatar stands in.<//></p>
        ${add_on.missing.map((sentence) => html`<p class="aside" key=${sentence}>${sentence}</p>`)}`
    }
    <ul class="list">
      ${models.map(
        (model) => html`<li key=${model.name} class="model-line">
          <${ModelLine} model=${model} current=${current} shown=${shown} send=${send} onShow=${onShow} />
        </li>`,
      )}
    </ul>`;
}

/** @param {{ model: Model, current: string, shown: string, send: Send, onShow: (name: string) => void }} props */
function ModelLine({ model, current, shown, send, onShow }) {
  const { name, faults, remarks, entry, characters, url } = model;
  const isShown = shown === name;
  const isOn = characters.some((each) => each.name === current);
  const others = characters.filter((each) => each.name !== current);
  return html`<div class="row">
      <span class="grow">
        <${Mark} mood=${faults.length ? "bad" : isOn ? "good" : "off"}>${name}<//>
        ${" "}<span class="aside">${modelWords(model, isOn)}</span>
      </span>
      ${
        url &&
        html`<button type="button" aria-expanded=${isShown} aria-label=${`${isShown ? "Close" : "Preview"} ${name}`} onClick=${() => onShow(isShown ? "" : name)}>
          ${isShown ? "Close" : "Preview"}
        </button>`
      }
    </div>
    ${faults.map((fault) => html`<p class="reason" key=${fault}>${fault}</p>`)}
    ${isShown && remarks.map((remark) => html`<p class="aside" key=${remark}>${remark}</p>`)}
    ${entry && html`<p class="aside">To give it to a character, add this to model_dict.json: <code>${entry}</code></p>`}
    ${
      isShown &&
      html`<div class="preview with-keys">
          <iframe src=${`/model?name=${encodeURIComponent(name)}`} title=${`The avatar ${name}, without sound`}></iframe>
        </div>
        <div class="row">
          ${others.map(
            ({ filename, name: who }) => html`<button type="button" key=${filename} onClick=${() => send({ type: "switch-config", file: filename })}>
              Switch to ${who}
            </button>`,
          )}
        </div>
        ${!isOn && !others.length && !entry && html`<p class="aside">No character has it: write live2d_model_name: ${name} into one's file.</p>`}`
    }`;
}

/** @param {Model} model @param {boolean} isOn */
export function modelWords({ is_built_in, needs_live2d, faults, expressions, motions }, isOn) {
  const gestures = Object.values(motions).reduce((sum, count) => sum + count, 0);
  const kind = is_built_in ? "built in" : needs_live2d ? "Live2D" : "drawn by the page";
  const can = faults.length ? `${faults.length} ${faults.length === 1 ? "fault" : "faults"}` : `${expressions.length} faces, ${gestures} gestures`;
  return `${isOn ? "on air, " : ""}${kind}, ${can}`;
}
