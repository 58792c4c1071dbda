// What the control room knows, as a function of what the show has told it. Pure: time is passed in.

import { floorWords } from "./floor-modes.js";
import { aboutSection } from "./edits.js";

/** @typedef {import("../messages.js").Message} Message */
/** @typedef {import("../messages.js").ChatMessage} ChatMessage */
/** @typedef {import("../connection.js").Status} Status */
/** @typedef {{ stimulus_id: string, source: string, author: string, text: string, line?: "request" | "event" | "chat" }} Queued */
/** @typedef {{ id: string, username: string, text: string, reason: string }} Held */
/**
 * @typedef {object} Show the show's state, as the server pushes it
 * @property {{ name: string, expression_id: number } | null} expression
 * @property {{ motion_group: string, motion_index: number, loop: boolean, priority: number } | null} motion
 * @property {import("../messages.js").Abilities} abilities
 * @property {boolean} speaking
 * @property {string} mode
 * @property {number} queue
 * @property {Queued[]} waiting
 * @property {Queued | null} reacting_to
 * @property {Held[]} held
 * @property {boolean} is_stopped
 * @property {boolean} is_chat_paused
 * @property {string | null} primary
 * @property {{ channel: string, state: string, reason?: string } | null} twitch
 * @property {Record<string, { engine: string, is_demo?: boolean, note?: string }>} providers
 * @property {{ conf_name?: string, character_name?: string }} character
 * @property {import("./spend.js").Spend | null} spend
 * @property {{ name: string } | null} mood
 * @property {import("./co-host.js").Stage | null} co_host
 * @property {Record<string, any> | null} [timings] milliseconds to each point of the last turn
 * @property {Record<string, any> | null} [autonomous] in short; a show that knows none leaves it out
 */
/**
 * @typedef {object} Speech a turn, as far as it was heard of
 * @property {string} turn
 * @property {Queued | null} about
 * @property {string[]} lines
 * @property {number} since milliseconds
 * @property {number | null} firstAfter milliseconds until the first sentence came
 * @property {"running" | "over" | "cut" | "retracted"} end
 */
/** @typedef {{ key: number, at: number, kind: string, text: string }} Entry a line of the feed */
/** @typedef {{ key: number, text: string }} Notice something that the operator has to know */
/** @typedef {{ id: string, text: string, until: number }} HeldSentence */
/**
 * @typedef {object} Room
 * @property {Status} link
 * @property {Show} show
 * @property {boolean} known whether the show has told its state
 * @property {ChatMessage[]} chat newest first
 * @property {Speech | null} speech
 * @property {HeldSentence[]} sentences
 * @property {Entry[]} feed newest first
 * @property {Notice[]} notices
 * @property {string[]} modes that can be chosen
 * @property {Record<string, any> | null} twitch the answer to get-twitch
 * @property {{ user_code: string, verification_uri: string, until: number } | null} login
 * @property {Record<string, any> | null} autonomous the answer of autonomous-state
 * @property {Record<string, string[]> | null} lists of the moderation, as they are edited on air
 * @property {number} count of everything that needed a key
 */

const MOST_CHAT = 100;
const MOST_FEED = 60;
const MOST_LINES = 40;
const MOST_NOTICES = 4;

/** The page asks these of itself; that something is switched off is no news to the operator. */
const QUESTIONS = new Set(["get-twitch", "get-backend-mode", "get-settings"]);

/** @type {Show} */
const NOTHING_KNOWN = {
  expression: null,
  motion: null,
  abilities: {},
  speaking: false,
  mode: "orphiq",
  queue: 0,
  waiting: [],
  reacting_to: null,
  held: [],
  is_stopped: false,
  is_chat_paused: false,
  primary: null,
  twitch: null,
  providers: {},
  character: {},
  spend: null,
  mood: null,
  co_host: null,
};

/** @returns {Room} */
export function emptyRoom() {
  return {
    link: "connecting",
    show: NOTHING_KNOWN,
    known: false,
    chat: [],
    speech: null,
    sentences: [],
    feed: [],
    notices: [],
    modes: [],
    twitch: null,
    login: null,
    autonomous: null,
    lists: null,
    count: 0,
  };
}

/** @param {Room} room @param {Status} link @returns {Room} */
export const linked = (room, link) => (link === room.link ? room : { ...room, link });

/** @param {Room} room @param {number} key @returns {Room} */
export function dismissed(room, key) {
  return { ...room, notices: room.notices.filter((notice) => notice.key !== key) };
}

