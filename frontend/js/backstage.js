// Backstage: where her words come from, and texts that she writes without saying them.

import { element } from "./element.js";

/** @typedef {import("./messages.js").Message} Message */
/**
 * @typedef {object} Places the parts of the page
 * @property {HTMLSelectElement} mode
 * @property {HTMLFormElement} form
 * @property {HTMLTextAreaElement} prompt
 * @property {HTMLInputElement} speak
 * @property {HTMLButtonElement} write writes, and stops what is being written
 * @property {HTMLElement} text
 */

/** @type {Record<string, string>} */
const MODE_NAMES = {
  orphiq: "her own brain",
  "external-api": "the remote provider",
  autonomous: "with a will of her own",
};

export class Backstage {
  /** The request that is being answered. @type {string | null} */
  request = null;
  number = 0;

  /** @param {Places} places @param {(message: Message) => boolean} send */
  constructor(places, send) {
    this.places = places;
    this.send = send;
    places.mode.addEventListener("change", () => this.choose(places.mode.value));
    places.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.request) this.cancel();
      else this.write();
    });
  }

  ask() {
    this.send({ type: "get-backend-mode" });
  }

  /** @param {string} mode */
  choose(mode) {
    this.send({ type: "set-backend-mode", mode });
  }

  write() {
    const { prompt, speak } = this.places;
    const asked = prompt.value.trim();
    if (asked === "") return prompt.focus();
    this.request = `write-${++this.number}`;
    const options = { speak: speak.checked };
    const message = { type: "text-generation-request", request_id: this.request, prompt: asked, options };
    if (!this.send(message)) return this.end("Not connected yet.", "trouble");
    this.show("", "");
  }

  cancel() {
    this.send({ type: "text-generation-cancel", request_id: this.request });
  }

  /** @param {Message} message @returns {boolean} whether it was about this */
  handle(message) {
    if (message.type === "backend-mode") return this.offer(message.available ?? [], message.mode);
    if (message.type === "backend-mode-set") return ((this.places.mode.value = message.mode), true);
    if (this.request === null || message.request_id !== this.request) return this.refused(message);
    if (message.type === "text-generation-chunk") this.places.text.append(message.text);
    if (message.type === "text-generation-response") this.end(message.text, "");
    if (message.type === "error") this.end(message.message, "trouble");
    return true;
  }

  /** A mode that could not be chosen is no longer shown as if it were. @param {Message} message */
  refused(message) {
    if (message.type === "error" && message.request_type === "set-backend-mode") this.ask();
    return false;
  }

  /** @param {string[]} modes @param {string} present */
  offer(modes, present) {
    const { mode } = this.places;
    const options = modes.map((name) => {
      const option = /** @type {HTMLOptionElement} */ (element("option", "", MODE_NAMES[name] ?? name));
      option.value = name;
      return option;
    });
    mode.replaceChildren(...options);
    mode.value = present;
    mode.disabled = modes.length < 2;
    return true;
  }

  /** The connection was lost, and with it whatever was being written. */
  lost() {
    if (this.request) this.end("The connection was lost.", "trouble");
  }

  /** @param {string} text @param {string} kind */
  end(text, kind) {
    this.request = null;
    this.show(text, kind);
  }

  /** @param {string} text @param {string} kind */
  show(text, kind) {
    const { text: line, write } = this.places;
    line.textContent = text;
    line.className = kind;
    line.hidden = text === "" && this.request === null;
    write.textContent = this.request ? "Stop writing" : "Write";
  }
}
