// The chat that the stage shows.

import { element } from "./element.js";

/** @typedef {import("./messages.js").ChatMessage} ChatMessage */
/** @typedef {import("./messages.js").Decision} Decision */

const LINES = 7;

export class ChatOverlay {
  /** @type {Map<string, HTMLElement>} */
  lines = new Map();
  /** @type {Map<string, ChatMessage>} Messages that an operator has not decided about. */
  held = new Map();

  /** @param {HTMLElement} list */
  constructor(list) {
    this.list = list;
  }

  /** Everything anew, from a snapshot. @param {ChatMessage[]} messages */
  reset(messages) {
    this.list.replaceChildren();
    this.lines.clear();
    this.held.clear();
    for (const message of messages.slice(-LINES)) this.add(message);
  }

  /** @param {ChatMessage} message */
  add(message) {
    if (this.lines.has(message.id) || message.decision?.outcome === "blocked") return;
    if (message.decision?.outcome === "held") return this.hold(message);
    const line = element("li", "chat-line");
    line.dataset.id = message.id;
    line.dataset.username = message.username ?? "";
    const name = element("b", "chat-name", message.display_name || message.username || "");
    const color = readable(message.color);
    if (color) name.style.color = color;
    line.append(name, element("span", "chat-text", message.message));
    this.lines.set(message.id, line);
    this.list.append(line);
    if (message.decision) this.decide(message.id, message.decision);
    while (this.list.childElementCount > LINES)
      this.drop(/** @type {HTMLElement} */ (this.list.firstElementChild));
  }

  /** The line that she answers stands out. @param {string} id @param {Decision} decision */
  decide(id, { outcome }) {
    const held = this.held.get(id);
    this.held.delete(id);
    if (held && outcome === "pending") this.add({ ...held, decision: { outcome } });
    const line = this.lines.get(id);
    if (!line) return;
    if (outcome === "blocked") return this.drop(line);
    if (outcome === "answered") this.highlight(line);
  }

  /** Nobody sees it before an operator has let it through. @param {ChatMessage} message */
  hold(message) {
    this.held.set(message.id, message);
    if (this.held.size > LINES) this.held.delete([...this.held.keys()][0] ?? "");
  }

  /** @param {HTMLElement} line */
  highlight(line) {
    for (const other of this.lines.values()) other.classList.toggle("answered", other === line);
  }

  /** One message, everything of a viewer, or everything. @param {{ id?: string, username?: string }} what */
  remove({ id, username }) {
    for (const message of [...this.held.values()]) {
      if (id ? message.id === id : username ? message.username === username : true) this.held.delete(message.id);
    }
    for (const line of [...this.lines.values()]) {
      const meant = id ? line.dataset.id === id : username ? line.dataset.username === username : true;
      if (meant) this.drop(line);
    }
  }

  /** @param {HTMLElement} line */
  drop(line) {
    this.lines.delete(line.dataset.id ?? "");
    line.remove();
  }
}

/**
 * A viewer's own name colour, darkened until it can be read on the light chat line.
 * @param {string | undefined} color as Twitch sends it: #RRGGBB
 */
export function readable(color) {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color ?? "");
  if (!match) return "";
  let rgb = match.slice(1).map((hex) => parseInt(hex, 16));
  while (luminance(rgb) > 0.17) rgb = rgb.map((channel) => Math.floor(channel * 0.88));
  return `rgb(${rgb.join(", ")})`;
}

/** Relative luminance, as the accessibility guidelines define it. @param {number[]} rgb */
function luminance(rgb) {
  const [r, g, b] = rgb.map((channel) => {
    const c = channel / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
