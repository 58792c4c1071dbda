// What is on air: the stage as the audience sees it, what she says and why, the way to silence, and the way back.

import { Panel, pointWords, seconds } from "./frame.js";
import { html } from "./html.js";
import { pending } from "./room.js";
import { WhyPart } from "./why.js";

/** @typedef {import("./room.js").Room} Room */
/** @typedef {import("./room.js").Speech} Speech */
/** @typedef {import("./room.js").Queued} Queued */
/** @typedef {(message: import("../messages.js").Message) => void} Send */

/** Without sound and without a say in the pace of the show, whoever is there first. */
export const PREVIEW = "/stage?preview=1&bg=dark&fps=30&chat=0";

export function Preview() {
  return html`<div class="preview">
    <iframe src=${PREVIEW} title="The stage, without sound" tabindex="-1"></iframe>
  </div>`;
}

/** @param {{ onStop: () => void }} props */
export function StopNow({ onStop }) {
  return html`<button id="stop" class="stop" type="button" aria-keyshortcuts="Escape" onClick=${onStop}>
    Stop now <kbd>Esc</kbd>
  </button>`;
}

/** @param {{ hold: import("./hold.js").Hold, holding: boolean }} props */
export function Stopped({ hold, holding }) {
  const isPress = (/** @type {KeyboardEvent} */ { key }) => key === " " || key === "Enter";
  return html`<div class="stopped" role="alert">
    <p><strong>Stopped.</strong> She says nothing and reacts to nothing.</p>
    <button
      id="resume"
      class=${holding ? "hold holding" : "hold"}
      type="button"
      onPointerDown=${() => hold.press()}
      onPointerUp=${() => hold.release()}
      onPointerLeave=${() => hold.release()}
      onPointerCancel=${() => hold.release()}
      onBlur=${() => hold.release()}
      onContextMenu=${(/** @type {Event} */ event) => event.preventDefault()}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => isPress(event) && hold.press()}
      onKeyUp=${(/** @type {KeyboardEvent} */ event) => isPress(event) && hold.release()}
    >
      ${holding ? "Keep holding…" : "Hold to go live again"}
    </button>
  </div>`;
}

/** @type {Record<string, string>} */
const SOURCES = {
  typed: "request",
  voice: "heard by microphone",
  chat: "chat",
  unasked: "Of her own accord",
  group: "talking with other characters",
  event: "channel event",
};

/** @param {Queued} queued */
export function sourceWords({ source, author }) {
  const what = SOURCES[source] ?? source;
  return author && source !== "unasked" ? `${author} · ${what}` : what;
}

/** @param {Speech | null} speech @param {boolean} isStopped */
export function speechWords(speech, isStopped) {
  if (isStopped) return "Stopped";
  if (!speech) return "Silent";
  if (speech.end === "over") return "Silent. Last she said:";
  if (speech.end === "cut") return "Cut off. She had said:";
  if (speech.end === "retracted") return "Taken back";
  return speech.lines.length ? "Speaking" : "Thinking…";
}

/** How long it took to each point of the turn. @param {Speech | null} speech @param {Record<string, any> | null | undefined} timings */
export function timesWords(speech, timings) {
  if (!speech || timings?.turn_id !== speech.turn) return speech?.firstAfter ? `First sentence ${seconds(speech.firstAfter)}` : "";
  return pointWords(timings);
}

/** @param {{ room: Room, send: Send, now: number }} props */
export function Saying({ room, send, now }) {
  const { speech, show } = room;
  const isRunning = speech?.end === "running";
  const times = timesWords(speech, show.timings);
  return html`<${Panel} title="What she is saying" name="saying">
    <p class="speech-state" role="status">${speechWords(speech, show.is_stopped)}</p>
    ${speech?.about
      ? html`<p class="why">
          ${speech.about.source === "unasked" ? "" : html`<b>Because of</b> `}<span class="who">${sourceWords(speech.about)}</span>
          ${speech.about.text && html`<q class="words" dir="auto">${speech.about.text}</q>`}
        </p>`
      : null}
    ${speech?.lines.length ? html`<p class=${isRunning ? "said" : "said past"}>${speech.lines.join(" ")}</p>` : null}
    ${times ? html`<p class="aside" id="times">${times}</p>` : null}
    ${pending(room.sentences, now).map(
      (held) => html`<div class="held-sentence" key=${held.id}>
        <p><b>Goes on air in ${Math.ceil((held.until - now) / 1000)} s:</b> ${held.text}</p>
        <button type="button" onClick=${() => send({ type: "hold-decide", id: held.id, allow: false })}>Keep it off air</button>
        <button type="button" onClick=${() => send({ type: "hold-decide", id: held.id, allow: true })}>Let it through</button>
      </div>`,
    )}
    <div class="row">
      <button type="button" disabled=${!isRunning} onClick=${() => send({ type: "skip" })}>Skip this</button>
    </div>
    <${WhyPart} room=${room} />
  <//>`;
}

