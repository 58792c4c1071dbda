// The bubbles: what visitors and viewers said, and her answer as it is being spoken.

import { element } from "./element.js";

const MOST_BUBBLES = 200; // the page may stay open for days
/** Milliseconds of thinking, and what is said of it then: silence would look like a fault. */
const SLOW = /** @type {const} */ ([
  [6_000, "still thinking…"],
  [20_000, "the brain is slow to answer"],
]);
const NEAR_THE_END = 80; // pixels: who has scrolled further up is reading, and is left alone

/** @typedef {{ role: "human" | "ai", name: string, content: string }} Line */

export class Conversation {
  /** @type {HTMLElement | null} */
  replyBubble = null;
  /** @type {HTMLElement | null} */
  thinkingBubble = null;
  /** @type {any[]} */
  thinkingTimers = [];

  /** @param {HTMLElement} log the scrolling list @param {() => void} onfirst called with the first bubble */
  constructor(log, onfirst) {
    this.log = log;
    this.onfirst = onfirst;
  }

  /**
   * What was said before the page came, as far as the page has nothing of its own yet.
   * @param {Line[]} lines
   * @param {string} human how she calls whoever types; other names are viewers'
   */
  recall(lines, human) {
    if (this.log.childElementCount) return;
    for (const { role, name, content } of lines) {
      this.endReply();
      if (role === "ai") this.reply(content);
      else if (!name || name === human) this.human(content);
      else this.viewer({ id: "", name, text: content, username: name.toLowerCase() });
    }
    this.endReply();
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
    const words = element("span", "unseen", "Thinking");
    bubble.append(dots, words);
    this.thinkingBubble = bubble;
    this.thinkingTimers = SLOW.map(([ms, text]) => setTimeout(() => this.stillThinking(words, text), ms));
    this.add(bubble);
  }

  /** @param {HTMLElement} words @param {string} text */
  stillThinking(words, text) {
    this.keepAtEnd(() => {
      words.className = "slow";
      words.textContent = text;
    });
  }

  stopThinking() {
    for (const timer of this.thinkingTimers) clearTimeout(timer);
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
    this.append(this.replyBubble, "sentence", text);
  }

  /** What she has just said could not be heard. */
  noSound() {
    if (this.replyBubble) this.append(this.replyBubble, "mute", "(no sound)");
  }

  /**
   * A node of its own: a screen reader then reads only what is new.
   * @param {HTMLElement} bubble
   * @param {string} className
   * @param {string} text
   */
  append(bubble, className, text) {
    const before = bubble.textContent ?? "";
    const gap = before && !/\s$/.test(before) && !/^\s/.test(text) ? " " : "";
    this.keepAtEnd(() => bubble.append(element("span", className, gap + text)));
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
