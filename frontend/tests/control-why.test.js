import assert from "node:assert/strict";
import test from "node:test";

import { orderOfKey } from "../js/control/orders.js";
import { emptyRoom } from "../js/control/room.js";
import { Chain, billWords, otherwiseWords, sentenceWords } from "../js/control/why-chain.js";
import { WhyPart, askWhy, closeWhy } from "../js/control/why.js";

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

const WHY = {
  turn_id: "t1",
  source: "chat",
  message_id: "m1",
  trigger: "",
  decision: { outcome: "answered", reason: "", score: 3 },
  candidates: [
    { message_id: "m1", username: "ann", score: 3, parts: { question: 2, age: 1 } },
    { message_id: "m2", username: "bob", score: 2.5, parts: { mention: 3, emote_only: -0.5 } },
  ],
  otherwise: [{ message_id: "m1", without: "question", score: 1, winner: "m2" }],
  providers: { llm: "scripted_llm" },
  requests: [{ model: "small", prompt: [] }],
  bills: [{ provider: "acme", model: "small", prompt_tokens: 120, answer_tokens: 9, cost: null }],
  sentences: [
    { text: "<b>Hi.</b>", rule: "", index: 0, sound_s: 1.2 },
    { text: "Bad.", rule: "slur", index: null, sound_s: null },
  ],
  timings: { first_token_ms: 100, first_sentence_ms: 200, first_audio_ms: null, end_ms: 2000 },
  interrupted: false,
  retracted: "",
  explanation: "ann's line was chosen of 2.",
};

const answering = (status, told) => {
  const paths = [];
  globalThis.fetch = async (path) => {
    paths.push(path);
    return { ok: status < 300, status, json: async () => told };
  };
  return paths;
};
const part = (room = emptyRoom()) => WhyPart({ room });

test("the chain names the chosen line, the scores, the guard, the model, the cost and the times", () => {
  const words = text(Chain({ why: WHY, room: emptyRoom() }));
  for (const each of ["✓ Chosen: ann", "3.0", "2.5", "emote only -0.5", "kept off the air: a slur", "sounded 1.2 s", "price not known", "120 tokens in", "end 2.0 s", "<b>Hi.</b>"]) {
    assert.ok(words.includes(each), each);
  }
  const rows = elements(Chain({ why: WHY, room: emptyRoom() })).filter(({ type, props }) => type === "tr" && props.class === "chosen");
  assert.equal(rows.length, 1);
});

test("what would have changed the choice is said in words, of what was given and of what was taken", () => {
  assert.equal(otherwiseWords(WHY.otherwise[0], WHY), "bob would have won if ann's line had got nothing for “question”: it would have had 1.0.");
  assert.match(otherwiseWords({ message_id: "m2", without: "emote_only", score: 3, winner: "m2" }, WHY), /lost nothing for “emote only”/);
});

test("a sentence that was only shown and one that never went out say so, and a known price is told", () => {
  assert.match(sentenceWords({ text: "a", rule: "", index: 0, sound_s: null }), /without sound/);
  assert.match(sentenceWords({ text: "a", rule: "", index: null, sound_s: null }), /did not go out/);
  assert.match(billWords({ ...WHY.bills[0], cost: 0.5 }, "USD"), /0\.50 USD/);
});

test("before anything was said the panel says so, and asks for the last turn", async () => {
  const paths = answering(404, { detail: "unknown" });
  await askWhy(undefined);
  assert.deepEqual(paths, ["/api/turns/last/why"]);
  assert.match(text(part()), /Nothing has been said yet\./);
});

test("a refusal is said in the server's words, and a server out of reach in ours", async () => {
  answering(404, { detail: "Only the last ones are known." });
  await askWhy("t/9");
  assert.match(text(part()), /Only the last ones are known/);
  globalThis.fetch = async () => Promise.reject(new Error("gone"));
  await askWhy("t1");
  assert.match(text(part()), /could not be reached/);
});

test("closing forgets the answer, also one that is still to come", async () => {
  answering(200, WHY);
  const coming = askWhy("t1");
  assert.match(text(part()), /Looking it up/);
  closeWhy();
  await coming;
  assert.ok(elements(part()).find(({ props }) => props.id === "why").props.hidden);
});

test("an answer about an earlier turn says that it is one", async () => {
  const room = { ...emptyRoom(), speech: { turn: "t2", about: null, lines: [], since: 0, firstAfter: null, end: "running" } };
  assert.match(text(Chain({ why: WHY, room })), /said before/);
});

test("Esc stops while the panel is open, too: it is no dialog", async () => {
  answering(200, WHY);
  await askWhy("t1");
  assert.equal(elements(part()).some(({ type }) => type === "dialog"), false);
  assert.equal(orderOfKey({ key: "Escape" }, false, {}, false)?.type, "stop");
  closeWhy();
});
