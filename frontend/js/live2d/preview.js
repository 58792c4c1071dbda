// One avatar by itself, whoever is on air: its faces, its gestures, its mouth, and what is wrong with its files.

import { Performer } from "../performer.js";

/** @typedef {import("../control/models.js").Model} Model */

const FPS = 30;
const WORDS_S = 2;
const SLICE_MS = 20;
const RATE = 8000;

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const performer = new Performer(byId("avatar"), () => {});

/** @param {string} id @param {string[]} sentences */
function list(id, sentences) {
  byId(id).replaceChildren(
    ...sentences.map((sentence) => {
      const line = document.createElement("li");
      line.textContent = sentence;
      return line;
    }),
  );
}

/**
 * @param {string} id
 * @param {[string, () => void][]} choices
 */
function buttons(id, choices) {
  byId(id).replaceChildren(
    ...choices.map(([text, run]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.addEventListener("click", run);
      return button;
    }),
  );
}

/** Half as loud as a syllable is short: enough to see the mouth move. Nothing is heard. */
function mouthOnly() {
  const volumes = Array.from({ length: (WORDS_S * 1000) / SLICE_MS }, (_, i) => Math.abs(Math.sin(i / 4)));
  performer.hear({ type: "audio", audio: silence(WORDS_S), volumes, slice_length: SLICE_MS, display_text: null });
}

/** A WAV file in base64 that holds no sound. @param {number} seconds */
function silence(seconds) {
  const length = RATE * seconds;
  const bytes = new Uint8Array(44 + length).fill(128);
  const view = new DataView(bytes.buffer);
  const text = (/** @type {number} */ at, /** @type {string} */ word) => bytes.set(new TextEncoder().encode(word), at);
  text(0, "RIFF");
  view.setUint32(4, 36 + length, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // one channel
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE, true);
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true); // bits
  text(36, "data");
  view.setUint32(40, length, true);
  return btoa(String.fromCharCode(...bytes));
}

/** @param {Model} model */
function offer(model) {
  document.title = `${model.name} · Avatar`;
  byId("name").textContent = model.name;
  list("faults", model.faults);
  list("remarks", model.remarks);
  buttons(
    "faces",
    model.expressions.map((name) => [name, () => performer.setExpression({ name })]),
  );
  const gestures = Object.entries(model.motions).flatMap(([group, count]) =>
    Array.from({ length: count }, (_, index) => ({ group, index, text: `${group || "(no name)"}${count > 1 ? ` ${index + 1}` : ""}` })),
  );
  buttons(
    "gestures",
    gestures.map(({ group, index, text }) => [
      text,
      () => performer.startMotion({ motion_group: group, motion_index: index, loop: false, priority: 1 }),
    ]),
  );
  buttons("mouth", [["Move the mouth", mouthOnly]]);
}

/** @param {string} text */
function problem(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = text === "";
}

async function begin() {
  performer.isPreview = true;
  performer.onmodel = problem;
  performer.start(FPS);
  const wanted = new URLSearchParams(location.search).get("name");
  const response = await fetch("/api/models");
  if (!response.ok) return problem(`The server does not tell its avatars (${response.status}).`);
  const model = (await response.json()).models.find((/** @type {Model} */ { name }) => name === wanted);
  if (!model) return problem(`There is no avatar of that name.`);
  offer(model);
  await performer.load(model.url, model.name);
  document.documentElement.dataset.ready = "yes";
}

Object.assign(window, { stage: performer.inspect() });
begin();
