import assert from "node:assert/strict";
import test from "node:test";

import { Lips, opening, volumeAt } from "../js/lips.js";
import { Speech } from "../js/speech.js";

/** Time that passes only when the test says so. */
class FakeClock {
  time = 0;
  timers = [];
  now = () => this.time;
  after = (seconds, run) => {
    const timer = { at: this.time + seconds, run };
    this.timers.push(timer);
    return timer;
  };
  cancel = (timer) => {
    this.timers = this.timers.filter((other) => other !== timer);
  };

  async pass(seconds) {
    const end = this.time + seconds;
    for (;;) {
      await settled();
      const due = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.time = Math.max(this.time, due.at);
      this.cancel(due);
      due.run();
    }
    this.time = end;
    await settled();
  }
}

/** Lets everything run that waits for a promise. */
const settled = () => new Promise((done) => setImmediate(done));

/** A loudspeaker whose audio clock may run late, and that may be silent. */
class FakeOutput {
  audible = true;
  lag = 0;
  playing = [];
  constructor(clock) {
    this.clock = clock;
  }
  decode = async (base64) => (base64 === "broken" ? null : { duration: Number(base64) });
  ready = async () => {};
  play = (buffer, offset) => {
    if (!this.audible) return null;
    const start = this.clock.now() + this.lag - offset;
    const voice = { position: () => this.clock.now() - start, stop: () => (this.playing = []), offset };
    this.playing = [voice];
    return voice;
  };
}

function stage() {
  const clock = new FakeClock();
  const output = new FakeOutput(clock);
  const speech = new Speech(output, clock);
  const log = [];
  speech.onstart = (cue) => log.push(`start ${cue.display_text?.text}`);
  speech.onend = (cue) => log.push(`end ${cue.display_text?.text}`);
  speech.oncomplete = () => log.push("complete");
  return { clock, output, speech, log };
}

const ofTurn = (text, index, seconds = 2) => cue(text, seconds, { turn_id: "t", index });

test("when somebody on stage speaks, the clause is finished and nothing follows", async () => {
  const { clock, speech, log } = stage();
  for (const [index, text] of ["one", "two", "three"].entries()) speech.add(ofTurn(text, index));
  speech.synthesisComplete();
  await clock.pass(2.5);
  speech.yieldTo({ turn_id: "t", index: 1, at_ms: 1200 });
  await clock.pass(0.5);
  assert.deepEqual(log, ["start one", "end one", "start two"]);
  await clock.pass(0.5);
  assert.deepEqual(log.slice(3), ["end two", "complete"]);
});

test("a page that lags behind still says what the others have heard", async () => {
  const { clock, speech, log } = stage();
  for (const [index, text] of ["one", "two", "three"].entries()) speech.add(ofTurn(text, index));
  await clock.pass(1);
  speech.yieldTo({ turn_id: "t", index: 1, at_ms: 500 });
  await clock.pass(1.7);
  assert.deepEqual(log, ["start one", "end one", "start two", "end two"]);
});

test("a page that is further already cuts no word, and the next turn is whole", async () => {
  const { clock, speech, log } = stage();
  speech.add(ofTurn("one", 0));
  await clock.pass(1.5);
  speech.yieldTo({ turn_id: "t", index: 0, at_ms: 1000 });
  await clock.pass(0.4);
  assert.deepEqual(log, ["start one"]);
  await clock.pass(0.3);
  speech.add(cue("next", 2, { turn_id: "u", index: 0 }));
  await clock.pass(1.9);
  assert.deepEqual(log, ["start one", "end one", "start next"]);
});

/** A sentence of `seconds`, its sound as the fake output understands it. */
const cue = (text, seconds, more = {}) => ({
  audio: String(seconds),
  volumes: Array(Math.round(seconds * 50)).fill(0.5),
  slice_length: 20,
  display_text: { text },
  ...more,
});

