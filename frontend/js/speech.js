// What she says: a queue of sentences, one at a time, kept in time with the sound that is really heard.

import { volumeAt } from "./lips.js";

/** @typedef {import("./messages.js").AudioCue} AudioCue */
/** @typedef {import("./messages.js").Clock} Clock */
/** @typedef {import("./messages.js").Sentence} Sentence */

const TAIL = 0.06; // a breath between two sentences
const STALL = 2; // how long a sound device may lag before the show goes on without it
const READ_AT_LEAST = 1.4;
const READ_CHARACTERS_PER_SECOND = 17;

/** @type {Clock} */
const pageClock = {
  now: () => performance.now() / 1000,
  after: (seconds, run) => setTimeout(run, seconds * 1000),
  cancel: (timer) => clearTimeout(timer),
};

export class Speech {
  /** @type {Sentence | null} */
  current = null;
  /** @type {Sentence[]} */
  queue = [];
  /** @type {any} */
  timer = null;
  synthesisDone = false;
  /** @type {any} */
  last = { turn_id: null };
  /** @type {(() => void)[]} */
  waiting = [];
  /** @type {(cue: AudioCue) => void} */
  onstart = () => {};
  /** @type {(cue: AudioCue) => void} */
  onend = () => {};
  /** Everything of the turn has been played. */
  oncomplete = () => {};

  /** @param {import("./messages.js").Output} output @param {Clock} [clock] */
  constructor(output, clock = pageClock) {
    this.output = output;
    this.clock = clock;
  }

  get idle() {
    return this.current === null && this.queue.length === 0;
  }

  /** A sentence with sound is being spoken: the mouth belongs to the lip-sync. */
  get speaking() {
    return this.current !== null && this.current.volumes.length > 0 && !Number.isNaN(this.current.startedAt);
  }

  /** Seconds into the sentence that is being heard. */
  get position() {
    const sentence = this.current;
    if (!sentence || Number.isNaN(sentence.startedAt)) return 0;
    return sentence.voice ? sentence.voice.position() : this.clock.now() - sentence.startedAt;
  }

  /** How loud it is right now, 0 to 1. */
  get volume() {
    if (!this.speaking || !this.current) return 0;
    return volumeAt(this.current.volumes, this.current.slice, this.position);
  }

  /** @param {AudioCue} cue */
  add(cue) {
    this.queue.push(this.sentence(cue));
    if (!this.current) this.next();
  }

  /** @param {AudioCue} cue @returns {Sentence} */
  sentence(cue) {
    const decoding = cue.audio ? this.output.decode(cue.audio) : Promise.resolve(null);
    const volumes = cue.audio ? (cue.volumes ?? []) : [];
    const slice = (cue.slice_length || 20) / 1000;
    const arrivedAt = this.clock.now();
    return { cue, from: 0, arrivedAt, decoding, buffer: null, voice: null, startedAt: NaN, length: 0, volumes, slice };
  }

  /**
   * Goes on where the show is: this page was reloaded, or its connection was lost for a while.
   * What it is saying already it says to the end, and nothing is said twice.
   * @param {import("./messages.js").SpeechUnderWay} rest
   */
  resume({ turn_id, index, position_ms, sentences, is_complete }) {
    const now = this.current?.cue;
    const said = now?.turn_id === turn_id ? (now.index ?? NaN) - index + 1 : NaN; // how many of these it knows
    if (Number.isNaN(said)) this.end();
    this.synthesisDone = is_complete;
    this.queue = sentences.map((cue, i) => this.sentence({ ...cue, turn_id, index: index + i, forwarded: !i && position_ms > 0 }));
    // A page that lags behind has all of the first sentence still before it.
    if (this.queue.length && !(said <= 0)) this.queue[0].from = position_ms / 1000;
    if (said > 0) this.queue.splice(0, said);
    if (!this.current) this.next();
    this.settle();
  }

