// The stage: the page that OBS shows as a browser source. What its address may say is in options.js.

import { Connection, showAddress } from "./connection.js";
import { readOptions } from "./options.js";
import { OUR_MODEL, Performer } from "./performer.js";
import { spokenText } from "./spoken.js";
import { Subtitle } from "./subtitle.js";

/** @typedef {import("./messages.js").Message} Message */

const MODEL_PATIENCE_MS = 3000;
const AWAY_AFTER_MS = 5000; // shorter gaps nobody notices: she goes on blinking and breathing

const { options, asked, complaints } = readOptions(location.search);
const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

const isPreview = options.preview === "1";
const subtitle = new Subtitle(byId("subtitle"));
const connection = new Connection(showAddress(location), {
  client: "stage",
  capabilities: ["expression", "motion", "chat", "state", "interrupted", isPreview ? "preview" : "primary"],
});
const performer = new Performer(byId("avatar"), (message) => connection.send(message));
/** @type {Promise<import("./notes.js").Notes> | null} */
const notes = "obsstudio" in window ? null : import("./notes.js").then(({ Notes }) => new Notes(performer, isPreview));
/** @type {string[]} */
let tags = [];
/** @type {Promise<import("./overlay.js").ChatOverlay> | undefined} loaded when somebody has written something */
let chat;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let leaving;

/** @param {(chat: import("./overlay.js").ChatOverlay) => void} act */
function onChat(act) {
  chat ??= import("./overlay.js").then(({ ChatOverlay }) => new ChatOverlay(byId("chat")));
  chat.then(act);
}

/** @param {Message} message */
function handle(message) {
  performer.handle(message);
  switch (message.type) {
    case "client-welcome":
      return setTimeout(() => performer.wanted || performer.load(OUR_MODEL), MODEL_PATIENCE_MS);
    case "set-model-and-conf":
      tags = Object.keys(message.model_info?.emotionMap ?? {});
      return;
    case "snapshot":
      if (chat || message.chat?.length) onChat((each) => each.reset(message.chat ?? []));
      return;
    case "full-text":
      if (message.text === "Thinking...") subtitle.think();
      return;
    case "control":
      if (message.text === "conversation-chain-end") performer.speech.whenQuiet(() => subtitle.clear());
      return;
    case "interrupt-signal":
      return subtitle.clear();
    case "chat-message":
      return onChat((each) => each.add(/** @type {any} */ (message)));
    case "chat-decision":
      return onChat((each) => each.decide(message.id, message.decision));
    case "chat-message-removed":
      return onChat((each) => each.remove({ id: message.id, username: message.username }));
  }
}

function announceReady() {
  const ready = performer.frames > 0 && connection.status === "connected";
  document.documentElement.dataset.ready = ready ? "yes" : "no";
}

/** @param {string} text "" for nothing */
function sayAway(text) {
  byId("away").textContent = text;
  byId("away").hidden = text === "";
}

/**
 * A gap that the audience would notice is said to them, calmly, in the subtitle's place and not in the streamer's words.
 * @param {import("./connection.js").Status} status
 */
function connectionIs(status) {
  const lost = status === "lost";
  notes?.then((each) => each.connection(lost, connection.ended));
  if (lost) performer.speech.whenQuiet(() => subtitle.clear());
  if (status === "connected") {
    clearTimeout(leaving);
    leaving = undefined;
    sayAway("");
  } else if (lost) leaving ??= setTimeout(away, AWAY_AFTER_MS);
  announceReady();
}

function away() {
  performer.speech.whenQuiet(() => {
    if (connection.status === "connected" || connection.ended || options.away === "0") return;
    performer.setExpression({ name: "neutral" });
    if (asked.away || options.subtitles !== "0") sayAway(options.away === "1" ? "Back in a moment" : options.away);
  });
}

function arrange() {
  const { layout, subtitles, bg } = options;
  Object.assign(document.body.dataset, { layout, subtitles: subtitles.replaceAll(",", " "), chat: options.chat, bg });
  if (/^#?[0-9a-f]+$/i.test(bg)) document.body.style.background = `#${bg.replace("#", "")}`;
  subtitle.whole = subtitles.includes("whole");
  performer.look = asked;
  performer.puppet.dress(asked);
  if (options.motion !== "auto") performer.calm = options.motion === "calm";
  for (const complaint of complaints) console.warn(complaint);
}

async function setUp() {
  const { showHelp, showMeter } = await import("./stage-setup.js");
  if (options.meter === "1") showMeter(performer);
  if (new URLSearchParams(location.search).has("help")) showHelp(complaints, performer);
}

function begin() {
  arrange();
  performer.onsentence = (cue) => {
    subtitle.show(spokenText(cue.display_text?.text ?? "", tags), performer.speech.speaking);
  };
  performer.onframe = () => {
    const { current, position, speaking } = performer.speech;
    if (current && speaking) subtitle.follow(current.volumes, current.slice, position);
  };
  performer.onsilence = () => subtitle.clear();
  performer.isPreview = isPreview;
  performer.onsound = () => notes?.then((each) => each.sound());
  performer.onmodel = (problem) => notes?.then((each) => each.show("problem", problem));
  connection.onmessage = handle;
  connection.onstatus = connectionIs;
  addEventListener("obsSourceVisibleChanged", (event) => {
    performer.hidden = /** @type {CustomEvent} */ (event).detail?.visible === false;
  });
  setInterval(announceReady, 100);
  setTimeout(performer.onsound, 1500);
  performer.start(Number(options.fps));
  connection.open();
  if (/[?&](help|meter)\b/.test(location.search)) setUp();
}

Object.assign(window, { stage: performer.inspect() });
location.search.includes("with=") ? import("./pair.js") : begin();
