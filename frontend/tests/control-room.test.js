import assert from "node:assert/strict";
import test from "node:test";

import { dismissed, emptyRoom, linked, noticed, pending, reduce } from "../js/control/room.js";

const LINE = { type: "chat-message", id: "m1", username: "ann", display_name: "Ann", message: "hi", decision: { outcome: "pending" } };
const ABOUT = { stimulus_id: "t1", source: "chat", author: "Ann", text: "hi" };

/** The room after these messages, a second apart. */
const after = (...messages) =>
  messages.reduce((room, message, i) => reduce(room, message, (i + 1) * 1000), emptyRoom());
const starts = (turn_id = "t1") => ({ type: "control", text: "conversation-chain-start", turn_id });
const ends = (turn_id = "t1") => ({ type: "control", text: "conversation-chain-end", turn_id });
const says = (text, turn_id = "t1") => ({ type: "audio", turn_id, audio: "UklGRg==", display_text: { text } });

test("a message that nobody knows changes nothing", () => {
  const room = emptyRoom();
  for (const type of ["heartbeat-ack", "tool_call_status", "toString", "constructor"]) {
    assert.equal(reduce(room, { type }, 0), room, type);
  }
});

test("the state is the server's, whole, each time it is pushed", () => {
  const room = after(
    { type: "character-state", mode: "external-api", queue: 3, is_stopped: true },
    { type: "character-state", mode: "orphiq" },
  );
  assert.deepEqual([room.show.mode, room.show.queue, room.show.is_stopped, room.known], ["orphiq", 0, false, true]);
});

test("a snapshot brings the chat, the newest first, and what comes later stands before it", () => {
  const room = after(
    { type: "snapshot", state: {}, chat: [{ ...LINE, id: "a" }, { ...LINE, id: "b" }] },
    { ...LINE, id: "c" },
  );
  assert.deepEqual(room.chat.map(({ id }) => id), ["c", "b", "a"]);
});

test("a decision changes its line only", () => {
  const room = after(LINE, { ...LINE, id: "m2" }, { type: "chat-decision", id: "m1", decision: { outcome: "answered" } });
  assert.deepEqual(room.chat.map(({ decision }) => decision.outcome), ["pending", "answered"]);
});

test("removed lines are gone: one, all of a viewer's, all", () => {
  const lines = [LINE, { ...LINE, id: "m2" }, { ...LINE, id: "m3", username: "bob" }];
  const left = (removal) => after(...lines, { type: "chat-message-removed", ...removal }).chat.map(({ id }) => id);
  assert.deepEqual(left({ id: "m2" }), ["m3", "m1"]);
  assert.deepEqual(left({ id: null, username: "ann" }), ["m3"]);
  assert.deepEqual(left({ id: null, username: null }), []);
});

test("what is kept of chat and events is bounded", () => {
  let room = emptyRoom();
  for (let i = 0; i < 300; i++) {
    room = reduce(room, { ...LINE, id: `m${i}` }, i);
    room = reduce(room, { type: "channel-event", kind: "follow", username: "ann" }, i);
  }
  assert.deepEqual([room.chat.length, room.feed.length, room.chat[0].id], [100, 60, "m299"]);
  assert.equal(new Set(room.feed.map(({ key }) => key)).size, 60);
});

test("what she says is collected by turn, with what waited for it as the reason", () => {
  const room = after(
    { type: "character-state", waiting: [ABOUT] },
    starts(),
    says("One."),
    says("Two."),
  );
  assert.deepEqual(room.speech.about, ABOUT);
  assert.deepEqual(room.speech.lines, ["One.", "Two."]);
  assert.deepEqual([room.speech.firstAfter, room.speech.end], [1000, "running"]);
});

test("the reason may come with the state after the first words", () => {
  const room = after(starts(), says("One."), { type: "character-state", reacting_to: ABOUT });
  assert.deepEqual(room.speech.about, ABOUT);
  const other = after(starts("t2"), { type: "character-state", reacting_to: ABOUT });
  assert.equal(other.speech.about, null);
});

test("whoever joins in the middle of a turn hears the rest of it", () => {
  const room = after({ type: "snapshot", state: { reacting_to: ABOUT } }, says("Two."));
  assert.deepEqual([room.speech.about, room.speech.lines], [ABOUT, ["Two."]]);
});

