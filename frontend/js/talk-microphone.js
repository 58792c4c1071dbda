// The microphone's button on the talk page, and the line that says what it is doing.

import { TALK_KEY, buttonOf, buttonWords, microphoneWords } from "./microphone.js";

/** @typedef {{ button: HTMLElement, line: HTMLElement, off: HTMLElement }} Places */

export class MicrophoneView {
  /** @param {import("./microphone.js").Microphone} microphone @param {Places} places */
  constructor(microphone, { button, line, off }) {
    this.microphone = microphone;
    this.button = button;
    this.line = line;
    this.off = off;
    for (const [name, act] of Object.entries(buttonOf(microphone))) {
      button.addEventListener(name, /** @type {EventListener} */ (act));
    }
    button.setAttribute("aria-keyshortcuts", TALK_KEY);
    off.addEventListener("click", () => microphone.close());
    microphone.onchange = () => this.show();
    this.show();
  }

  show() {
    const { microphone, button, line, off } = this;
    const isOn = microphone.state === "on";
    const words = microphoneWords(microphone);
    const label = `${buttonWords(microphone)} (${TALK_KEY}: hold to talk)`;
    button.setAttribute("aria-pressed", String(microphone.floor === "push-to-talk" ? microphone.held : isOn));
    button.title = label;
    text(/** @type {HTMLElement} */ (button.querySelector("span")), label);
    button.classList.toggle("heard", microphone.speaking);
    button.style.setProperty("--level", microphone.level.toFixed(2));
    text(/** @type {HTMLElement} */ (line.querySelector("span")), words);
    line.classList.toggle("mic-problem", microphone.problem !== "");
    line.hidden = words === "";
    off.hidden = !isOn;
  }
}

/** A screen reader says a text whenever it is set: only when it is another one. @param {HTMLElement} place @param {string} words */
function text(place, words) {
  if (place.textContent !== words) place.textContent = words;
}
