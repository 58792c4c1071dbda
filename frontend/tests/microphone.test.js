import assert from "node:assert/strict";
import test from "node:test";

import { Downsampler, Microphone, listenForTalkKey, microphoneWords } from "../js/microphone.js";

/** A microphone whose sound the test makes, and what it sends. */
function studio(open) {
  const sent = [];
  const device = { closed: 0, hear: null, onend: null };
  const opened = async (hear, onend) => {
    Object.assign(device, { hear, onend });
    return { close: () => (device.closed += 1) };
  };
  const microphone = new Microphone((message) => sent.push(message), open ?? opened);
  const speak = (seconds, loud = 0.5) => {
    for (let i = 0; i < seconds * 375; i += 1) device.hear(new Float32Array(128).fill(loud), 48_000);
  };
  return { microphone, sent, device, speak };
}

const types = (sent) => [...new Set(sent.map(({ type }) => type))];
const length = (sent) => sent.reduce((sum, { audio }) => sum + (audio?.length ?? 0), 0);
const rejects = (name) => async () => {
  throw Object.assign(new Error(), { name });
};

test("sound of any rate becomes 16-bit numbers at 16 kHz", () => {
  for (const rate of [8_000, 16_000, 22_050, 44_100, 48_000, 96_000]) {
    const made = new Downsampler(rate).take(Array(rate).fill(0.5));
    assert.ok(Math.abs(made.length - 16_000) <= 1, `${rate}: ${made.length}`);
    assert.ok(made.every((sample) => sample === 16_384));
  }
  assert.deepEqual(new Downsampler(16_000).take([2, -2, 0]), [32_767, -32_767, 0]);
});

test("an open microphone sends everything, and asks for the answer when the server has heard an end", async () => {
  const { microphone, sent, speak } = studio();
  await microphone.open();
  speak(1);
  assert.deepEqual(types(sent), ["raw-audio-data"]);
  assert.ok(Math.abs(length(sent) - 16_000) <= 1_600);
  microphone.handle({ type: "control", text: "interrupt" });
  assert.equal(microphone.speaking, true);
  microphone.handle({ type: "control", text: "mic-audio-end" });
  assert.equal(microphone.speaking, false);
  assert.deepEqual(sent.at(-1), { type: "mic-audio-end", images: [] });
});

test("with push-to-talk nothing leaves the page but what is said while the key is held", async () => {
  const { microphone, sent, speak } = studio();
  microphone.handle({ type: "floor-set", floor: "push-to-talk" });
  await microphone.open();
  speak(1);
  assert.deepEqual(sent, []);
  await microphone.press();
  speak(0.55);
  microphone.release();
  speak(1);
  assert.deepEqual(types(sent), ["mic-audio-data", "mic-audio-end"]);
  assert.ok(Math.abs(length(sent) - 8_800) < 200, "also the piece that was not full");
});

test("the key works whatever the mode, and the first press opens the microphone", async () => {
  const { microphone, sent, speak } = studio();
  const target = new EventTarget();
  listenForTalkKey(microphone, target);
  const press = (type, key, repeat = false) =>
    target.dispatchEvent(Object.assign(new Event(type, { cancelable: true }), { key, repeat }));
  press("keydown", "F8");
  await new Promise(setImmediate);
  press("keydown", "F8", true);
  press("keydown", "a");
  assert.equal(microphone.held, true);
  speak(0.2);
  target.dispatchEvent(new Event("blur"));
  assert.deepEqual(types(sent), ["mic-audio-data", "mic-audio-end"]);
  press("keyup", "F8");
  assert.equal(sent.filter(({ type }) => type === "mic-audio-end").length, 1);
});

test("whoever switches off in mid-sentence is still answered", async () => {
  const { microphone, sent, device } = studio();
  await microphone.open();
  microphone.handle({ type: "control", text: "interrupt" });
  microphone.close();
  assert.ok(length(sent) >= 16_000 * 0.8);
  assert.ok(sent.every(({ audio }) => audio.every((sample) => sample === 0)));
  assert.equal(device.closed, 1);
  microphone.handle({ type: "control", text: "mic-audio-end" });
  assert.equal(sent.at(-1).type, "mic-audio-end");
});

for (const [name, words] of [
  ["NotAllowedError", /Allow it beside the address/],
  ["NotFoundError", /No microphone was found/],
  ["NotReadableError", /another program/],
  ["InsecureError", /https/],
  ["SomethingElse", /could not be opened/],
]) {
  test(`a browser that refuses with ${name} is explained, and it can be tried again`, async () => {
    const { microphone } = studio(rejects(name));
    await microphone.open();
    assert.equal(microphone.state, "failed");
    assert.match(microphoneWords(microphone), words);
    microphone.openSource = async () => ({ close: () => {} });
    await microphone.open();
    assert.equal(microphone.state, "on");
  });
}

test("a microphone that is unplugged says so and sends nothing more", async () => {
  const { microphone, device } = studio();
  await microphone.press();
  device.onend();
  assert.equal(microphone.held, false);
  assert.equal(device.closed, 1);
  assert.match(microphoneWords(microphone), /unplugged/);
});

test("who switches off while the browser still asks gets no open microphone", async () => {
  let grant = () => {};
  let closed = 0;
  const { microphone } = studio(() => new Promise((done) => (grant = () => done({ close: () => (closed += 1) }))));
  const opening = microphone.open();
  microphone.close();
  grant();
  await opening;
  assert.deepEqual([microphone.state, closed], ["off", 1]);
});

test("what the server does not take is said in its words, until somebody speaks again", async () => {
  const { microphone } = studio();
  await microphone.open();
  microphone.handle({ type: "error", request_type: "raw-audio-data", message: "Too many speak at once." });
  assert.equal(microphoneWords(microphone), "Too many speak at once.");
  microphone.handle({ type: "control", text: "interrupt" });
  assert.equal(microphoneWords(microphone), "She hears you.");
  microphone.handle({ type: "error", request_type: "text-input", message: "Not ours." });
  assert.equal(microphoneWords(microphone), "She hears you.");
});
