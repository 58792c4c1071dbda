// The page as a microphone of the show: what is said goes to the server as 16 kHz sound, all of it or while a key is held.

/** @typedef {import("./messages.js").Message} Message */
/** @typedef {"off" | "asking" | "on" | "failed"} MicrophoneState */
/** @typedef {"wait-for-me" | "talk-over" | "push-to-talk"} FloorMode */
/** @typedef {{ close: () => void }} Source something that brings samples until it is closed */
/**
 * Opens the microphone. Rejects as `getUserMedia` does.
 * @typedef {(hear: (samples: Float32Array, rate: number) => void, onend: () => void) => Promise<Source>} Open
 */

const RATE = 16_000;
const PIECE = 1_600; // samples: a tenth of a second
const TAIL_PIECES = 15; // of silence, for the server to notice that somebody switched off in mid-sentence
const SHARPNESS = 4; // how much of the full scale a usual voice takes on the meter
const WORKLET = new URL("./microphone-worklet.js", import.meta.url);
export const TALK_KEY = "F8";

/** Makes 16-bit samples at 16 kHz of whatever rate the sound device has. */
export class Downsampler {
  /** @param {number} rate */
  constructor(rate) {
    this.step = rate / RATE;
    this.sum = 0;
    this.count = 0;
    this.due = this.step;
  }

  /** @param {Float32Array | number[]} samples @returns {number[]} */
  take(samples) {
    /** @type {number[]} */
    const made = [];
    for (const sample of samples) {
      this.sum += sample;
      this.count += 1;
      this.due -= 1;
      while (this.due <= 0) {
        const mean = this.count ? this.sum / this.count : sample;
        made.push(Math.round(Math.max(-1, Math.min(1, mean)) * 32_767));
        this.sum = this.count = 0;
        this.due += this.step;
      }
    }
    return made;
  }
}

/** @type {Record<string, string>} */
const PROBLEMS = {
  NotAllowedError: "The browser does not let this page use the microphone. Allow it beside the address, then try again.",
  SecurityError: "The browser does not let this page use the microphone. Allow it beside the address, then try again.",
  NotFoundError: "No microphone was found. Plug one in, then try again.",
  NotReadableError: "The microphone cannot be read: another program may be using it.",
  InsecureError: "Browsers give the microphone only to pages on this machine or over https.",
  EndedError: "The microphone was unplugged or taken away.",
};

/** @param {unknown} error */
export function problemWords(error) {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  return PROBLEMS[name] ?? "The microphone could not be opened.";
}

export class Microphone {
  /** @type {MicrophoneState} */
  state = "off";
  problem = ""; // why it failed, or why what was said did not count
  held = false; // the key is held: what is said now is an utterance
  speaking = false; // the server hears speech, or the key is held
  level = 0; // how loud it is, 0 to 1
  /** @type {FloorMode} */
  floor = "wait-for-me";
  uid = ""; // of this page, as the show knows it
  /** @type {string | null} uid of whoever has the floor */
  holder = null;
  /** @type {Source | null} */
  source = null;
  /** @type {number[]} */
  piece = [];
  /** @type {Downsampler | null} */
  downsampler = null;
  /** Something to be seen has changed. */
  onchange = () => {};

  /** @param {(message: Message) => unknown} send @param {Open} [open] */
  constructor(send, open = openMicrophone) {
    this.send = send;
    this.openSource = open;
  }

  get isAsking() {
    return this.state === "asking";
  }

  /** Asks the browser for it. */
  async open() {
    if (this.state === "asking" || this.state === "on") return;
    this.change("asking", "");
    try {
      const source = await this.openSource(
        (samples, rate) => this.hear(samples, rate),
        () => this.fail(Object.assign(new Error(), { name: "EndedError" })),
      );
      if (!this.isAsking) return source.close(); // switched off meanwhile
      this.source = source;
      this.change("on", "");
    } catch (error) {
      this.fail(error);
    }
  }

  close() {
    this.release();
    if (this.speaking) this.fallSilent();
    this.shut();
    this.change("off", "");
  }

  toggle() {
    return this.state === "on" || this.state === "asking" ? this.close() : this.open();
  }

  /** The key goes down: an utterance begins. */
  async press() {
    if (this.held) return;
    this.held = true;
    await this.open();
    if (this.state !== "on") this.held = false;
    this.speaking = this.held;
    this.piece = [];
    this.onchange();
  }

  /** The key goes up: answer it. */
  release() {
    if (!this.held) return;
    this.flush();
    this.held = this.speaking = false;
    if (this.state === "on") this.send({ type: "mic-audio-end", images: [] });
    this.onchange();
  }

  /** What the show says that concerns the microphone. @param {Message} message */
  handle(message) {
    switch (message.type) {
      case "client-welcome":
        this.uid = message.client_uid ?? "";
        return;
      case "snapshot":
        return this.setStage(message.state?.co_host);
      case "character-state":
        return this.setStage(message.co_host);
      case "floor-set":
        return this.setStage({ floor: message.floor, holder: this.holder });
      case "control":
        return this.control(message.text);
      case "error":
        if (/^(mic|raw)-audio-/.test(message.request_type ?? "")) this.refused(String(message.message));
    }
  }

  /** The connection is gone: nobody hears what is being said. */
  lost() {
    this.held = this.speaking = false;
    this.onchange();
  }