/** @param {Room} room @param {string} text @returns {Room} */
export function noticed(room, text) {
  const others = room.notices.filter((notice) => notice.text !== text);
  const notices = [...others, { key: room.count, text }].slice(-MOST_NOTICES);
  return { ...room, notices, count: room.count + 1 };
}

/**
 * The room after a message of the show.
 * @param {Room} room @param {Message} message @param {number} now milliseconds @returns {Room}
 */
export function reduce(room, message, now) {
  return Object.hasOwn(CHANGES, message.type) ? CHANGES[message.type](room, message, now) : room;
}

/** @type {Record<string, (room: Room, message: any, now: number) => Room>} */
const CHANGES = {
  snapshot: (room, { state, chat = [] }) => ({
    ...withShow(room, state ?? {}),
    chat: [...chat].reverse().slice(0, MOST_CHAT),
    sentences: [],
  }),
  "character-state": (room, message) => withShow(room, message),
  "queue-changed": (room, { waiting }) => ({ ...room, show: { ...room.show, waiting } }),

  control: (room, message, now) => chain(room, message, now),
  audio: (room, message, now) => spoke(room, message, now),
  "interrupt-signal": (room) => ended(room, "cut"),
  "speech-retracted": (room, { turn_id }, now) =>
    fed(
      room.speech?.turn === turn_id ? ended({ ...room, speech: silenced(room.speech) }, "retracted") : room,
      "retracted",
      "What she said was taken back.",
      now,
    ),
  "sentence-held": (room, { id, text, air_in_ms }, now) => ({
    ...room,
    sentences: [...pending(room.sentences, now), { id, text, until: now + air_in_ms }],
  }),
  "sentence-refused": (room, { rule }, now) =>
    fed(room, "refused", `A sentence was kept off the air: ${rule}.`, now),

  "chat-message": (room, message) => ({
    ...room,
    chat: [message, ...room.chat.filter(({ id }) => id !== message.id)].slice(0, MOST_CHAT),
  }),
  "chat-decision": (room, { id, decision }) => ({
    ...room,
    chat: room.chat.map((line) => (line.id === id ? { ...line, decision } : line)),
  }),
  "chat-message-removed": (room, { id, username }) => ({
    ...room,
    chat: room.chat.filter((line) => !(id ? line.id === id : !username || line.username === username)),
  }),
  "hold-decided": (room, { id }) => ({
    ...room,
    show: { ...room.show, held: room.show.held.filter((each) => each.id !== id) },
    sentences: room.sentences.filter((each) => each.id !== id),
  }),

  "channel-event": (room, message, now) => fed(room, message.kind, eventText(message), now),
  "chat-command": (room, message, now) => fed(room, "command", commandText(message), now),
  stopped: (room, _, now) => fed(stopped(room, true), "stopped", "Stopped: nothing goes on air.", now),
  resumed: (room, _, now) => fed(stopped(room, false), "live", "Live again.", now),
  "chat-paused": (room, _, now) => fed(room, "chat", "Chat is not answered.", now),
  "chat-resumed": (room, _, now) => fed(room, "chat", "Chat is answered again.", now),
  "backend-mode": (room, { available }) => ({ ...room, modes: available }),
  "backend-mode-set": (room, { mode }, now) =>
    fed({ ...room, show: { ...room.show, mode } }, "mode", `Mode: ${mode}.`, now),
  "say-ack": (room, { status }) =>
    status === "rejected" ? noticed(room, "Too much waits already: that line was not taken.") : room,
  error: (room, { message, request_type, request_id }) =>
    QUESTIONS.has(request_type) || aboutSection(request_id) ? room : noticed(room, String(message)),

  "floor-set": (room, { floor }, now) => fed(room, "stage", floorWords(floor), now),
  "twitch-status": (room, { channel, state, reason }, now) =>
    fed(room, "twitch", `#${channel}: ${state}${reason ? ` (${reason})` : ""}`, now),
  "twitch-reading": (room, message) => ({
    ...room,
    twitch: message,
    login: message.login?.state === "waiting" ? room.login : null,
  }),
  "twitch-login-code": (room, { user_code, verification_uri, expires_in_s }, now) => ({
    ...room,
    login: { user_code, verification_uri, until: now + expires_in_s * 1000 },
  }),

  "moderation-lists": (room, { lists }) => ({ ...room, lists }),
  "viewer-block-ack": (room, { username }, now) => fed(room, "viewer", `${username} is answered no more.`, now),
  "viewer-unblock-ack": (room, { username }, now) => fed(room, "viewer", `${username} is answered again.`, now),
  "viewer-forget-ack": (room, { username }, now) => fed(room, "viewer", `Every trace of ${username} is deleted.`, now),
  "settings-changed": (room, { sections }, now) =>
    sections.length ? fed(room, "settings", `Settings changed: ${sections.join(", ").replaceAll("_", " ")}.`, now) : room,
  "settings-refused": (room, { reason }) => noticed(room, `The changed configuration is not used: ${reason}`),

  "autonomous-state": (room, message) => ({ ...room, autonomous: message }),
};

