// Backstage: modes are offered as they are, a text is written in pieces, and whatever goes wrong is said.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Backstage } from "../js/backstage.js";
import { FakeElement, fakePage } from "./fake-page.js";

class Control extends FakeElement {
  value = "";
  checked = false;
  disabled = false;
  listeners = {};
  addEventListener(name, listener) {
    this.listeners[name] = listener;
  }
  fire(name) {
    this.listeners[name]({ preventDefault() {} });
  }
  focus() {
    this.focused = true;
  }
  append(...added) {
    for (const child of added) {
      if (typeof child === "string") this.textContent += child;
      else super.append(child);
    }
  }
}

let places, sent, connected, backstage;

beforeEach(() => {
  fakePage();
  places = {};
  for (const name of ["mode", "form", "prompt", "speak", "write", "text"]) places[name] = new Control();
  sent = [];
  connected = true;
  backstage = new Backstage(places, (message) => (sent.push(message), connected));
});

function write(prompt) {
  places.prompt.value = prompt;
  places.form.fire("submit");
}

test("the modes that there are can be chosen, and everybody's switch is shown", () => {
  assert.ok(backstage.handle({ type: "backend-mode", mode: "orphiq", available: ["orphiq", "autonomous"] }));
  assert.deepEqual(
    places.mode.children.map((option) => option.value),
    ["orphiq", "autonomous"],
  );
  assert.equal(places.mode.disabled, false);
  places.mode.value = "autonomous";
  places.mode.fire("change");
  assert.deepEqual(sent, [{ type: "set-backend-mode", mode: "autonomous" }]);
  backstage.handle({ type: "backend-mode-set", mode: "orphiq" });
  assert.equal(places.mode.value, "orphiq");
});

test("one mode alone is nothing to choose from", () => {
  backstage.handle({ type: "backend-mode", mode: "orphiq", available: ["orphiq"] });
  assert.equal(places.mode.disabled, true);
});

test("a mode that was refused is asked for again, and the page may tell why", () => {
  assert.equal(backstage.handle({ type: "error", request_type: "set-backend-mode", message: "No." }), false);
  assert.deepEqual(sent, [{ type: "get-backend-mode" }]);
});

test("a text comes in pieces, and the button stops it meanwhile", () => {
  places.speak.checked = true;
  write("  A title ");
  const [request] = sent;
  assert.deepEqual([request.prompt, request.options], ["A title", { speak: true }]);
  assert.equal(places.write.textContent, "Stop writing");
  const request_id = request.request_id;
  assert.ok(backstage.handle({ type: "text-generation-chunk", text: "<b>", request_id }));
  assert.equal(places.text.textContent, "<b>");
  places.form.fire("submit");
  assert.deepEqual(sent[1], { type: "text-generation-cancel", request_id });
  backstage.handle({ type: "text-generation-response", text: "<b>!", request_id });
  assert.deepEqual([places.text.textContent, places.write.textContent], ["<b>!", "Write"]);
});

test("what goes wrong is said where the text would be", () => {
  write("A title");
  backstage.handle({ type: "error", message: "Too much.", request_id: sent[0].request_id });
  assert.deepEqual([places.text.textContent, places.text.className], ["Too much.", "trouble"]);
  write("Again");
  backstage.lost();
  assert.equal(places.text.className, "trouble");
  connected = false;
  write("And again");
  assert.equal(places.write.textContent, "Write");
});

test("nothing is asked for without a prompt, and other messages are none of its business", () => {
  write("   ");
  assert.deepEqual([sent, places.prompt.focused], [[], true]);
  assert.equal(backstage.handle({ type: "error", message: "x" }), false);
  assert.equal(backstage.handle({ type: "text-generation-chunk", text: "x", request_id: "other" }), false);
});
