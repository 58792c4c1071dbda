// The chat with what was decided about each line, what is held for a decision, and the feed of events.

import { Panel, clock } from "./frame.js";
import { html } from "./html.js";

/** @typedef {import("./room.js").Room} Room */
/** @typedef {import("../messages.js").ChatMessage} ChatMessage */
/** @typedef {import("../messages.js").Decision} Decision */
/** @typedef {(message: import("../messages.js").Message) => void} Send */

/** @type {Record<string, [sign: string, word: string]>} */
const OUTCOMES = {
  pending: ["…", "Waits"],
  queued: ["→", "Next"],
  answered: ["✓", "Answered"],
  skipped: ["–", "Passed over"],
  held: ["?", "Held"],
  blocked: ["×", "Blocked"],
};

/** @type {Record<string, string>} */
const REASONS = {
  "banned-word": "a banned word",
  topic: "a banned topic",
  slur: "a slur",
  link: "a link",
  injection: "gives her orders",
  "personal-data": "personal data",
  profanity: "swearing",
  name: "the viewer's name",
  bot: "a bot",
  repeats: "said before",
  caps: "all in capitals",
  "hold-viewer": "this viewer is always held",
  "hold-role": "viewers of this kind are held",
  "hold-first-time": "the viewer's first message",
  "hold-word": "a word to be looked at",
  operator: "the operator's decision",
  command: "a command",
};

/** @param {string} [reason] */
export const reasonWords = (reason) => (reason ? (REASONS[reason] ?? reason.replaceAll("-", " ")) : "");

/** @param {Decision | undefined} decision @returns {{ outcome: string, sign: string, text: string, why: string }} */
export function decisionWords(decision) {
  const outcome = decision?.outcome ?? "pending";
  const [sign, text] = OUTCOMES[outcome] ?? ["…", outcome];
  const score = typeof decision?.score === "number" ? `score ${decision.score.toFixed(1)}` : "";
  return { outcome, sign, text, why: [reasonWords(decision?.reason), score].filter(Boolean).join(", ") };
}

/** @param {{ line: ChatMessage & { timestamp?: string } }} props */
export function ChatLine({ line }) {
  const { outcome, sign, text, why } = decisionWords(line.decision);
  return html`<li class=${`chat-line ${outcome}`} data-id=${line.id}>
    <div class="chat-head">
      <b class="who">${line.display_name || line.username}</b>
      <time>${clock(line.timestamp ?? "")}</time>
      <span class="decision"><span aria-hidden="true">${sign}</span> ${text}${why ? html` <span class="reason">· ${why}</span>` : null}</span>
    </div>
    <p class="words" dir="auto">${line.message}</p>
  </li>`;
}

/** @param {{ room: Room, send: Send }} props */
export function Chat({ room, send }) {
  const paused = room.show.is_chat_paused;
  return html`<${Panel} title="Chat" name="chat">
    <div class="row">
      <button
        id="pause-chat"
        type="button"
        aria-pressed=${paused}
        onClick=${() => send({ type: paused ? "resume-chat" : "pause-chat" })}
      >${paused ? "Answer chat again" : "Pause chat"}</button>
      <span class="aside">${paused ? "Paused: she reads along and answers nobody." : "Newest first."}</span>
    </div>
    ${room.chat.length === 0 ? html`<p class="empty">Nobody has written yet.</p>` : null}
    <ul class="list chat-lines" tabindex="0" aria-label="Chat lines">
      ${room.chat.map((line) => html`<${ChatLine} key=${line.id} line=${line} />`)}
    </ul>
  <//>`;
}

/** @param {{ room: Room, send: Send }} props */
export function HeldLines({ room, send }) {
  const { held } = room.show;
  return html`<${Panel} title="Held for you" name="held" count=${held.length}>
    ${held.length === 0 ? html`<p class="empty">Nothing is held.</p>` : null}
    <ul class="list">
      ${held.map(
        (each) => html`<li key=${each.id} data-id=${each.id}>
          <span class="grow">
            <b class="who">${each.username}</b> <span class="words" dir="auto">${each.text}</span>
            <span class="reason"> · ${reasonWords(each.reason)}</span>
          </span>
          <button
            type="button"
            class="main"
            aria-label=${`Allow: ${each.username}, ${each.text}`}
            onClick=${() => send({ type: "hold-decide", id: each.id, allow: true })}
          >Allow</button>
          <button
            type="button"
            aria-label=${`Refuse: ${each.username}, ${each.text}`}
            onClick=${() => send({ type: "hold-decide", id: each.id, allow: false })}
          >Refuse</button>
        </li>`,
      )}
    </ul>
  <//>`;
}

/** @param {{ room: Room }} props */
export function Feed({ room }) {
  return html`<${Panel} title="What happened" name="feed">
    ${room.feed.length === 0 ? html`<p class="empty">Nothing since this page was opened.</p>` : null}
    <ul class="list feed-lines" tabindex="0" aria-label="Events">
      ${room.feed.map(
        (entry) => html`<li key=${entry.key}>
          <time>${new Date(entry.at).toTimeString().slice(0, 5)}</time> <span class="grow words" dir="auto">${entry.text}</span>
        </li>`,
      )}
    </ul>
  <//>`;
}