test("sentences are spoken one after the other", async () => {
  const { clock, speech, log } = stage();
  speech.add(cue("one", 1));
  speech.add(cue("two", 1));
  await clock.pass(0.5);
  assert.deepEqual(log, ["start one"]);
  assert.equal(speech.position, 0.5);
  assert.equal(speech.volume, 0.5);
  await clock.pass(0.7);
  assert.deepEqual(log, ["start one", "end one", "start two"]);
  await clock.pass(2);
  assert.equal(speech.idle, true);
  assert.equal(speech.volume, 0);
});

test("the end is reported once, and only when all is said", async () => {
  const { clock, speech, log } = stage();
  speech.add(cue("one", 1));
  speech.synthesisComplete();
  speech.synthesisComplete();
  await clock.pass(0.9);
  assert.equal(log.includes("complete"), false);
  await clock.pass(5);
  assert.deepEqual(log, ["start one", "end one", "complete"]);
});

test("a turn without a word is complete at once", () => {
  const { speech, log } = stage();
  speech.synthesisComplete();
  assert.deepEqual(log, ["complete"]);
});

test("cutting is silent at once, drops the queue, and reports nothing", async () => {
  const { clock, output, speech, log } = stage();
  speech.add(cue("one", 5));
  speech.add(cue("two", 5));
  speech.synthesisComplete();
  await clock.pass(1);
  speech.cut();
  assert.deepEqual(output.playing, []);
  assert.equal(speech.idle, true);
  await clock.pass(20);
  assert.deepEqual(log, ["start one", "end one"]);
});

test("cutting while the sound is still being decoded lets nothing start", async () => {
  const { clock, speech, log } = stage();
  speech.add(cue("one", 5));
  speech.cut();
  await clock.pass(6);
  assert.deepEqual(log, ["end one"]);
});

test("text without sound stays for as long as reading takes, with the mouth at rest", async () => {
  const { clock, speech } = stage();
  speech.add(cue("x".repeat(34), 0, { audio: null, volumes: [] }));
  await clock.pass(1.5);
  assert.equal(speech.idle, false);
  assert.equal(speech.speaking, false);
  await clock.pass(0.7);
  assert.equal(speech.idle, true);
});

test("a sound that cannot be decoded is shown for as long as its volumes last", async () => {
  const { clock, speech, log } = stage();
  speech.add(cue("one", 1, { audio: "broken" }));
  await clock.pass(0.9);
  assert.deepEqual(log, ["start one"]);
  await clock.pass(0.3);
  assert.equal(speech.idle, true);
});

test("a muted page keeps the same time", async () => {
  const { clock, output, speech } = stage();
  output.audible = false;
  speech.add(cue("one", 1));
  await clock.pass(0.4);
  assert.equal(output.playing.length, 0);
  assert.ok(Math.abs(speech.position - 0.4) < 1e-9);
  await clock.pass(0.8);
  assert.equal(speech.idle, true);
});

test("sound that is allowed in mid-sentence joins at the right place", async () => {
  const { clock, output, speech } = stage();
  output.audible = false;
  speech.add(cue("one", 2));
  await clock.pass(0.75);
  output.audible = true;
  speech.rejoin();
  assert.equal(output.playing[0].offset, 0.75);
  assert.equal(speech.position, 0.75);
});

test("the mouth follows the audio clock, and a late sound is played to its end", async () => {
  const { clock, output, speech, log } = stage();
  output.lag = 0.5;
  speech.add(cue("one", 1));
  await clock.pass(1);
  assert.ok(Math.abs(speech.position - 0.5) < 1e-9);
  await clock.pass(0.4);
  assert.deepEqual(log, ["start one"]);
  await clock.pass(0.3);
  assert.deepEqual(log, ["start one", "end one"]);
});

test("a sound device that hangs does not stop the show", async () => {
  const { clock, output, speech } = stage();
  output.lag = 1e9;
  speech.add(cue("one", 1));
  await clock.pass(10);
  assert.equal(speech.idle, true);
});

test("after a lost connection, what is old is not said", async () => {
  const { clock, speech, log } = stage();
  speech.add(cue("playing", 10));
  speech.add(cue("old", 1));
  await clock.pass(6);
  speech.add(cue("fresh", 1));
  speech.dropOlderThan(4);
  await clock.pass(10);
  assert.deepEqual(log, ["start playing", "end playing", "start fresh", "end fresh"]);
});