test("a turn that was cut stays cut when its chain ends", () => {
  assert.equal(after(starts(), says("One."), { type: "interrupt-signal" }, ends()).speech.end, "cut");
  assert.equal(after(starts(), says("One."), ends()).speech.end, "over");
});

test("words that were taken back are shown no more, also those that come late", () => {
  const room = after(starts(), says("One."), { type: "speech-retracted", turn_id: "t1", reason: "x" }, says("Two."), ends());
  assert.deepEqual([room.speech.lines, room.speech.end], [[], "retracted"]);
});

test("a silent sound that only carries a face is no speech", () => {
  assert.equal(after({ type: "audio", display_text: null }).speech, null);
});

test("a held sentence can be refused until it goes on air", () => {
  const held = { type: "sentence-held", id: "s1", turn_id: "t1", text: "Hm.", air_in_ms: 2000 };
  assert.deepEqual(after(held).sentences, [{ id: "s1", text: "Hm.", until: 3000 }]);
  assert.deepEqual(pending(after(held).sentences, 3000), []);
  assert.deepEqual(after(held, { type: "hold-decided", id: "s1", allow: false }).sentences, []);
  assert.deepEqual(after(held, says("Hm.")).sentences, []);
});

test("a decided message is held no more, before the state says so", () => {
  const held = [{ id: "h1", username: "ann", text: "x", reason: "link" }];
  const room = after({ type: "character-state", held }, { type: "hold-decided", id: "h1", allow: true });
  assert.deepEqual(room.show.held, []);
});

test("stopping and going on show at once and stand in the feed", () => {
  const room = after({ type: "stopped" });
  assert.equal(room.show.is_stopped, true);
  assert.match(room.feed[0].text, /Stopped/);
  assert.equal(reduce(room, { type: "resumed" }, 9).show.is_stopped, false);
});

test("events are told in words, with the viewer's own as text", () => {
  const text = (event) => after({ type: "channel-event", message: "", amount: null, ...event }).feed[0].text;
  assert.equal(text({ kind: "raid", display_name: "Ann", amount: 12 }), "Ann raids with 12 viewers.");
  assert.equal(text({ kind: "cheer", username: "ann", amount: 50, message: "<b>go</b>" }), "ann cheered with 50 bits. “<b>go</b>”");
  assert.equal(text({ kind: "something-new", username: "ann" }), "ann: something-new.");
});

test("an error is a notice, but what the page asks of itself bothers nobody", () => {
  assert.deepEqual(after({ type: "error", message: "No.", request_type: "say" }).notices.map(({ text }) => text), ["No."]);
  assert.deepEqual(after({ type: "error", message: "Off.", request_type: "get-twitch" }).notices, []);
});

test("the same notice stands once, few stand at all, and each can be dismissed", () => {
  let room = emptyRoom();
  for (const text of ["a", "b", "a", "c", "d", "e"]) room = noticed(room, text);
  assert.deepEqual(room.notices.map(({ text }) => text), ["a", "c", "d", "e"]);
  assert.deepEqual(dismissed(room, room.notices[0].key).notices.map(({ text }) => text), ["c", "d", "e"]);
});

test("a line that was not taken is told of", () => {
  assert.equal(after({ type: "say-ack", status: "queued" }).notices.length, 0);
  assert.equal(after({ type: "say-ack", status: "rejected" }).notices.length, 1);
});

test("a login shows its code until it is through", () => {
  const code = { type: "twitch-login-code", user_code: "ABCD", verification_uri: "https://example.org", expires_in_s: 60 };
  assert.deepEqual(after(code).login, { user_code: "ABCD", verification_uri: "https://example.org", until: 61000 });
  assert.ok(after(code, { type: "twitch-reading", login: { state: "waiting" } }).login);
  assert.equal(after(code, { type: "twitch-reading", login: { state: "stored" } }).login, null);
});

test("the connection's status changes the room only when it is another one", () => {
  const room = emptyRoom();
  assert.equal(linked(room, "connecting"), room);
  assert.equal(linked(room, "lost").link, "lost");
});
