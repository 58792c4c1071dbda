// The streamer on stage beside her: what she does when they speak, and this page as their microphone.

import { TALK_KEY, buttonOf, buttonWords, microphoneWords } from "../microphone.js";
import { FLOORS } from "./floor-modes.js";
import { Mark, Panel } from "./frame.js";
import { html } from "./html.js";

/** @typedef {import("../microphone.js").Microphone} Mic */
/** @typedef {import("../microphone.js").FloorMode} FloorMode */
/** @typedef {{ floor: FloorMode, name: string, holder: string | null, waiting: number }} Stage */
/** @typedef {(message: import("../messages.js").Message) => void} Send */

/** Who speaks, as the others on stage see it. @param {Stage} stage @param {string} uid of this page */
export function holderWords({ name, holder, waiting }, uid) {
  if (!holder) return "";
  const who = holder === uid ? "You have the floor" : `${name} has the floor`;
  return waiting > 0 ? `${who}, ${waiting} more ${waiting === 1 ? "comes" : "come"} next` : who;
}

/** @param {{ microphone: Mic, heard: { value: number } }} props */
function MicrophoneButton({ microphone, heard }) {
  void heard.value; // drawn anew whenever anything about the microphone has changed
  const on = buttonOf(microphone);
  const words = microphoneWords(microphone);
  const isOn = microphone.state === "on" || microphone.held;
  return html`<div class="row">
      <button
        id="mic"
        type="button"
        class=${`mic wide${microphone.speaking ? " heard" : ""}`}
        style=${`--level:${microphone.level.toFixed(2)}`}
        aria-pressed=${microphone.floor === "push-to-talk" ? microphone.held : isOn}
        aria-keyshortcuts=${TALK_KEY}
        onClick=${on.click}
        onPointerDown=${on.pointerdown}
        onPointerUp=${on.pointerup}
        onPointerLeave=${on.pointerleave}
        onPointerCancel=${on.pointercancel}
        onKeyDown=${on.keydown}
        onKeyUp=${on.keyup}
        onContextMenu=${on.contextmenu}
      >
        ${buttonWords(microphone)} ${microphone.floor === "push-to-talk" ? html`<kbd>${TALK_KEY}</kbd>` : null}
      </button>
      ${isOn && microphone.floor === "push-to-talk"
        ? html`<button type="button" onClick=${() => microphone.close()}>Turn it off</button>`
        : null}
    </div>
    <p class=${microphone.problem ? "aside mic-problem" : "aside"} role="status">${words}</p>`;
}

/** @param {{ room: import("./room.js").Room, send: Send, microphone: Mic, heard: { value: number } }} props */
export function CoHost({ room, send, microphone, heard }) {
  const stage = room.show.co_host;
  if (!stage) return null;
  const holder = holderWords(stage, microphone.uid);
  return html`<${Panel} title="You on stage" name="co-host">
    <div class="row" role="group" aria-label="When you speak">
      ${Object.entries(FLOORS).map(
        ([floor, [title, what]]) => html`<button
          key=${floor}
          type="button"
          data-floor=${floor}
          aria-pressed=${floor === stage.floor}
          title=${what}
          onClick=${() => send({ type: "set-floor", floor })}
        >${title}</button>`,
      )}
    </div>
    <p class="aside">${FLOORS[stage.floor]?.[1]} She calls you ${stage.name}.</p>
    <${MicrophoneButton} microphone=${microphone} heard=${heard} />
    ${holder ? html`<p><${Mark} mood="good">${holder}<//></p>` : null}
  <//>`;
}