  /** @param {string} text */
  control(text) {
    if (this.held || (text !== "interrupt" && text !== "mic-audio-end")) return;
    this.speaking = text === "interrupt";
    if (text === "mic-audio-end") this.send({ type: "mic-audio-end", images: [] });
    else this.problem = "";
    this.onchange();
  }

  /** @param {string} why */
  refused(why) {
    if (this.state !== "on") return;
    this.problem = why;
    this.onchange();
  }

  /** @param {{ floor: FloorMode, holder: string | null } | null | undefined} stage */
  setStage(stage) {
    if (!stage || (stage.floor === this.floor && stage.holder === this.holder)) return;
    if (stage.floor !== this.floor) this.problem = "";
    this.floor = stage.floor;
    this.holder = stage.holder;
    this.onchange();
  }

  /** @param {Float32Array} samples @param {number} rate */
  hear(samples, rate) {
    this.downsampler ??= new Downsampler(rate);
    this.piece.push(...this.downsampler.take(samples));
    if (this.piece.length >= PIECE) this.flush();
  }

  flush() {
    const audio = this.piece;
    this.piece = [];
    if (!audio.length) return;
    this.level = Math.min(1, (SHARPNESS * Math.hypot(...audio)) / Math.sqrt(audio.length) / 32_767);
    if (this.held) this.send({ type: "mic-audio-data", audio });
    else if (this.floor !== "push-to-talk") this.send({ type: "raw-audio-data", audio });
    this.onchange();
  }

  /** The server finds the end of speech by the silence behind it. */
  fallSilent() {
    const audio = Array(PIECE).fill(0);
    for (let count = 0; count < TAIL_PIECES; count += 1) this.send({ type: "raw-audio-data", audio });
  }

  /** @param {unknown} error */
  fail(error) {
    if (this.state === "off") return;
    this.held = this.speaking = false;
    this.shut();
    this.change("failed", problemWords(error));
  }

  shut() {
    this.source?.close();
    this.source = this.downsampler = null;
    this.piece = [];
    this.level = 0;
  }

  /** @param {MicrophoneState} state @param {string} problem */
  change(state, problem) {
    this.state = state;
    this.problem = problem;
    this.onchange();
  }
}

/** Says what the microphone is doing, in a few words. @param {Microphone} microphone @param {string} [key] */
export function microphoneWords({ state, problem, held, speaking, floor, holder, uid }, key = TALK_KEY) {
  if (state === "asking") return "The browser asks whether this page may listen.";
  if (problem) return problem;
  if (state !== "on") return "";
  if (speaking && holder && holder !== uid) return "Somebody else speaks: what you say is answered after them.";
  if (held) return "Speak. She listens until you let go.";
  if (speaking) return "She hears you.";
  return floor === "push-to-talk" ? `Hold the button or ${key} while you speak.` : "The microphone is open.";
}

/**
 * Lets a key be the talk button, also while something is typed.
 * @param {Microphone} microphone @param {EventTarget} target
 */
export function listenForTalkKey(microphone, target = window) {
  target.addEventListener("keydown", (event) => {
    const { key, repeat } = /** @type {KeyboardEvent} */ (event);
    if (key !== TALK_KEY) return;
    event.preventDefault();
    if (!repeat) microphone.press();
  });
  target.addEventListener("keyup", (event) => {
    if (/** @type {KeyboardEvent} */ (event).key === TALK_KEY) microphone.release();
  });
  target.addEventListener("blur", () => microphone.release()); // else nobody hears that the key goes up
}

/**
 * What a button does to a microphone: a click opens and closes it; where only a held key counts, holding is speaking.
 * @param {Microphone} microphone
 */
export function buttonOf(microphone) {
  const holds = () => microphone.floor === "push-to-talk";
  const isKey = (/** @type {KeyboardEvent} */ { key }) => key === " " || key === "Enter";
  return {
    click: () => void (holds() || microphone.toggle()),
    pointerdown: () => void (holds() && microphone.press()),
    pointerup: () => microphone.release(),
    pointerleave: () => microphone.release(),
    pointercancel: () => microphone.release(),
    keydown: (/** @type {KeyboardEvent} */ event) => void (holds() && isKey(event) && !event.repeat && microphone.press()),
    keyup: (/** @type {KeyboardEvent} */ event) => void (isKey(event) && microphone.release()),
    contextmenu: (/** @type {Event} */ event) => event.preventDefault(), // a long touch is no question
  };
}

/** @param {Microphone} microphone */
export function buttonWords({ state, floor }) {
  if (floor === "push-to-talk") return "Hold to talk";
  return state === "on" || state === "asking" ? "Turn the microphone off" : "Turn the microphone on";
}

/** @type {Open} */
async function openMicrophone(hear, onend) {
  if (!navigator.mediaDevices) throw Object.assign(new Error(), { name: "InsecureError" });
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  });
  const context = new AudioContext();
  const close = () => {
    for (const track of stream.getTracks()) track.stop();
    context.close().catch(() => {});
  };
  try {
    await context.audioWorklet.addModule(WORKLET);
    await context.resume();
  } catch (error) {
    close();
    throw error;
  }
  const tap = new AudioWorkletNode(context, "microphone-tap", { numberOfOutputs: 0 });
  tap.port.onmessage = ({ data }) => hear(data, context.sampleRate);
  context.createMediaStreamSource(stream).connect(tap);
  for (const track of stream.getTracks()) track.addEventListener("ended", onend);
  return { close };
}
