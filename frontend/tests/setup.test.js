import assert from "node:assert/strict";
import test from "node:test";

import { bodyOf, brainOf, faultsOf, nothingChosen, stepOf, voiceOf } from "../js/setup/choices.js";

const OLLAMA = { provider: "ollama", label: "Ollama", address: "http://127.0.0.1:11434/v1", models: ["llama3.2", "qwen3"] };
const OPENAI = { name: "openai", label: "OpenAI", model: "gpt-4o-mini", variable: "OPENAI_API_KEY", has_key: false };
const STATE = { is_set_up: false, file: "conf.yaml", providers: [OPENAI] };
const chosen = (more = {}) => ({ ...nothingChosen(), name: "Nova", ...more });
const brain = (more) => brainOf(chosen(more), [OLLAMA], [OPENAI]);
const fields = (more, state = STATE) => faultsOf(chosen(more), state).map(({ field }) => field);

test("each kind of brain is sent with what belongs to it and nothing else", () => {
  assert.deepEqual(brain({ key: "left over", address: "left over" }), { kind: "embedded" });
  const found = { brain: "found", found: OLLAMA.address };
  assert.deepEqual(brain(found), { kind: "served", provider: "ollama", address: OLLAMA.address, model: "llama3.2" });
  assert.equal(brain({ ...found, foundModel: "qwen3" }).model, "qwen3");
  assert.deepEqual(brain({ brain: "key", key: "k" }), { kind: "served", provider: "openai", model: "gpt-4o-mini", key: "k" });
  assert.equal(brain({ brain: "own", address: "http://x/v1", ownModel: "m" }).provider, "custom");
});

test("OpenAI's voice speaks with the key of OpenAI's brain, another server's does not", () => {
  const both = { brain: "key", key: "k", voice: "openai" };
  assert.equal(voiceOf(chosen(both)).key, "k");
  assert.equal(voiceOf(chosen({ ...both, speechKey: "own" })).key, "own");
  assert.equal(voiceOf(chosen({ ...both, speechAddress: "http://x/v1" })).key, "");
  assert.equal(voiceOf(chosen({ ...both, provider: "groq" })).key, "");
  assert.deepEqual(voiceOf(chosen()), { kind: "embedded" });
});

test("a channel is sent only where it was chosen", () => {
  assert.equal(bodyOf(chosen({ channel: "somebody", start: "rehearse" }), [], []).channel, "");
  assert.deepEqual(
    (({ channel, rehearse }) => [channel, rehearse])(bodyOf(chosen({ channel: "somebody", start: "channel" }), [], [])),
    ["somebody", false],
  );
});

test("what is missing is said beside its field, step by step", () => {
  assert.deepEqual(fields({ name: " " }), ["name"]);
  assert.deepEqual(fields({ brain: "key" }), ["brain.key"]);
  assert.deepEqual(fields({ brain: "key" }, { ...STATE, providers: [{ ...OPENAI, has_key: true }] }), []);
  assert.deepEqual(fields({ brain: "own" }), ["brain.address", "brain.model"]);
  assert.deepEqual(fields({ step: 2, voice: "openai", speechVoice: "" }), ["voice.voice"]);
  assert.deepEqual(fields({ step: 3 }), []);
  assert.deepEqual(fields({ step: 3, start: "channel" }), ["channel", "demo_on_channel"]);
  assert.deepEqual(fields({ step: 3, start: "channel", channel: "x", brain: "found" }), []);
  assert.deepEqual(fields({ step: 3 }, { ...STATE, is_set_up: true }), ["replace"]);
});

test("a refusal leads to the step on which its field stands", () => {
  assert.deepEqual(["name", "brain.key", "voice.address", "channel", "replace"].map(stepOf), [1, 1, 2, 3, 3]);
});
