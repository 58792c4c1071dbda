// The control room: a thin view over what the show tells, and buttons that send it orders.

import { signInIfNeeded } from "./access.js";
import { Connection, showAddress } from "./connection.js";
import { Autonomous } from "./control/autonomous.js";
import { Body, Engines, Modes, modeName } from "./control/character.js";
import { Chat, Feed, HeldLines } from "./control/chat.js";
import { CoHost } from "./control/co-host.js";
import { dirtySections, heard, isNews, noEdits } from "./control/edits.js";
import { Editor } from "./control/editor.js";
import { Mark } from "./control/frame.js";
import { Hold } from "./control/hold.js";
import { html, render, signal } from "./control/html.js";
import { Links, watchLinks } from "./control/links.js";
import { Preview, Queue, Say, Saying, StopNow, Stopped } from "./control/on-air.js";
import { Models } from "./control/models.js";
import { orderOfKey } from "./control/orders.js";
import { dismissed, emptyRoom, linked, noticed, pending, reduce } from "./control/room.js";
import { Twitch } from "./control/twitch.js";
import { Viewers } from "./control/viewers.js";
import { Microphone, listenForTalkKey } from "./microphone.js";
import { connectionWords } from "./words.js";

/** @typedef {import("./messages.js").Message} Message */
/** @typedef {import("./control/html.js").View} View */

const LOGIN_EVERY_MS = 3_000;
const TICK_MS = 250;
/** @type {Message[]} */
const ASKED_ON_WELCOME = [
  { type: "get-backend-mode" },
  { type: "get-twitch" },
  { type: "get-settings" },
  { type: "moderation-edit", list: "blocked_viewers" },
];
const EDITING = "#edit";

/** To jump to where the page is one long column. */
const PARTS = [
  ["held", "Held"],
  ["saying", "Saying"],
  ["body", "Face"],
  ["queue", "Queue"],
  ["chat", "Chat"],
  ["feed", "Events"],
  ["viewers", "Viewers"],
  ["co-host", "You"],
  ["modes", "Mode"],
  ["twitch", "Twitch"],
];

const room = signal(emptyRoom());
const stay = signal(false);
const holding = signal(false);
const now = signal(Date.now());
const edits = signal(noEdits());
const place = signal(location.hash);

const connection = new Connection(showAddress(location), {
  client: "control",
  capabilities: ["chat", "state", "expression", "motion", "interrupted", "preview"],
});
const hold = new Hold(
  () => send({ type: "resume" }),
  (on) => (holding.value = on),
);

const microphone = new Microphone((message) => connection.send(message));
const micNews = signal(0); // counts what has changed about the microphone
microphone.onchange = () => (micNews.value += 1);

/** @param {Message} message */
function send(message) {
  if (!connection.send(message)) room.value = noticed(room.value, "There is no connection to the show: nothing was done.");
}

/** Also without a WebSocket: it may be the page's connection that is broken, and not the show. */
function stopNow() {
  if (!connection.send({ type: "stop" })) stopByRest();
}

async function stopByRest() {
  const said = await fetch("/api/stop", { method: "POST" }).then(({ ok }) => ok).catch(() => false);
  room.value = noticed(room.value, said ? "Stopped." : "The show could not be reached: it was NOT stopped.");
}

/** @param {Message} message */
function hear(message) {
  if (message.type === "client-welcome") ASKED_ON_WELCOME.forEach((question) => connection.send(question));
  microphone.handle(message);
  const before = room.value;
  now.value = Date.now();
  room.value = reduce(before, message, now.value);
  edits.value = heard(edits.value, message);
  if (isNews(message)) connection.send({ type: "get-settings" });
  if (/^viewer-(un)?block-ack$/.test(message.type)) connection.send({ type: "moderation-edit", list: "blocked_viewers" });
  keepUp(before.show, room.value.show, message.type);
}

/** What the state tells only in short is asked for when the short form has changed. */
function keepUp(/** @type {any} */ before, /** @type {any} */ after, /** @type {string} */ type) {
  if (/^twitch-(connected|disconnected|status|login-code)$/.test(type)) connection.send({ type: "get-twitch" });
  const isNews = JSON.stringify(before.autonomous) !== JSON.stringify(after.autonomous);
  if (after.autonomous && isNews) connection.send({ type: "autonomous-set" });
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const target = event.target instanceof Element ? event.target : null;
  const isTyping = Boolean(target?.closest("input:not([type=checkbox]), textarea, select"));
  const order = orderOfKey(event, isTyping, room.value.show.abilities, stay.value);
  if (!order) return;
  event.preventDefault();
  if (order.type === "stop") stopNow();
  else send(order);
}