/** @param {{ send: Send }} props */
export function Say({ send }) {
  const say = (/** @type {any} */ event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const text = form.elements.say.value.trim();
    if (!text) return;
    send({ type: "say", text, verbatim: event.submitter?.value === "verbatim" });
    form.reset();
  };
  return html`<${Panel} title="Have her say something" name="saying-so">
    <form class="say" onSubmit=${say}>
      <label class="unseen" for="say">What she should say or talk about</label>
      <input id="say" name="say" maxlength="4000" autocomplete="off" placeholder="A request, or her exact words" />
      <div class="row">
        <button type="submit" value="request" class="main">Ask her</button>
        <button type="submit" value="verbatim">Say exactly this</button>
      </div>
    </form>
  <//>`;
}

/** @typedef {{ type: string, stimulus_id: string, before: string | null }} MoveOrder */

/** Before the one above it; a line of chat joins the requests. @param {Queued[]} waiting @param {number} i @returns {MoveOrder | null} */
export function moveUp(waiting, i) {
  const { stimulus_id, line } = waiting[i];
  if (line === "event" || (line !== "chat" && i === 0)) return null;
  const above = waiting[i - 1];
  return { type: "queue-move", stimulus_id, before: above && (above.line ?? "request") === "request" ? above.stimulus_id : null };
}

/** Behind the one below it, as long as that is a request, too. @param {Queued[]} waiting @param {number} i @returns {MoveOrder | null} */
export function moveDown(waiting, i) {
  const { stimulus_id, line = "request" } = waiting[i];
  const isRequest = (/** @type {Queued | undefined} */ each) => Boolean(each) && (each?.line ?? "request") === "request";
  if (line !== "request" || !isRequest(waiting[i + 1])) return null;
  const after = waiting[i + 2];
  return { type: "queue-move", stimulus_id, before: isRequest(after) ? after.stimulus_id : null };
}

/** @param {{ label: string, sign: string, order: MoveOrder | null, send: Send }} props */
function Mover({ label, sign, order, send }) {
  return html`<button type="button" class="mover" aria-label=${label} disabled=${!order} onClick=${() => order && send(order)}>${sign}</button>`;
}

/** @param {{ room: Room, send: Send }} props */
export function Queue({ room, send }) {
  const { waiting, queue } = room.show;
  const more = queue - waiting.length;
  return html`<${Panel} title="Queue" name="queue" count=${Math.max(queue, waiting.length)}>
    ${waiting.length === 0 ? html`<p class="empty">Nothing waits.</p>` : null}
    <ol class="list">
      ${waiting.map(
        (each, i) => html`<li key=${each.stimulus_id} data-id=${each.stimulus_id}>
          <span class="grow"><b class="who">${sourceWords(each)}</b><span class="words clamped" dir="auto">${each.text}</span></span>
          <${Mover} label=${`Up: ${each.author} ${each.text}`} sign="↑" order=${moveUp(waiting, i)} send=${send} />
          <${Mover} label=${`Down: ${each.author} ${each.text}`} sign="↓" order=${moveDown(waiting, i)} send=${send} />
          <button
            type="button"
            aria-label=${`Drop: ${each.author} ${each.text}`}
            onClick=${() => send({ type: "queue-drop", stimulus_id: each.stimulus_id })}
          >Drop</button>
        </li>`,
      )}
    </ol>
    ${more > 0 ? html`<p class="aside">And ${more} more.</p>` : null}
  <//>`;
}