/** What the server tells a stage that joins in the middle of a turn. */
const underWay = (index, position_ms, texts, is_complete = true) => ({
  turn_id: "t",
  index,
  position_ms,
  sentences: texts.map((text) => cue(text, 2)),
  is_complete,
});

test("a reloaded stage goes on in mid-sentence, does not report it as begun again, and says the rest", async () => {
  const { clock, output, speech, log } = stage();
  const begun = [];
  speech.onstart = (cue) => begun.push([cue.display_text.text, cue.index, Boolean(cue.forwarded)]);
  speech.resume(underWay(1, 1500, ["two", "three"]));
  await clock.pass(0.1);
  assert.equal(output.playing[0].offset, 1.5);
  assert.ok(Math.abs(speech.position - 1.6) < 1e-9);
  await clock.pass(0.6);
  assert.deepEqual(begun, [["two", 1, true], ["three", 2, false]]);
  assert.equal(output.playing[0].offset, 0);
  await clock.pass(3);
  assert.deepEqual(log, ["end two", "end three", "complete"]);
});

test("what came before the hello is not said besides what comes after it", async () => {
  const { clock, speech, log } = stage();
  speech.add(cue("two", 2)); // a client that has not said hello is not told which sentence it is
  speech.resume(underWay(1, 100, ["two"]));
  await clock.pass(3);
  assert.deepEqual(log, ["end two", "start two", "end two", "complete"]);
});

test("a stage that only lost its connection goes on with what it says, and misses nothing", async () => {
  for (const [index, position, texts] of [
    [1, 900, ["one", "two"]],
    [2, 400, ["two"]], // the server's clock is ahead: all of it is still to be said here
    [0, 1900, ["zero", "one", "two"]], // or behind
  ]) {
    const { clock, output, speech, log } = stage();
    speech.add(cue("one", 2, { turn_id: "t", index: 1 }));
    speech.add(cue("stale", 2, { turn_id: "t", index: 2 }));
    await clock.pass(1);
    const [voice] = output.playing;
    speech.resume(underWay(index, position, texts));
    await clock.pass(0.5);
    assert.equal(output.playing[0], voice);
    await clock.pass(4);
    assert.deepEqual(log, ["start one", "end one", "start two", "end two", "complete"]);
  }
});

test("another turn than the one that is being heard replaces it", async () => {
  const { clock, speech, log } = stage();
  speech.add(cue("old", 9, { turn_id: "before", index: 0 }));
  await clock.pass(1);
  speech.resume(underWay(0, 0, ["new"], false));
  await clock.pass(3);
  assert.deepEqual(log, ["start old", "end old", "start new", "end new"]);
  speech.resume(underWay(1, 0, []));
  assert.equal(log.at(-1), "complete");
});

test("what waits for silence runs at its time", async () => {
  const { clock, speech } = stage();
  const done = [];
  speech.whenQuiet(() => done.push("now"));
  speech.add(cue("one", 1));
  speech.whenQuiet(() => done.push("later"));
  assert.deepEqual(done, ["now"]);
  await clock.pass(2);
  assert.deepEqual(done, ["now", "later"]);
});

test("volumes are read between the middles of their slices", () => {
  assert.equal(volumeAt([0, 1, 0], 0.02, 0.03), 1);
  assert.equal(volumeAt([0, 1, 0], 0.02, 0.02), 0.5);
  assert.equal(volumeAt([1, 1], 0.02, 0.1), 0);
  assert.equal(volumeAt([], 0.02, 0), 0);
});

test("the mouth opens with the voice and is shut in silence", () => {
  assert.equal(opening(0.03), 0);
  assert.equal(opening(1), 1);
  const lips = new Lips();
  for (let i = 0; i < 6; i++) lips.follow(0.8, 1 / 60);
  assert.ok(lips.mouth > 0.75);
  for (let i = 0; i < 9; i++) lips.follow(0, 1 / 60);
  assert.equal(lips.mouth, 0);
});
