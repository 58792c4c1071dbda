import assert from "node:assert/strict";
import test from "node:test";

import { HOLD_MS, Hold } from "../js/control/hold.js";
import { faceOrders, gestureOrders, orderOfKey } from "../js/control/orders.js";
import { money, spendFrom } from "../js/control/spend.js";

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

test("what was spent is read from the figures of /metrics", () => {
  const spend = spendFrom(`# HELP olv_llm_requests_total Requests.
# TYPE olv_llm_requests_total counter
olv_llm_requests_total{provider="openai",model="a \\"b\\", {c}"} 3
olv_llm_requests_total{provider="groq",model="x"} 1
olv_llm_cost_total{provider="openai",model="a",currency="USD"} 0.25
olv_llm_cost_total{provider="groq",model="x",currency="USD"} 1e-2
olv_budget_spent{limit="per_stream",currency="USD"} 0.26
olv_budget_spent{limit="per_hour",currency="USD"} 0.2
olv_budget_limit{limit="per_stream",currency="USD"} 2
`);
  assert.deepEqual(spend, {
    requests: 4,
    cost: 0.26,
    unpriced: 0,
    currency: "USD",
    limits: [{ name: "this stream", spent: 0.26, limit: 2 }],
  });
  assert.deepEqual(spendFrom(""), { requests: 0, cost: 0, unpriced: 0, currency: "", limits: [] });
});

test("small sums keep their digits", () => {
  assert.deepEqual([money(0.0123, "USD"), money(1.5, "USD"), money(0, "")], ["0.0123 USD", "1.50 USD", "0.00"]);
});
