import assert from "node:assert/strict";
import test from "node:test";

import { Autonomous } from "../js/control/autonomous.js";
import { Body, Engines, Modes } from "../js/control/character.js";
import { Chat, ChatLine, HeldLines, decisionWords } from "../js/control/chat.js";
import { noEdits, heard, typed } from "../js/control/edits.js";
import { Editor } from "../js/control/editor.js";
import { Queue, Saying, moveDown, moveUp, sourceWords, speechWords, timesWords } from "../js/control/on-air.js";
import { emptyRoom, reduce } from "../js/control/room.js";
import { Twitch, safeAddress } from "../js/control/twitch.js";
import { Viewers } from "../js/control/viewers.js";

/** Every element that a part is made of, its own parts drawn too. */
function elements(view) {
  if (Array.isArray(view)) return view.flatMap(elements);
  if (view === null || typeof view !== "object") return [];
  if (typeof view.type === "function") return elements(view.type(view.props));
  return [view, ...elements(view.props.children)];
}

function text(view) {
  if (Array.isArray(view)) return view.map(text).join("");
  if (view === null || view === undefined || typeof view === "boolean") return "";
  if (typeof view !== "object") return String(view);
  return text(typeof view.type === "function" ? view.type(view.props) : view.props.children);
}

const room = (...messages) => messages.reduce((known, message, i) => reduce(known, message, i * 1000), emptyRoom());
const state = (fields) => ({ type: "character-state", ...fields });
const buttons = (view) => elements(view).filter(({ type }) => type === "button");

/** A part with what its buttons send. */
function pressed(part, known, label, props = {}) {
  const sent = [];
  const view = part({ room: known, send: (message) => sent.push(message), now: 0, ...props });
  buttons(view).find((button) => `${text(button)} ${button.props["aria-label"] ?? ""}`.includes(label)).props.onClick();
  return sent;
}

test("what waits can be dropped, and the button says what", () => {
  const waiting = [{ stimulus_id: "q1", source: "chat", author: "Ann", text: "hi" }];
  assert.deepEqual(pressed(Queue, room(state({ waiting, queue: 1 })), "Drop: Ann hi"), [{ type: "queue-drop", stimulus_id: "q1" }]);
  assert.match(text(Queue({ room: emptyRoom(), send() {} })), /Nothing waits/);
});

test("a held message is allowed or refused", () => {
  const held = [{ id: "h1", username: "ann", text: "x", reason: "hold-word" }];
  const known = room(state({ held }));
  assert.deepEqual(pressed(HeldLines, known, "Allow"), [{ type: "hold-decide", id: "h1", allow: true }]);
  assert.deepEqual(pressed(HeldLines, known, "Refuse"), [{ type: "hold-decide", id: "h1", allow: false }]);
  assert.match(text(HeldLines({ room: known, send() {} })), /a word to be looked at/);
});

test("a held sentence can be kept off the air", () => {
  const known = room({ type: "sentence-held", id: "s1", turn_id: "t", text: "Hm.", air_in_ms: 4000 });
  assert.deepEqual(pressed(Saying, known, "Keep it off air"), [{ type: "hold-decide", id: "s1", allow: false }]);
});

test("each outcome has a word and a sign of its own, so that nobody needs the colour", () => {
  const all = ["pending", "queued", "answered", "skipped", "held", "blocked"].map((outcome) => decisionWords({ outcome }));
  assert.equal(new Set(all.map(({ sign }) => sign)).size, 6);
  assert.equal(new Set(all.map(({ text }) => text)).size, 6);
  assert.equal(decisionWords({ outcome: "skipped", reason: "caps", score: 2.345 }).why, "all in capitals, score 2.3");
  assert.equal(decisionWords({ outcome: "skipped", reason: "something-new" }).why, "something new");
});

test("what viewers write is text, whatever it looks like", () => {
  const evil = "<img src=x onerror=alert(1)>";
  const line = { id: "m", username: evil, message: evil, decision: { outcome: "held", reason: evil } };
  const found = elements(ChatLine({ line }));
  assert.ok(!found.some(({ type }) => type === "img"));
  assert.ok(text(ChatLine({ line })).includes(evil));
  assert.ok(found.every(({ props }) => props.dangerouslySetInnerHTML === undefined));
});

