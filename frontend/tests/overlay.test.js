import assert from "node:assert/strict";
import test, { before } from "node:test";

import { FakeElement, fakePage } from "./fake-page.js";

let ChatOverlay;
before(async () => {
  fakePage();
  ({ ChatOverlay } = await import("../js/overlay.js"));
});

function overlay(count = 0) {
  const list = new FakeElement();
  const chat = new ChatOverlay(list);
  for (let i = 0; i < count; i++) chat.add({ id: `m${i}`, username: `u${i % 2}`, message: `line ${i}` });
  return { list, chat, texts: () => list.children.map((line) => line.children[1].textContent) };
}

test("what a viewer writes stays text", () => {
  const { list, chat } = overlay();
  chat.add({ id: "x", username: "a", display_name: "<i>A</i>", message: "<img src=x onerror=alert(1)>" });
  const [name, text] = list.children[0].children;
  assert.equal(name.textContent, "<i>A</i>");
  assert.equal(text.textContent, "<img src=x onerror=alert(1)>");
  assert.deepEqual([name.children, text.children], [[], []]);
});

test("only the last lines are kept", () => {
  const { texts } = overlay(20);
  assert.equal(texts().length, 7);
  assert.equal(texts().at(-1), "line 19");
});

test("the answered line stands out, alone", () => {
  const { list, chat } = overlay(3);
  chat.decide("m0", { outcome: "answered" });
  chat.decide("m2", { outcome: "answered" });
  chat.decide("m1", { outcome: "skipped" });
  assert.deepEqual(
    list.children.map((line) => line.className),
    ["chat-line", "chat-line", "chat-line answered"],
  );
});

test("removed lines vanish: one, a viewer's, all", () => {
  const { chat, texts } = overlay(5);
  chat.remove({ id: "m0" });
  assert.deepEqual(texts(), ["line 1", "line 2", "line 3", "line 4"]);
  chat.remove({ username: "u1" });
  assert.deepEqual(texts(), ["line 2", "line 4"]);
  chat.remove({});
  assert.deepEqual(texts(), []);
});

test("a held message is shown when an operator has let it through, and never otherwise", () => {
  const { chat, texts } = overlay();
  for (const id of ["a", "b", "c"])
    chat.add({ id, username: id, message: id, decision: { outcome: "held" } });
  assert.deepEqual(texts(), []);
  chat.decide("a", { outcome: "pending" });
  chat.decide("b", { outcome: "blocked" });
  chat.remove({ username: "c" });
  chat.decide("c", { outcome: "pending" });
  assert.equal(texts().length, 1);
});

test("a blocked message is not shown, or disappears", () => {
  const { chat, texts } = overlay(1);
  chat.add({ id: "bad", message: "no", decision: { outcome: "blocked" } });
  chat.decide("m0", { outcome: "blocked" });
  assert.deepEqual(texts(), []);
});
