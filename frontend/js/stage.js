// The stage: the page that OBS shows as a browser source.
// Options: ?bg=pastel|dark  ?fps=30  ?chat=0  ?subtitles=0  ?preview=1 (silent, and never the one that sets the pace)

import { Connection, showAddress } from "./connection.js";
import { ChatOverlay, Subtitle } from "./overlay.js";
import { OUR_MODEL, Performer } from "./performer.js";
import { spokenText } from "./words.js";

/** @typedef {import("./messages.js").Message} Message */
/** @typedef {import("./messages.js").ChatMessage} ChatMessage */

const MODEL_PATIENCE_MS = 3000;

const options = new URLSearchParams(location.search);
const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

const subtitle = new Subtitle(byId("subtitle"));
const chat = new ChatOverlay(byId("chat"));
const isPreview = options.get("preview") === "1";
const connection = new Connection(showAddress(location), {
  client: "stage",
  capabilities: ["expression", "motion", "chat", "state", "interrupted", isPreview ? "preview" : "primary"],
});
const performer = new Performer(byId("avatar"), (message) => connection.send(message));
/** @type {string[]} */
let tags = [];

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
      return chat.reset(message.chat ?? []);
    case "full-text":
      if (message.text === "Thinking...") subtitle.think();
      return;
    case "control":
      if (message.text === "conversation-chain-end") performer.speech.whenQuiet(() => subtitle.clear());
      return;
    case "interrupt-signal":
      return subtitle.clear();
    case "chat-message":
      return chat.add(/** @type {ChatMessage} */ (/** @type {unknown} */ (message)));
    case "chat-decision":
      return chat.decide(message.id, message.decision);
    case "chat-message-removed":
      return chat.remove({ id: message.id, username: message.username });
  }
}

function announceReady() {
  const ready = performer.frames > 0 && connection.status === "connected";
  document.documentElement.dataset.ready = ready ? "yes" : "no";
}

/** Notes for the streamer, never for the audience: only where the page is open in an ordinary browser. */
const inObs = "obsstudio" in window;

/** @param {string} id @param {string} text */
function note(id, text) {
  const line = byId(id);
  line.textContent = text;
  line.hidden = text === "";
}

function showSoundNote() {
  byId("sound-hint").hidden = inObs || performer.muted || !performer.loudspeaker.blocked;
}

function begin() {
  document.body.dataset.bg = options.get("bg") ?? "none";
  byId("chat").hidden = options.get("chat") === "0";
  byId("subtitle").hidden = options.get("subtitles") === "0";
  performer.onsentence = (cue) => subtitle.show(spokenText(cue.display_text?.text ?? "", tags));
  performer.onsilence = () => subtitle.clear();
  performer.isPreview = isPreview;
  performer.onsound = showSoundNote;
  performer.onmodel = (problem) => note("problem", inObs ? "" : problem);
  connection.onmessage = handle;
  connection.onstatus = (status) => {
    note("offline", status === "lost" && !inObs ? connection.ended || "No connection to the show. Trying again…" : "");
    if (status === "lost") performer.speech.whenQuiet(() => subtitle.clear());
    announceReady();
  };
  addEventListener("obsSourceVisibleChanged", (event) => {
    performer.hidden = /** @type {CustomEvent} */ (event).detail?.visible === false;
  });
  setInterval(announceReady, 100);
  setTimeout(showSoundNote, 1500);
  performer.start(Number(options.get("fps")) || 60);
  connection.open();
}

Object.assign(window, { stage: performer.inspect() });
begin();