test("the chat is paused and answered again by one button, which says which", () => {
  assert.deepEqual(pressed(Chat, emptyRoom(), "Pause chat"), [{ type: "pause-chat" }]);
  assert.deepEqual(pressed(Chat, room(state({ is_chat_paused: true })), "Answer chat again"), [{ type: "resume-chat" }]);
});

test("what she is doing is said in words", () => {
  const speech = (end, lines = ["Hi."]) => ({ turn: "t", about: null, lines, since: 0, firstAfter: null, end });
  assert.deepEqual(
    [speechWords(null, false), speechWords(speech("running", []), false), speechWords(speech("running"), false)],
    ["Silent", "Thinking…", "Speaking"],
  );
  assert.match(speechWords(speech("cut"), false), /Cut off/);
  assert.equal(speechWords(speech("running"), true), "Stopped");
  assert.equal(sourceWords({ source: "chat", author: "Ann" }), "Ann · chat");
  const unasked = state({ reacting_to: { stimulus_id: "t", source: "unasked", author: "System", text: "" } });
  const known = room(unasked, { type: "control", text: "conversation-chain-start", turn_id: "t" });
  assert.doesNotMatch(text(Saying({ room: known, send() {}, now: 0 })), /Because/);
  assert.equal(sourceWords({ source: "unasked", author: "System" }), "Of her own accord");
});

test("a mode that is not set up cannot be chosen; the others are one press away", () => {
  const known = room({ type: "backend-mode", mode: "orphiq", available: ["orphiq", "autonomous"] });
  const [own, provider, autonomous] = buttons(Modes({ room: known, send() {} }));
  assert.deepEqual([own.props["aria-pressed"], provider.props.disabled, autonomous.props.disabled], [true, true, false]);
  assert.deepEqual(pressed(Modes, known, "Autonomous"), [{ type: "set-backend-mode", mode: "autonomous" }]);
});

test("the face that shows is the one that is pressed", () => {
  const known = room(state({ abilities: { expressions: ["neutral", "joy"] }, expression: { name: "joy", expression_id: 1 } }));
  const pressed = buttons(Body({ room: known, send() {}, stay: false, onStay() {} })).filter(({ props }) => props["aria-pressed"]);
  assert.deepEqual(pressed.map((button) => text(button)), ["2 joy"]);
});

test("an engine with a note needs a look, and says why", () => {
  const providers = { llm: { engine: "openai", note: "fails: using the demo" }, tts: { engine: "kokoro" } };
  const told = text(Engines({ room: room(state({ providers })) }));
  assert.match(told, /openai.*fails: using the demo.*kokoro.*works/);
});

test("a channel is joined by name, without a login anonymously, and left", () => {
  const twitch = (login) => ({ type: "twitch-reading", state: "off", missing: [], problems: [], login: { state: login } });
  const join = (login, token = "") => {
    const sent = [];
    const form = elements(Twitch({ room: room(twitch(login)), send: (message) => sent.push(message) })).find(({ type }) => type === "form");
    form.props.onSubmit({ preventDefault() {}, currentTarget: { elements: { token: { value: token }, channel: { value: " ann " } } } });
    return sent[0];
  };
  assert.deepEqual(join("none"), { type: "twitch-connect", channel: "ann", anonymous: true });
  assert.deepEqual(join("stored"), { type: "twitch-connect", channel: "ann" });
  assert.deepEqual(join("none", "oauth:abc"), { type: "twitch-connect", channel: "ann", token: "oauth:abc" });
  const reading = room(state({ twitch: { channel: "ann", state: "connected" } }));
  assert.deepEqual(pressed(Twitch, reading, "Disconnect"), [{ type: "twitch-disconnect" }]);
});

test("a login shows its code, and a link that is no script", () => {
  const known = room(
    { type: "twitch-reading", state: "off", login: { state: "waiting" } },
    { type: "twitch-login-code", user_code: "ABCD", verification_uri: "https://example.org/x", expires_in_s: 60 },
  );
  assert.match(text(Twitch({ room: known, send() {} })), /https:\/\/example\.org\/x.*ABCD/);
  assert.equal(safeAddress("javascript:alert(1)"), undefined);
});

