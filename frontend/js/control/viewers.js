// Who is answered no more, and the way to block, unblock and forget somebody.

import { Panel } from "./frame.js";
import { html } from "./html.js";

/** @typedef {import("./room.js").Room} Room */
/** @typedef {(message: import("../messages.js").Message) => void} Send */

const MOST_SUGGESTED = 30;

/** @param {{ room: Room, send: Send }} props */
export function Viewers({ room, send }) {
  const blocked = room.lists?.blocked_viewers ?? [];
  const names = [...new Set(room.chat.map(({ username }) => username).filter(Boolean))].slice(0, MOST_SUGGESTED);
  const act = (/** @type {any} */ event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const username = form.elements.viewer.value.trim().replace(/^@/, "");
    if (!username) return;
    send({ type: event.submitter?.value === "forget" ? "viewer-forget" : "viewer-block", username });
    form.reset();
  };
  return html`<${Panel} title="Viewers" name="viewers" count=${blocked.length}>
    <form class="viewer" onSubmit=${act}>
      <label for="viewer">Name of a viewer</label>
      <div class="row">
        <input id="viewer" name="viewer" list="viewer-names" maxlength="100" autocomplete="off" spellcheck=${false} />
        <datalist id="viewer-names">${names.map((name) => html`<option key=${name} value=${name}></option>`)}</datalist>
        <button type="submit" value="block">Block</button>
        <button type="submit" value="forget">Forget</button>
      </div>
      <p class="aside">Block: she answers no line of theirs. Forget: every trace of them is deleted.</p>
    </form>
    ${blocked.length ? html`<h3>Blocked</h3>` : null}
    <ul class="list">
      ${blocked.map(
        (name) => html`<li key=${name}>
          <span class="grow who">${name}</span>
          <button type="button" aria-label=${`Unblock ${name}`} onClick=${() => send({ type: "viewer-unblock", username: name })}>Unblock</button>
        </li>`,
      )}
    </ul>
  <//>`;
}