/** @param {Room} room @param {Partial<Show>} told @returns {Room} */
function withShow(room, told) {
  const show = { ...NOTHING_KNOWN, ...told };
  const about = show.reacting_to;
  const speech = room.speech;
  // What a turn is about is told with the state, which may come after its first sentence.
  const isOurs = about && speech?.turn === about.stimulus_id;
  return { ...room, known: true, show, speech: isOurs ? { ...speech, about } : speech };
}

/** @param {Room} room @param {Message} message @param {number} now @returns {Room} */
function chain(room, { text, turn_id = "" }, now) {
  if (text === "conversation-chain-end") return { ...ended(room, "over"), sentences: [] };
  if (text !== "conversation-chain-start") return room;
  const { waiting, reacting_to } = room.show;
  const about = [reacting_to, ...waiting].find((each) => each?.stimulus_id === turn_id) ?? null;
  return { ...room, speech: { turn: turn_id, about, lines: [], since: now, firstAfter: null, end: "running" } };
}

/** @param {Room} room @param {Message} message @param {number} now @returns {Room} */
function spoke(room, { display_text, turn_id = "" }, now) {
  const text = display_text?.text;
  if (!text) return room; // a silent sound carries a face to existing clients
  const speech =
    room.speech?.turn === turn_id
      ? room.speech
      : { turn: turn_id, about: room.show.reacting_to, lines: [], since: now, firstAfter: 0, end: "running" };
  if (speech.end === "retracted") return room;
  const lines = [...speech.lines, text].slice(-MOST_LINES);
  return {
    ...room,
    speech: /** @type {Speech} */ ({ ...speech, lines, firstAfter: speech.firstAfter ?? now - speech.since }),
    sentences: pending(room.sentences, now).filter((held) => held.text !== text),
  };
}

/** The first end counts: a cut turn is also over. @param {Room} room @param {Speech["end"]} end @returns {Room} */
function ended(room, end) {
  const { speech } = room;
  if (!speech || (speech.end !== "running" && end !== "retracted")) return room;
  return { ...room, speech: { ...speech, end } };
}

/** @param {Speech | null} speech @returns {Speech | null} */
const silenced = (speech) => speech && { ...speech, lines: [] };

/** @param {Room} room @param {boolean} is_stopped @returns {Room} */
const stopped = (room, is_stopped) => ({ ...room, show: { ...room.show, is_stopped } });

/** Those that still can be refused. @param {HeldSentence[]} sentences @param {number} now */
export const pending = (sentences, now) => sentences.filter(({ until }) => until > now);

/** @param {Room} room @param {string} kind @param {string} text @param {number} at @returns {Room} */
function fed(room, kind, text, at) {
  const feed = [{ key: room.count, at, kind, text }, ...room.feed].slice(0, MOST_FEED);
  return { ...room, feed, count: room.count + 1 };
}

/** @type {Record<string, (who: string, amount: number | null) => string>} */
const EVENTS = {
  follow: (who) => `${who} follows.`,
  subscribe: (who) => `${who} subscribed.`,
  resubscribe: (who, amount) => `${who} subscribed again${amount ? `: month ${amount}` : ""}.`,
  gift: (who, amount) => `${who} gave ${amount ?? "some"} subscription${amount === 1 ? "" : "s"} away.`,
  cheer: (who, amount) => `${who} cheered${amount ? ` with ${amount} bits` : ""}.`,
  raid: (who, amount) => `${who} raids${amount ? ` with ${amount} viewers` : ""}.`,
  redemption: (who) => `${who} redeemed a reward.`,
  "stream-online": () => "The stream is online.",
  "stream-offline": () => "The stream is offline.",
  "ad-break": () => "An ad break begins.",
  poll: () => "News of a poll.",
  "hype-train": () => "News of a hype train.",
};

/** @param {Message} message */
function eventText({ kind, display_name, username, amount, message }) {
  const who = display_name || username || "Somebody";
  const told = Object.hasOwn(EVENTS, kind) ? EVENTS[kind](who, amount ?? null) : `${who}: ${kind}.`;
  return message ? `${told} “${message}”` : told;
}

/** @param {Message} message */
function commandText({ username, command, done, reason, text }) {
  return text || `${username}: !${command} ${done ? "done" : `refused (${reason})`}.`;
}
