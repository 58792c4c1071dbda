// Her face, her gestures, where her words come from, the engines at work and what they cost.

import { Mark, Panel, Tick } from "./frame.js";
import { html } from "./html.js";
import { LET_GO, faceOrders, gestureOrders } from "./orders.js";
import { limitsOf, money, spendWords, stepWords } from "./spend.js";

/** @typedef {import("./room.js").Room} Room */
/** @typedef {import("./orders.js").Order} Order */
/** @typedef {(message: import("../messages.js").Message) => void} Send */

/** @param {{ orders: Order[], current: string, send: Send, label: string }} props */
function Orders({ orders, current, send, label }) {
  return html`<div class="row" role="group" aria-label=${label}>
    ${orders.map(
      ({ text, key, name, message }) => html`<button
        key=${name}
        type="button"
        class="order"
        aria-pressed=${name === current}
        aria-keyshortcuts=${key.replace(" ", "+") || undefined}
        onClick=${() => send(message)}
      >
        ${key ? html`<kbd>${key.replace("Shift ", "⇧")}</kbd> ` : null}${text}
      </button>`,
    )}
  </div>`;
}

/** @param {{ room: Room, send: Send, stay: boolean, onStay: (stay: boolean) => void }} props */
export function Body({ room, send, stay, onStay }) {
  const { abilities, expression, motion } = room.show;
  const faces = faceOrders(abilities, stay);
  const gestures = gestureOrders(abilities, stay);
  const moving = motion ? `${motion.motion_group} ${motion.motion_index}` : "";
  return html`<${Panel} title="Face and gestures" name="body">
    ${faces.length + gestures.length === 0 ? html`<p class="empty">This avatar can show nothing of its own.</p>` : null}
    <${Orders} orders=${faces} current=${expression?.name ?? ""} send=${send} label="Faces, keys 1 to 9" />
    <${Orders} orders=${gestures} current=${moving} send=${send} label="Gestures, Shift and 1 to 9" />
    <div class="row">
      <${Tick} name="stay" label="Until I let go" pressed=${stay} onChange=${onStay} />
      <button type="button" onClick=${() => LET_GO.forEach(send)}>Let go</button>
    </div>
  <//>`;
}

/** @type {Record<string, [string, string]>} */
const MODES = {
  orphiq: ["Her own", "Her own character answers"],
  "external-api": ["Provider", "A language model elsewhere answers"],
  autonomous: ["Autonomous", "She carries the show by herself"],
};

/** @param {string} mode */
export const modeName = (mode) => MODES[mode]?.[0] ?? mode;

/** @param {{ room: Room, send: Send }} props */
export function Modes({ room, send }) {
  const { mode } = room.show;
  return html`<${Panel} title="Where her words come from" name="modes">
    <div class="row" role="group" aria-label="Mode">
      ${Object.entries(MODES).map(([name, [title, what]]) => {
        const isThere = room.modes.includes(name) || name === mode;
        return html`<button
          key=${name}
          type="button"
          data-mode=${name}
          aria-pressed=${name === mode}
          disabled=${!isThere}
          title=${isThere ? what : "Not set up: see the how-to"}
          onClick=${() => send({ type: "set-backend-mode", mode: name })}
        >${title}</button>`;
      })}
    </div>
    <p class="aside">${MODES[mode]?.[1] ?? mode}. A change counts from the next turn.</p>
  <//>`;
}

/** @type {Record<string, string>} */
const JOBS = { llm: "Words", tts: "Voice", asr: "Ears", vad: "Speech detection" };

/** @param {{ room: Room }} props */
export function Engines({ room }) {
  const { spend } = room.show;
  const engines = Object.entries(room.show.providers);
  return html`<${Panel} title="Engines and spend" name="engines">
    <dl class="facts">
      ${engines.map(([job, { engine, is_demo, note }]) => {
        const mood = note ? "bad" : is_demo ? "busy" : "good";
        const state = note || (is_demo ? "a demo" : "works");
        return html`<div key=${job}>
          <dt>${JOBS[job] ?? job}</dt>
          <dd><${Mark} mood=${mood}>${engine}<//> <span class="reason">${state}</span></dd>
        </div>`;
      })}
      <div id="spend">
        <dt>Spend</dt>
        <dd>${spendWords(spend)}</dd>
      </div>
    </dl>
    ${(spend?.models ?? []).map(
      ({ provider, model, requests, cost }) => html`<p class="aside" key=${`${provider} ${model}`}>
        ${provider} ${model}: ${cost === null ? "price not known" : money(cost, spend?.currency ?? "")}, ${requests} requests
      </p>`,
    )}
    ${stepWords(spend) && html`<p><${Mark} mood=${spend?.step === "spent" ? "bad" : "busy"}>${stepWords(spend)}<//></p>`}
    ${limitsOf(spend).map(
      ({ name, spent, limit }) => html`<label class="budget" key=${name}>
        Budget, ${name}: ${money(spent, "")} of ${money(limit, spend?.currency ?? "")}
        <meter min="0" max=${limit} high=${limit * 0.8} value=${spent}></meter>
      </label>`,
    )}
  <//>`;
}
