import assert from "node:assert/strict";
import test from "node:test";

import { HOLD_MS, Hold } from "../js/control/hold.js";
import { faceOrders, gestureOrders, orderOfKey } from "../js/control/orders.js";
import { limitsOf, money, spendWords, stepWords } from "../js/control/spend.js";

const ABILITIES = {
  expressions: ["neutral", "joy"],
  motions: { Idle: [{ duration_ms: 1, loops: true }], Wave: [{ duration_ms: 1, loops: false }] },
};
const key = (code, more = {}) => ({ key: "", code, shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, repeat: false, ...more });
const order = (event, isTyping = false, stay = false) => orderOfKey(event, isTyping, ABILITIES, stay);

test("a digit is the face of that place, with Shift the gesture, on the number pad too", () => {
  assert.equal(order(key("Digit2")).expression_id, 1);
  assert.equal(order(key("Numpad1")).expression_id, 0);
  assert.deepEqual(order(key("Digit1", { shiftKey: true })), { type: "motion-command", motion_group: "Wave", motion_index: 0 });
  assert.equal(order(key("Digit9")), null);
  assert.equal(order(key("Digit0")), null);
});

test("whoever types a digit means a digit, but Esc stops from everywhere", () => {
  assert.equal(order(key("Digit2"), true), null);
  assert.deepEqual(order(key("Escape", { key: "Escape" }), true), { type: "stop" });
});

test("the browser's own shortcuts and a key that repeats itself order nothing", () => {
  for (const held of ["ctrlKey", "altKey", "metaKey", "repeat"]) assert.equal(order(key("Digit1", { [held]: true })), null, held);
});

test("what is to stay is asked for without an end", () => {
  assert.deepEqual(faceOrders(ABILITIES, true)[1].message, { type: "expression-command", expression_id: 1, duration: 0 });
  assert.equal(gestureOrders(ABILITIES, true)[0].message.loop, true);
  assert.equal(gestureOrders(ABILITIES, false)[0].message.loop, undefined);
});

test("only the first nine have a key", () => {
  const many = { expressions: Array.from({ length: 11 }, (_, i) => `face ${i}`) };
  assert.deepEqual(faceOrders(many, false).map((each) => each.key).slice(7), ["8", "9", "", ""]);
});

function held() {
  const log = [];
  let run = null;
  const hold = new Hold(
    () => log.push("done"),
    (on) => log.push(on),
    { later: (what, ms) => ((run = what), assert.equal(ms, HOLD_MS), 1), forget: () => (run = null) },
  );
  return { hold, log, time: () => run?.() };
}

test("held long enough it is done, once", () => {
  const { hold, log, time } = held();
  hold.press();
  hold.press(); // a held key repeats itself
  time();
  time();
  assert.deepEqual(log, [true, false, "done"]);
});

test("let go too early nothing is done", () => {
  const { hold, log, time } = held();
  hold.press();
  hold.release();
  hold.release();
  time();
  assert.deepEqual(log, [true, false]);
});

const SPEND = { currency: "USD", stream: 0.26, hour: 0.2, per_stream: 2, per_hour: null, per_viewer_hour: null, step: "full", unpriced: 0, models: [] };

test("what was spent is told, with the limits that exist", () => {
  assert.equal(spendWords(SPEND), "0.26 USD in this stream, 0.20 USD in the last hour");
  assert.match(spendWords({ ...SPEND, unpriced: 3 }), /3 requests of unknown price/);
  assert.match(spendWords(null), /^nothing/);
  assert.deepEqual(limitsOf(SPEND), [{ name: "this stream", spent: 0.26, limit: 2 }]);
  assert.deepEqual(limitsOf(null), []);
});

test("a budget that limits her says so", () => {
  assert.deepEqual(["full", "small", "spent"].map((step) => stepWords({ ...SPEND, step }) !== ""), [false, true, true]);
  assert.equal(stepWords(null), "");
});

test("small sums keep their digits", () => {
  assert.deepEqual([money(0.0123, "USD"), money(1.5, "USD"), money(0, "")], ["0.0123 USD", "1.50 USD", "0.00"]);
});