  /** No more of that turn than this is said, and no word is cut. @param {any} last */
  yieldTo(last) {
    this.last = last;
    this.queue = this.queue.filter(({ cue }) => cue.turn_id !== last.turn_id || (cue.index ?? 0) <= last.index);
    const sentence = this.current;
    if (sentence && this.speaking && last.at_ms / 1000 > this.position) {
      sentence.length = lengthOf(sentence, last);
      this.clock.cancel(this.timer);
      this.watch(sentence.length - this.position);
    }
    this.settle();
  }

  /** The server has sent the turn's last sentence. */
  synthesisComplete() {
    this.synthesisDone = true;
    this.settle();
  }

  /** Runs now, or as soon as she has said what is queued. @param {() => void} run */
  whenQuiet(run) {
    this.waiting.push(run);
    this.settle();
  }

  /** Silence, at once. */
  cut() {
    this.queue = [];
    this.synthesisDone = false;
    this.end();
    this.settle();
  }

  /** After a lost connection: what is too old to be worth saying is not said. @param {number} seconds */
  dropOlderThan(seconds) {
    const oldest = this.clock.now() - seconds;
    this.queue = this.queue.filter((sentence) => sentence.arrivedAt >= oldest);
    this.settle();
  }

  /** Sound was allowed, blocked, or moved to another page in mid-sentence: go on at the same place. */
  rejoin() {
    const sentence = this.current;
    if (!sentence?.buffer || Number.isNaN(sentence.startedAt)) return;
    const place = this.position;
    sentence.voice?.stop();
    sentence.startedAt = this.clock.now() - place;
    sentence.voice = place < sentence.length ? this.output.play(sentence.buffer, Math.max(0, place)) : null;
  }

  async next() {
    const sentence = this.queue.shift();
    if (!sentence) return;
    this.current = sentence;
    const [buffer] = await Promise.all([sentence.decoding, this.output.ready()]);
    if (this.current !== sentence) return; // cut meanwhile
    this.begin(sentence, buffer);
  }

  /** @param {Sentence} sentence @param {AudioBuffer | null} buffer */
  begin(sentence, buffer) {
    sentence.buffer = buffer;
    sentence.length = lengthOf(sentence, this.last);
    const from = Math.min(sentence.from, sentence.length);
    sentence.startedAt = this.clock.now() - from;
    sentence.voice = buffer ? this.output.play(buffer, from) : null;
    this.watch(sentence.length - from + TAIL);
    this.onstart(sentence.cue);
  }

  /**
   * Timers, not animation frames: a page in a hidden tab draws nothing, but it still has to report.
   * @param {number} seconds
   */
  watch(seconds) {
    this.timer = this.clock.after(seconds, () => {
      const sentence = this.current;
      if (!sentence) return;
      const left = sentence.length - this.position;
      const stalled = this.clock.now() - sentence.startedAt > sentence.length + STALL;
      if (left > 0.01 && !stalled) this.watch(Math.min(left + TAIL, STALL));
      else this.finish();
    });
  }

  finish() {
    this.end();
    if (this.queue.length) this.next();
    else this.settle();
  }

  /** The current sentence is over, one way or another. */
  end() {
    const sentence = this.current;
    this.current = null;
    this.clock.cancel(this.timer);
    if (!sentence) return;
    sentence.voice?.stop();
    this.onend(sentence.cue);
  }

  /** Does what waits for silence. */
  settle() {
    if (!this.idle) return;
    if (this.synthesisDone) {
      this.synthesisDone = false;
      this.oncomplete();
    }
    for (const run of this.waiting.splice(0)) run();
  }
}

/**
 * The sound's own length; without sound what its volumes say, or the time that reading takes.
 * @param {Sentence} sentence @param {any} last
 */
function lengthOf({ cue, buffer, volumes, slice }, last) {
  if (cue.turn_id === last.turn_id && cue.index === last.index) return last.at_ms / 1000;
  if (buffer) return buffer.duration;
  if (volumes.length) return volumes.length * slice;
  const text = cue.display_text?.text ?? "";
  return text ? Math.max(READ_AT_LEAST, text.length / READ_CHARACTERS_PER_SECOND) : 0;
}
