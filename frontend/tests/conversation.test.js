import assert from "node:assert/strict";
import test, { before } from "node:test";

import { FakeElement, fakePage } from "./fake-page.js";

let Conversation, Notices;
before(async () => {
  fakePage();
  ({ Conversation } = await import("../js/conversation.js"));
  ({ Notices } = await import("../js/notices.js"));
});

function conversation() {
  const log = new FakeElement();
  return { it: new Conversation(log, () => {}), texts: () => log.children.map((bubble) => bubble.textContent) };
}

test("who waits for an answer is told that it takes long, and then that it takes too long", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { it, texts } = conversation();
  it.think();
  t.mock.timers.tick(5_999);
  assert.deepEqual(texts(), ["Thinking"]);
  t.mock.timers.tick(1);
  assert.deepEqual(texts(), ["still thinking…"]);
  t.mock.timers.tick(14_000);
  assert.deepEqual(texts(), ["the brain is slow to answer"]);
  it.reply("Here I am.");
  assert.deepEqual(texts(), ["Here I am."]);
});

test("the patience of one turn does not speak in the next", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { it, texts } = conversation();
  it.think();
  t.mock.timers.tick(5_000);
  it.stopThinking();
  it.think();
  t.mock.timers.tick(5_000);
  assert.deepEqual(texts(), ["Thinking"]);
});

test("words without sound are marked in their bubble", () => {
  const { it, texts } = conversation();
  it.reply("One. ");
  it.noSound();
  it.reply("Two.");
  assert.deepEqual(texts(), ["One. (no sound) Two."]);
});

const SAID = [
  { role: "human", name: "Human", content: "Hello" },
  { role: "ai", name: "Mika", content: "Hi!" },
  { role: "ai", name: "Mika", content: "How are you?" },
  { role: "human", name: "Ana", content: "<b>me too</b>" },
  { role: "human", name: "", content: "Fine" },
];

test("a page that comes later shows what was said, and the next answer is a bubble of its own", () => {
  const { it, texts } = conversation();
  it.recall(SAID, "Human");
  it.reply("Good.");
  assert.deepEqual(texts(), ["Hello", "Hi!", "How are you?", "Ana<b>me too</b>", "Fine", "Good."]);
  const kinds = it.log.children.map((bubble) => bubble.className.split(" ")[1]);
  assert.deepEqual(kinds, ["human", "reply", "reply", "viewer", "human", "reply"]);
  assert.equal(it.log.children[3].dataset.username, "ana"); // by which moderation removes it
});

test("a page that was there shows nothing twice", () => {
  const { it, texts } = conversation();
  it.human("Hello");
  it.recall(SAID, "Human");
  assert.deepEqual(texts(), ["Hello"]);
});

function notices() {
  const box = new FakeElement();
  const list = new FakeElement();
  box.hidden = true;
  return { it: new Notices(box, list), box, texts: () => list.children.map((line) => line.textContent) };
}

test("a dismissed notice is gone until it says something else", () => {
  const { it, box, texts } = notices();
  it.show([]);
  assert.equal(box.hidden, true);
  it.show(["a demo", "she hums"]);
  assert.deepEqual([box.hidden, texts()], [false, ["a demo", "she hums"]]);
  it.dismiss();
  it.show(["a demo", "she hums"]);
  assert.equal(box.hidden, true);
  it.show(["a demo", "she is hoarse"]);
  assert.deepEqual([box.hidden, texts()], [false, ["she is hoarse"]]);
  it.show(["a demo"]);
  assert.equal(box.hidden, true);
  it.show(["a demo", "she hums"]);
  assert.deepEqual(texts(), ["she hums"]);
});

test("a state that comes again does not touch the page", () => {
  const { it, texts } = notices();
  it.show(["a demo"]);
  const line = it.list.children[0];
  it.show(["a demo"]);
  assert.equal(it.list.children[0], line);
  assert.deepEqual(texts(), ["a demo"]);
});
