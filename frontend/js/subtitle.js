// The subtitle: the whole sentence has its place from the beginning, and its words come with the voice.

import { element } from "./element.js";
import { shareSaid, wordsOf } from "./spoken.js";

const EARLY = 0.12; // seconds: a word is read a little before it is heard
const SMALLEST = 0.7; // of its usual size: what does not fit then moves on with the voice

export class Subtitle {
  /** @type {{ from: number, place: HTMLElement }[]} */
  words = [];
  /** Show each sentence as a whole. */
  whole = false;

  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
    this.line = element("p", "subtitle-text");
    this.line.dir = "auto"; // Arabic and Hebrew run from right to left
    this.dots = element("span", "dots");
    this.dots.append(element("i", ""), element("i", ""), element("i", ""));
    this.dots.setAttribute("aria-label", "thinking");
    this.dots.hidden = true;
    this.box.append(this.line, this.dots);
    // what a moderator took back must not stay in the page, though nobody sees it there
    this.box.addEventListener("transitionend", (event) => {
      if (event.target === this.box && !this.box.classList.contains("on")) this.line.textContent = "";
    });
  }

  /** @param {string} text @param {boolean} [timed] its words come when `follow` says so; otherwise at once */
  show(text, timed = false) {
    this.words = timed && !this.whole ? wordsOf(text).map(({ text, from }) => ({ from, place: element("span", "word", text) })) : [];
    this.line.textContent = this.words.length ? "" : text;
    this.line.append(...this.words.map(({ place }) => place));
    this.dots.hidden = true;
    this.fit();
    this.box.classList.toggle("on", text.trim() !== "");
  }

  /**
   * Shows the words that are being said by now.
   * @param {number[]} volumes of the sentence, one a slice
   * @param {number} slice seconds
   * @param {number} time seconds into it
   */
  follow(volumes, slice, time) {
    if (!this.words.length) return;
    const said = shareSaid(volumes, slice, time + EARLY);
    let [word] = this.words;
    while (word && word.from <= said) {
      word.place.classList.add("said");
      this.words.shift();
      if (this.box.scrollHeight > this.box.clientHeight) this.box.scrollTop = word.place.offsetTop - this.box.clientHeight / 2;
      [word] = this.words;
    }
  }

  /** As large as it can be, and as wide as the widest line: a box whose text wraps would otherwise keep its full width. */
  fit() {
    const { style } = this.line;
    style.width = style.fontSize = "";
    this.box.scrollTop = 0;
    let size = 1;
    while (this.box.scrollHeight > this.box.clientHeight && size > SMALLEST) style.fontSize = `${(size -= 0.06)}em`;
    const words = document.createRange();
    words.selectNodeContents(this.line);
    style.width = `${Math.ceil(words.getBoundingClientRect().width)}px`;
  }

  think() {
    this.show("");
    this.dots.hidden = false;
    this.box.classList.add("on");
  }

  /** Hides the words, which go once they have faded: without them the box would collapse before. */
  clear() {
    this.box.classList.remove("on");
  }
}