function tick() {
  if (room.value.sentences.length > 0) {
    now.value = Date.now();
    if (pending(room.value.sentences, now.value).length === 0) room.value = { ...room.value, sentences: [] };
  }
}

function Head() {
  const { show, link } = room.value;
  const words = connectionWords(link);
  const air = show.is_stopped ? "Stopped" : show.speaking ? "On air, speaking" : "On air";
  return html`<header>
    <div class="title">
      <h1>Control room</h1>
      <span class="name">${show.character.character_name || show.character.conf_name || ""}</span>
    </div>
    <p class="facts-line">
      <span role="status"><${Mark} mood=${words.mood}>${words.text}<//></span>
      <${Mark} mood=${show.is_stopped ? "bad" : "good"}>${air}<//>
      <span>Mode: ${modeName(show.mode)}</span>
      <span>${show.primary ? "A stage plays her voice" : "No stage is open: nobody hears her"}</span>
    </p>
    <${Rooms} />
    <${StopNow} onStop=${stopNow} />
    ${show.is_stopped ? html`<${Stopped} hold=${hold} holding=${holding.value} />` : null}
    <nav aria-label="Parts of this page" hidden=${place.value === EDITING}>
      ${PARTS.map(
        ([id, name]) => html`<a key=${id} href=${`#${id}`}>${name}${id === "held" && show.held.length ? ` (${show.held.length})` : ""}</a>`,
      )}
    </nav>
  </header>`;
}

function Rooms() {
  const unsaved = dirtySections(edits.value).length;
  const isEditing = place.value === EDITING;
  return html`<div class="rooms" role="navigation" aria-label="Rooms">
    <a href="#air" aria-current=${isEditing ? undefined : "page"}>On air</a>
    <a href=${EDITING} aria-current=${isEditing ? "page" : undefined}>Settings${unsaved ? html` <span class="count">${unsaved} unsaved</span>` : null}</a>
  </div>`;
}

function Notices() {
  return html`<div class="notices" role="alert">
    ${room.value.notices.map(
      ({ key, text }) => html`<p class="notice" key=${key}>
        <span>${text}</span>
        <button type="button" aria-label="Dismiss" onClick=${() => (room.value = dismissed(room.value, key))}>×</button>
      </p>`,
    )}
  </div>`;
}

function App() {
  const known = room.value;
  const isEditing = place.value === EDITING;
  return html`<${Head} />
    <main>
      <${Notices} />
      ${isEditing
        ? html`<${Editor} edits=${edits.value} send=${send} change=${(/** @type {any} */ next) => (edits.value = next)}>
            <${Links} />
            <${Models} room=${known} send=${send} />
          <//>`
        : null}
      <div class="columns" hidden=${isEditing}>
        <div class="column air">
          <${Preview} />
          <${Saying} room=${known} send=${send} now=${now.value} />
          <${Say} send=${send} />
          <${Body} room=${known} send=${send} stay=${stay.value} onStay=${(/** @type {boolean} */ on) => (stay.value = on)} />
        </div>
        <div class="column talk">
          <${HeldLines} room=${known} send=${send} />
          <${Queue} room=${known} send=${send} />
          <${Chat} room=${known} send=${send} />
          <${Feed} room=${known} />
          <${Viewers} room=${known} send=${send} />
        </div>
        <div class="column desk">
          <${CoHost} room=${known} send=${send} microphone=${microphone} heard=${micNews} />
          <${Modes} room=${known} send=${send} />
          <${Autonomous} room=${known} send=${send} />
          <${Twitch} room=${known} send=${send} />
          <${Engines} room=${known} />
        </div>
      </div>
    </main>`;
}

function begin() {
  connection.onmessage = hear;
  connection.onstatus = (status) => {
    room.value = linked(room.value, status);
    if (status === "lost") signInIfNeeded(Boolean(connection.ended));
    hold.release();
    if (status === "lost") microphone.lost();
  };
  addEventListener("keydown", onKey);
  listenForTalkKey(microphone);
  addEventListener("hashchange", () => (place.value = location.hash));
  addEventListener("beforeunload", (event) => dirtySections(edits.value).length && event.preventDefault());
  setInterval(tick, TICK_MS);
  setInterval(() => room.value.login && connection.send({ type: "get-twitch" }), LOGIN_EVERY_MS);
  render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("room")));
  connection.open();
  watchLinks();
  room.subscribe(({ known, link, show }) => {
    document.body.classList.toggle("is-stopped", show.is_stopped);
    document.documentElement.dataset.ready = known && link === "connected" ? "yes" : "no";
  });
}

begin();
