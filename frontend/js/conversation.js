// The bubbles: what visitors and viewers said, and her answer as it is being spoken.

import { element } from "./overlay.js";

const MOST_BUBBLES = 200; // the page may stay open for days
const NEAR_THE_END = 80; // pixels: who has scrolled further up is reading, and is left alone

export class Conversation {
  /** @type {HTMLElement | null} */
  replyBubble = null;
  /** @type {HTMLElement | null} */
  thinkingBubble = null;

  /** @param {HTMLElement} log the scrolling list @param {() => void} onfirst called with the first bubble */
  constructor(log, onfirst) {
    this.log = log;
    this.onfirst = onfirst;
  }

  /** @param {string} text */
  human(text) {
    this.add(element("p", "bubble human", text));
  }

  /**
   * A chat message that she answers.
   * @param {{ id: string, name: string, text: string, username: string }} viewer
   */
  viewer({ id, name, text, username }) {
    const bubble = element("p", "bubble viewer");
    bubble.dataset.id = id;
    bubble.dataset.username = username;
    bubble.append(element("b", "who", name), element("span", "", text));
    this.add(bubble);
  }

  /**
   * Moderation removed it: one message, a viewer's, or all.
   * @param {{ id?: string, username?: string }} what
   */
  removeViewer({ id, username }) {
    for (const bubble of /** @type {NodeListOf<HTMLElement>} */ (
      this.log.querySelectorAll(".bubble.viewer")
    )) {
      const meant = id ? bubble.dataset.id === id : username ? bubble.dataset.username === username : true;
      if (meant) bubble.remove();
    }
  }

  /** Something went wrong, and why. @param {string} text */
  trouble(text) {
    this.stopThinking();
    this.add(element("p", "trouble", text));
  }

  think() {
    if (this.thinkingBubble) return;
    const bubble = element("p", "bubble reply thinking");
    const dots = element("span", "dots");
    dots.append(element("i", ""), element("i", ""), element("i", ""));
    bubble.append(dots, element("span", "unseen", "Thinking"));
    this.thinkingBubble = bubble;
    this.add(bubble);
  }

  stopThinking() {
    this.thinkingBubble?.remove();
    this.thinkingBubble = null;
  }

  /** One more sentence of her answer. @param {string} text */
  reply(text) {
    this.stopThinking();
    if (!text.trim()) return;
    if (!this.replyBubble) {
      this.replyBubble = element("p", "bubble reply");
      this.add(this.replyBubble);
    }
    // A node for each sentence: a screen reader then reads only what is new.
    const before = this.replyBubble.textContent ?? "";
    const gap = before && !/\s$/.test(before) && !/^\s/.test(text) ? " " : "";
    this.keepAtEnd(() => this.replyBubble?.append(element("span", "sentence", gap + text)));
  }

  /** The next sentence begins a bubble of its own. */
  endReply() {
    this.replyBubble = null;
  }

  /** @param {HTMLElement} bubble */
  add(bubble) {
    this.onfirst();
    this.keepAtEnd(() => this.log.append(bubble), bubble.classList.contains("human"));
    while (this.log.childElementCount > MOST_BUBBLES) this.log.firstElementChild?.remove();
  }

  /** @param {() => void} change @param {boolean} [always] */
  keepAtEnd(change, always = false) {
    const { scrollHeight, scrollTop, clientHeight } = this.log;
    const following = always || scrollHeight - scrollTop - clientHeight < NEAR_THE_END;
    change();
    if (following) this.log.scrollTop = this.log.scrollHeight;
  }
}
