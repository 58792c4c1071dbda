import assert from "node:assert/strict";
import test, { before } from "node:test";

/** As much of a page as the overlay needs. Setting text never makes elements: that is the point. */
class FakeElement {
  children = [];
  dataset = {};
  style = {};
  className = "";
  parent = null;
  #text = "";
  classList = {
    toggle: (name, on) => {
      const names = new Set(this.className.split(" ").filter(Boolean));
      if (on) names.add(name);
      else names.delete(name);
      this.className = [...names].join(" ");
    },
  };
  set textContent(text) {
    this.#text = String(text);
    this.children = [];
  }
  get textContent() {
    return this.#text + this.children.map((child) => child.textContent).join("");
  }
  get childElementCount() {
    return this.children.length;
  }
  get firstElementChild() {
    return this.children[0] ?? null;
  }
  append(...added) {
    for (const child of added) child.parent = this;
    this.children.push(...added);
  }
  replaceChildren() {
    this.children = [];
  }
  remove() {
    this.parent.children = this.parent.children.filter((child) => child !== this);
  }
}

let ChatOverlay;
before(async () => {
  globalThis.document = { createElement: () => new FakeElement() };
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

test("a blocked message is not shown, or disappears", () => {
  const { chat, texts } = overlay(1);
  chat.add({ id: "bad", message: "no", decision: { outcome: "blocked" } });
  chat.decide("m0", { outcome: "blocked" });
  assert.deepEqual(texts(), []);
});