test("what she does unasked shows once the state speaks of it", () => {
  assert.equal(Autonomous({ room: emptyRoom(), send() {} }), null);
  const known = room(
    state({ autonomous: { enabled: true, next: null } }),
    { type: "autonomous-state", triggers: [{ name: "weather", kind: "interval", enabled: true, next_at: null, fires: 0, outcome: "" }], rundown: null },
  );
  assert.deepEqual(pressed(Autonomous, known, "Fire weather now"), [{ type: "autonomous-fire", trigger: "weather" }]);
  assert.deepEqual(pressed(Autonomous, known, "weather: On"), [{ type: "autonomous-set", trigger: "weather", enabled: false }]);
});

test("the queue is put into order: requests among each other, a line of chat by joining them, an event not", () => {
  const waiting = [
    { stimulus_id: "a", line: "request" },
    { stimulus_id: "b", line: "request" },
    { stimulus_id: "event:raid", line: "event" },
    { stimulus_id: "m1", line: "chat" },
  ];
  const to = (order) => order && [order.stimulus_id, order.before];
  assert.deepEqual([0, 1, 2, 3].map((i) => to(moveUp(waiting, i))), [null, ["b", "a"], null, ["m1", null]]);
  assert.deepEqual([0, 1, 2, 3].map((i) => to(moveDown(waiting, i))), [["a", null], null, null, null]);
  const full = waiting.map((each) => ({ ...each, source: "typed", author: "Ann", text: each.stimulus_id }));
  assert.deepEqual(pressed(Queue, room(state({ waiting: full, queue: 4 })), "Up: Ann b"), [{ type: "queue-move", stimulus_id: "b", before: "a" }]);
});

test("the points of a turn are told as far as it has come", () => {
  const speech = { turn: "t", firstAfter: 400 };
  const timings = { turn_id: "t", first_token_ms: 120, first_sentence_ms: 300, first_audio_ms: 900, end_ms: null };
  assert.equal(timesWords(speech, timings), "First text 0.1 s · first sentence 0.3 s · first sound 0.9 s");
  assert.match(timesWords(speech, { ...timings, turn_id: "older" }), /First sentence 0.4 s/);
  assert.equal(timesWords(null, timings), "");
});

test("who is blocked can be answered again", () => {
  const known = room({ type: "moderation-lists", lists: { blocked_viewers: ["rude"] } });
  assert.deepEqual(pressed(Viewers, known, "Unblock rude"), [{ type: "viewer-unblock", username: "rude" }]);
  const form = elements(Viewers({ room: known, send() {} })).find(({ type }) => type === "form");
  const sent = [];
  const by = (value, name) => {
    const view = Viewers({ room: known, send: (message) => sent.push(message) });
    const { onSubmit } = elements(view).find(({ type }) => type === "form").props;
    onSubmit({ preventDefault() {}, submitter: { value }, currentTarget: { elements: { viewer: { value: name } }, reset() {} } });
  };
  by("block", " @Rude ");
  by("forget", "ann");
  by("block", " ");
  assert.ok(form);
  assert.deepEqual(sent, [
    { type: "viewer-block", username: "Rude" },
    { type: "viewer-forget", username: "ann" },
  ]);
});

test("every section has its panel, and only what was typed can be saved", () => {
  const names = ["persona", "moderation", "cue_sheets", "commands", "selection", "triggers"];
  const sections = Object.fromEntries(names.map((name) => [name, { value: null, defaults: {}, text: "" }]));
  sections.commands.defaults = { say: { enabled: true, allow: "everyone", viewer_cooldown_s: 60, global_cooldown_s: 15 } };
  const told = { type: "settings", file: "conf.yaml", revision: "r", can_undo: true, fault: "", needs_restart: ["system_config.port"], sections };
  const sent = [];
  const view = (edits) => Editor({ edits, send: (message) => sent.push(message), change() {} });
  const edits = typed(heard(noEdits(), told), "persona", [], "A");
  const saves = buttons(view(edits)).filter(({ props }) => props["data-save"]);
  assert.deepEqual(saves.map(({ props }) => props["data-save"]).sort(), [...names].sort());
  assert.deepEqual(saves.filter(({ props }) => !props.disabled).map(({ props }) => props["data-save"]), ["persona"]);
  assert.match(text(view(edits)), /Needs a restart of the program: system_config.port/);
  buttons(view(edits)).find(({ props }) => props.id === "undo").props.onClick();
  assert.deepEqual(sent, [{ type: "undo-edit", revision: "r" }]);
  assert.match(text(view(noEdits())), /being read/);
});
