// The talk page: the first thing a visitor sees. Mika, a text box, and what was said.

import { Backstage } from "./backstage.js";
import { Composer } from "./composer.js";
import { askAccess, signInIfNeeded } from "./access.js";
import { Connection, showAddress } from "./connection.js";
import { Conversation } from "./conversation.js";
import { Microphone, listenForTalkKey } from "./microphone.js";
import { Moves } from "./moves.js";
import { Notices } from "./notices.js";
import { OUR_MODEL, Performer } from "./performer.js";
import { spokenText } from "./spoken.js";
import { MicrophoneView } from "./talk-microphone.js";
import { channelWords, connectionWords, engineNotices, lacksSound } from "./words.js";

/** @typedef {import("./messages.js").Message} Message */
/** @typedef {import("./messages.js").AudioCue} AudioCue */
/** @typedef {import("./messages.js").ChatMessage} ChatMessage */

const MODEL_PATIENCE_MS = 3000;
const TOAST_MS = 6000;
const CHAT_REMEMBERED = 200;

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

const connection = new Connection(showAddress(location), {
  client: "talk",
  capabilities: ["expression", "motion", "chat", "state", "interrupted"],
});
const performer = new Performer(byId("avatar"), (message) => connection.send(message));
const conversation = new Conversation(byId("log"), () => (byId("welcome").hidden = true));
const notices = new Notices(byId("notices"), byId("notice-lines"));
const moves = new Moves(byId("moves"), (message) => connection.send(message));
const backstage = new Backstage(
  {
    mode: /** @type {HTMLSelectElement} */ (byId("mode")),
    form: /** @type {HTMLFormElement} */ (byId("writer")),
    prompt: /** @type {HTMLTextAreaElement} */ (byId("prompt")),
    speak: /** @type {HTMLInputElement} */ (byId("speak")),
    write: /** @type {HTMLButtonElement} */ (byId("write")),
    text: byId("written"),
  },
  (message) => connection.send(message),
);
const microphone = new Microphone((message) => connection.send(message));
const composer = new Composer(/** @type {HTMLFormElement} */ (byId("composer")), say);

/** Chat messages that may still be answered. @type {Map<string, ChatMessage>} */
const chat = new Map();
/** @type {string[]} */
let tags = [];
let chain = false; // a turn is going on
let heard = ""; // what she has begun to say in it
/** @type {string | null} the last turn of which a sentence came without sound */
let muteTurn = null;
/** @type {any} */
let toastTimer;

// --- what the visitor does -----------------------------------------------------------------------

/** @param {string} text */
function say(text) {
  performer.loudspeaker.wake();
  if (connection.status !== "connected") return (toast("Not connected yet. Your text stays here."), false);
  if (busy()) stop();
  conversation.endReply();
  conversation.human(text);
  return connection.send({ type: "text-input", text, images: [] });
}

const busy = () => chain || !performer.speech.idle;

function stop() {
  if (!busy()) return;
  connection.send({ type: "interrupt-signal", text: heard });
  performer.stopHere();
  conversation.stopThinking();
  conversation.endReply();
  chain = false;
  showBusy();
}

async function copyStageAddress() {
  if ((await askAccess())?.locked) return toast("OBS needs a link with a token of its own: make one in the control room, under Links.");
  const address = new URL("/stage", location.href).href;
  try {
    await navigator.clipboard.writeText(address);
    toast("Copied. Add a browser source in OBS and paste the address.");
  } catch {
    toast(`The address for OBS: ${address}`);
  }
}

// --- what the show does --------------------------------------------------------------------------

/** @param {Message} message */
function handle(message) {
  performer.handle(message);
  microphone.handle(message);
  if (backstage.handle(message)) return;
  switch (message.type) {
    case "client-welcome":
      backstage.ask();
      return setTimeout(() => performer.wanted || performer.load(OUR_MODEL), MODEL_PATIENCE_MS);
    case "snapshot":
      for (const line of message.chat ?? []) remember(line);
      recall(message);
      chain = Boolean(message.turn); // a page may come in the middle of one
      showBusy();
      return showState();
    case "character-state":
      return showState();
    case "twitch-status":
      performer.state = {
        ...performer.state,
        twitch: { ...performer.state.twitch, state: "down", ...message },
      };
      return showState();
    case "set-model-and-conf":
      tags = Object.keys(message.model_info?.emotionMap ?? {});
      return;
    case "control":
      return control(message.text);
    case "full-text":
      if (message.text === "Thinking...") conversation.think();
      return;
    case "force-new-message":
      return performer.speech.whenQuiet(() => conversation.endReply());
    case "interrupt-signal":
      return conversation.stopThinking();
    case "user-input-transcription":
      return message.text ? conversation.human(message.text) : undefined;
    case "chat-message":
      return remember(/** @type {ChatMessage} */ (/** @type {unknown} */ (message)));
    case "chat-decision":
      return decided(message.id, message.decision?.outcome);
    case "chat-message-removed":
      return conversation.removeViewer({ id: message.id, username: message.username });
    case "error":
      return conversation.trouble(message.message || "Something went wrong.");
  }
}

/** @param {string} text */
function control(text) {
  if (text === "conversation-chain-start") {
    chain = true;
    heard = "";
    performer.speech.whenQuiet(() => conversation.endReply());
  } else if (text === "conversation-chain-end") {
    performer.speech.whenQuiet(endOfTurn);
  }
  showBusy();
}

