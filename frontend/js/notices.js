// What a visitor should know: lines that can be dismissed, and that are back when they say something else.

import { element } from "./element.js";

export class Notices {
  /** @type {string[]} */
  lines = [];
  /** @type {string[]} */
  dismissed = [];
  shown = "";

  /** @param {HTMLElement} box hidden while there is nothing to say @param {HTMLElement} list */
  constructor(box, list) {
    this.box = box;
    this.list = list;
  }

  /** @param {string[]} lines all that is to be known now */
  show(lines) {
    this.lines = lines;
    this.dismissed = this.dismissed.filter((line) => lines.includes(line)); // what comes back is news again
    this.draw();
  }

  dismiss() {
    this.dismissed = this.lines;
    this.draw();
  }

  /** Touches the page only when something changed: a screen reader reads it anew. */
  draw() {
    const lines = this.lines.filter((line) => !this.dismissed.includes(line));
    const shown = lines.join("\n");
    if (shown === this.shown) return;
    this.shown = shown;
    this.list.replaceChildren(...lines.map((line) => element("p", "", line)));
    this.box.hidden = shown === "";
  }
}
