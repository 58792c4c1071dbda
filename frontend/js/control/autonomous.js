// What she does unasked: triggers and the run-down. Shown once the show's state speaks of it.

import { Panel, clock } from "./frame.js";
import { html } from "./html.js";

/** @typedef {import("./room.js").Room} Room */
/** @typedef {(message: import("../messages.js").Message) => void} Send */
/** @typedef {{ name: string, kind: string, enabled: boolean, next_at: string | null, fires: number, outcome: string, fault?: string }} Trigger */

/** @param {{ room: Room, send: Send }} props */
export function Autonomous({ room, send }) {
  const summary = room.show.autonomous;
  if (!summary) return null;
  const set = (/** @type {Record<string, any>} */ fields) => send({ type: "autonomous-set", ...fields });
  const triggers = /** @type {Trigger[]} */ (room.autonomous?.triggers ?? []);
  return html`<${Panel} title="Unasked" name="autonomous">
    <div class="row">
      <button
        type="button"
        aria-label=${`Everything unasked: ${summary.enabled ? "On" : "Off"}`}
        aria-pressed=${summary.enabled}
        onClick=${() => set({ enabled: !summary.enabled })}
      >${summary.enabled ? "On" : "Off"}</button>
      ${summary.enabled ? null : html`<span class="aside">Nothing below happens by itself until this is on.</span>`}
      ${room.show.mood ? html`<span>Mood: ${room.show.mood.name}</span>` : null}
      ${summary.next ? html`<span class="aside">Next: ${summary.next.trigger}, ${clock(summary.next.at)}</span>` : null}
    </div>
    <ul class="list">
      ${triggers.map((trigger) => html`<${TriggerLine} key=${trigger.name} trigger=${trigger} send=${send} set=${set} />`)}
    </ul>
    <${Rundown} rundown=${room.autonomous?.rundown} set=${set} />
  <//>`;
}

/** @param {{ trigger: Trigger, send: Send, set: (fields: Record<string, any>) => void }} props */
function TriggerLine({ trigger, send, set }) {
  const { name, kind, enabled, next_at, outcome, fault } = trigger;
  const told = fault || [next_at && `next ${clock(next_at)}`, outcome].filter(Boolean).join(" · ");
  return html`<li>
    <span class="grow"><b>${name}</b> <span class="reason">${kind}${told ? ` · ${told}` : ""}</span></span>
    <button type="button" aria-pressed=${enabled} aria-label=${`${name}: ${enabled ? "On" : "Off"}`} onClick=${() => set({ trigger: name, enabled: !enabled })}>${enabled ? "On" : "Off"}</button>
    <button type="button" aria-label=${`Fire ${name} now`} onClick=${() => send({ type: "autonomous-fire", trigger: name })}>Fire</button>
  </li>`;
}

/** @param {{ rundown?: { segment: string | null, index: number | null, ends_at: string | null, segments: string[] } | null, set: (fields: Record<string, any>) => void }} props */
function Rundown({ rundown, set }) {
  if (!rundown) return null;
  return html`<h3>Run-down</h3>
    <ol class="segments">
      ${rundown.segments.map(
        (segment, i) => html`<li key=${i} aria-current=${i === rundown.index ? "step" : undefined}>${segment}</li>`,
      )}
    </ol>
    <div class="row">
      ${rundown.segment === null
        ? html`<button type="button" onClick=${() => set({ rundown: "start" })}>Start</button>`
        : html`<button type="button" onClick=${() => set({ rundown: "back" })}>Back</button>
            <button type="button" onClick=${() => set({ rundown: "skip" })}>Next</button>
            <button type="button" onClick=${() => set({ rundown: "extend", minutes: 5 })}>+5 min</button>
            <button type="button" onClick=${() => set({ rundown: "stop" })}>End</button>`}
      ${rundown.ends_at ? html`<span class="aside">until ${clock(rundown.ends_at)}</span>` : null}
    </div>`;
}
