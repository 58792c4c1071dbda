// For setting the stage up, loaded only when its address asks for it: the list of options, and a level meter.

import { element } from "./element.js";
import { CHOICES } from "./options.js";

/** @typedef {import("./performer.js").Performer} Performer */

/** What each option is for, and what else than its choices it takes. @type {Record<string, [string, string?]>} */
export const WORDS = {
  layout: ["Where she stands: in the middle, on one side, from close by, or small in the corner."],
  theme: ["Her colours. Without it, those of the model's settings."],
  outfit: ["What she wears. Without it, what the model's settings say."],
  subtitles: ["Off, at the top, smaller, larger, or each sentence at once; several with commas: top,large."],
  chat: ["Off, on, or on which side. Auto keeps it away from her, and leaves it out in the corner."],
  bg: ["The background. OBS needs none.", "a colour such as ff8800"],
  fps: ["Frames a second at most. 30 spares a slow machine.", "5 to 120"],
  motion: ["Calm: she blinks and breathes. Auto follows the system's setting for less movement."],
  away: ["What the audience reads when the server is away for more than five seconds; 0 says nothing.", "words of your own"],
  preview: ["1: silent, and the show never waits for it."],
  meter: ["1: how loud she is, for setting the level."],
};

/** @param {string[]} complaints @param {Performer} performer */
export function showHelp(complaints, performer) {
  const panel = element("section", "setup help");
  panel.setAttribute("aria-label", "Options of the stage");
  const list = element("dl", "");
  for (const [name, choices] of Object.entries(CHOICES)) {
    const [about, more] = WORDS[name];
    const links = choices.map((value) => link(name, value));
    const values = element("dd", "");
    values.append(...links, element("span", "", more ? `or ${more}` : ""), element("p", "", about));
    list.append(element("dt", "", `?${name}=`), values);
  }
  panel.append(
    element("h1", "", "Options of the stage"),
    element("p", "", "Write them into the address of the browser source, with & between them: /stage?layout=left&chat=0"),
    ...complaints.map((text) => element("p", "complaint", text)),
    list,
  );
  document.body.append(styles(), panel);
  showMeter(performer);
}

/** @param {string} name @param {string} value */
function link(name, value) {
  const choice = element("a", "", value);
  const address = new URL(location.href);
  address.searchParams.set(name, value);
  choice.href = address.href.replace("help=&", "help&");
  if (new URLSearchParams(location.search).get(name) === value) choice.setAttribute("aria-current", "true");
  return choice;
}

function styles() {
  const sheet = document.createElement("link");
  sheet.rel = "stylesheet";
  sheet.href = "/static/css/stage-setup.css";
  return sheet;
}

const SILENCE = -60; // dB: the left end of the meter
const TOO_LOUD = -3;
const HOLD_MS = 1500;

/** Decibels below full scale. @param {Float32Array} samples */
export function levelOf(samples) {
  const power = samples.reduce((sum, x) => sum + x * x, 0) / samples.length;
  const peak = samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const decibels = (/** @type {number} */ x) => Math.max(SILENCE, 20 * Math.log10(x || 1e-9));
  return { loud: decibels(Math.sqrt(power)), peak: decibels(peak) };
}

/** What to say about it. @param {number} peak dB, the highest of the last moments @param {string} sound the context's state @param {boolean} muted */
export function verdict(peak, sound, muted) {
  if (muted) return "Muted here: another page plays the sound.";
  if (sound !== "running") return "The browser holds the sound back: click anywhere in the page.";
  if (peak <= SILENCE) return "Silent. Let her say something, or play the test sound.";
  if (peak > TOO_LOUD) return `Peak ${peak.toFixed(0)} dB: too loud.`;
  return `Peak ${peak.toFixed(0)} dB. In OBS's mixer her voice should reach the yellow, not the red.`;
}

/** @param {Performer} performer */
export function showMeter(performer) {
  if (document.querySelector(".meter")) return;
  const { loudspeaker } = performer;
  const ear = new AnalyserNode(loudspeaker.context, { fftSize: 2048 });
  loudspeaker.tap = ear;
  const panel = element("section", "setup meter");
  panel.setAttribute("aria-label", "Sound level");
  const bar = document.createElement("meter");
  Object.assign(bar, { min: SILENCE, max: 0, low: -40, high: TOO_LOUD, optimum: -15, value: SILENCE });
  bar.setAttribute("aria-label", "Loudness in decibels");
  const words = element("p", "");
  const test = element("button", "", "Test sound");
  test.type = "button";
  test.addEventListener("click", () => playTest(loudspeaker.context, ear));
  panel.append(bar, words, test);
  document.body.append(styles(), panel);
  const samples = new Float32Array(ear.fftSize);
  let [highest, until] = [SILENCE, 0];
  setInterval(() => {
    ear.getFloatTimeDomainData(samples);
    const { loud, peak } = levelOf(samples);
    const now = performance.now();
    if (peak >= highest || now > until) [highest, until] = [peak, now + HOLD_MS];
    bar.value = loud;
    words.textContent = verdict(highest, loudspeaker.context.state, performer.muted);
  }, 50);
}

/** A second of a soft chord, about as loud as she speaks. @param {AudioContext} context @param {AudioNode} ear */
function playTest(context, ear) {
  const now = context.currentTime;
  const fade = new GainNode(context, { gain: 0 });
  fade.gain.linearRampToValueAtTime(0.07, now + 0.05);
  fade.gain.linearRampToValueAtTime(0.07, now + 0.9);
  fade.gain.linearRampToValueAtTime(0, now + 1.1);
  for (const frequency of [262, 330, 392]) {
    const tone = new OscillatorNode(context, { type: "triangle", frequency });
    tone.connect(fade);
    tone.start();
    tone.stop(now + 1.1);
  }
  fade.connect(ear);
  fade.connect(context.destination);
}