function endOfTurn() {
  chain = false;
  conversation.stopThinking();
  conversation.endReply();
  showBusy();
}

/** @param {AudioCue} cue */
function sentence(cue) {
  const text = cue.display_text?.text ?? "";
  heard += text;
  const shown = spokenText(text, tags);
  conversation.reply(shown);
  if (lacksSound(cue, shown)) noSound(cue.turn_id ?? "");
  showBusy();
}

/** Said once a turn. @param {string} turn */
function noSound(turn) {
  if (turn === muteTurn) return;
  muteTurn = turn;
  conversation.noSound();
}

/** @param {ChatMessage} message */
function remember(message) {
  chat.set(message.id, message);
  if (chat.size > CHAT_REMEMBERED) chat.delete(/** @type {string} */ (chat.keys().next().value));
}

/**
 * What was said before this page came; one that was here already has seen it.
 * @param {Message} snapshot
 */
function recall(snapshot) {
  const lines = (snapshot.conversation ?? []).map((/** @type {import("./conversation.js").Line} */ line) =>
    line.role === "ai" ? { ...line, content: spokenText(line.content, tags) } : line,
  );
  conversation.recall(lines, snapshot.state?.character?.human_name || "Human");
}

/**
 * Of the chat, this page shows only what she answers.
 * @param {string} id
 * @param {string | undefined} outcome
 */
function decided(id, outcome) {
  const message = chat.get(id);
  if (!message || outcome !== "answered") return;
  chat.delete(id);
  const username = message.username ?? "";
  conversation.viewer({ id, name: message.display_name || username, text: message.message, username });
}

// --- what is to be seen --------------------------------------------------------------------------

/** @param {string} id @param {{ text: string, mood: string }} words */
function pill(id, { text, mood }) {
  const line = byId(id);
  line.dataset.mood = mood;
  const label = /** @type {HTMLElement} */ (line.querySelector("span"));
  if (label.textContent !== text) label.textContent = text;
}

function showState() {
  const { state } = performer;
  pill("channel", channelWords(state.twitch));
  conversation.keepAtEnd(() => notices.show(engineNotices(state)));
  moves.show(state.abilities);
  const name = state.character?.character_name || "Mika";
  byId("name").textContent = name;
  composer.field.placeholder = `Say something to ${name}…`;
}

/** @param {import("./connection.js").Status} status @param {string} reason */
function showConnection(status, reason) {
  pill("connection", connectionWords(status));
  byId("offline-text").textContent = reason ? `Connection lost (${reason})` : "Connection lost";
  conversation.keepAtEnd(() => (byId("offline").hidden = status !== "lost"));
  if (status === "lost") {
    endOfTurn();
    backstage.lost();
    microphone.lost();
    signInIfNeeded(Boolean(connection.ended));
  }
  showBusy();
  announceReady();
}

/** Nobody is there to be stopped while the connection is lost. */
function showBusy() {
  byId("stop").hidden = !busy() || connection.status !== "connected";
}

/** The button that hides has nothing to say any more; the one that shows tells why nothing is heard. */
function showSound() {
  const { muted, playHere, primary, loudspeaker } = performer;
  byId("muted-hint").hidden = !muted;
  byId("unmuted-hint").hidden = primary || !playHere;
  byId("sound-hint").hidden = muted || !loudspeaker.blocked;
}

/** @param {string} text */
function toast(text) {
  const line = byId("toast");
  line.textContent = text;
  line.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (line.hidden = true), TOAST_MS);
}

/** @param {string} problem */
function showModel(problem) {
  byId("loading").hidden = true;
  byId("problem").hidden = problem === "";
  byId("problem").textContent = problem;
}

function announceReady() {
  const ready = performer.frames > 0 && connection.status === "connected";
  document.documentElement.dataset.ready = ready ? "yes" : "no";
}

// --- begin ---------------------------------------------------------------------------------------

function listen() {
  byId("stop").addEventListener("click", stop);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") stop();
  });
  byId("copy-stage").addEventListener("click", copyStageAddress);
  byId("play-here").addEventListener("click", () => performer.setPlayHere(true));
  byId("mute-here").addEventListener("click", () => performer.setPlayHere(false));
  byId("notices-close").addEventListener("click", () => {
    notices.dismiss();
    composer.field.focus();
  });
  for (const starter of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".starter"))) {
    starter.addEventListener("click", () => {
      if (say(starter.textContent ?? "")) composer.field.focus();
    });
  }
}

function begin() {
  listen();
  const line = byId("mic-line");
  new MicrophoneView(microphone, { button: byId("mic"), line, off: byId("mic-off") });
  listenForTalkKey(microphone);
  performer.onsentence = sentence;
  performer.onsilence = showBusy;
  performer.onsound = showSound;
  performer.onmodel = showModel;
  performer.motions.idles = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  connection.onmessage = handle;
  connection.onstatus = showConnection;
  setInterval(announceReady, 100);
  // A browser that allows sound needs a moment to say so: no hint that only flashes up.
  setTimeout(showSound, 1500);
  performer.start(60);
  connection.open();
}

Object.assign(window, { stage: performer.inspect() });
begin();
