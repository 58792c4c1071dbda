// Notes for the streamer, never for the audience: loaded only where the stage is open in an ordinary browser, not in OBS.

import { element } from "./element.js";

/** @typedef {import("./performer.js").Performer} Performer */

export class Notes {
  /** @param {Performer} performer @param {boolean} isPreview a preview is silent, and whoever opened it knows */
  constructor(performer, isPreview) {
    this.performer = performer;
    this.isPreview = isPreview;
    const box = element("div", "");
    box.id = "notes";
    /** @type {Record<string, HTMLElement>} */
    this.lines = Object.fromEntries(["problem", "offline", "muted"].map((id) => [id, element("p", "note")]));
    this.lines["sound-hint"] = element("button", "note");
    for (const [id, line] of Object.entries(this.lines)) {
      Object.assign(line, { id, hidden: true });
      line.setAttribute("role", id === "problem" ? "alert" : id === "sound-hint" ? "button" : "status");
      box.append(line);
    }
    const sheet = document.createElement("link");
    Object.assign(sheet, { rel: "stylesheet", href: "/static/css/notes.css" });
    document.head.append(sheet);
    document.body.append(box);
  }

  /** @param {string} id @param {string} text "" for nothing */
  show(id, text) {
    this.lines[id].textContent = text;
    this.lines[id].hidden = text === "";
  }

  /** @param {boolean} lost @param {string} ended why it will not come back; "" while it may */
  connection(lost, ended) {
    this.show("offline", lost ? ended || "No connection to the show. Trying again…" : "");
  }

  /** Whether she can be heard from this page, and if not, why. */
  sound() {
    const { muted, loudspeaker } = this.performer;
    this.show("sound-hint", muted || !loudspeaker.blocked ? "" : "The browser holds her voice back. Click for sound");
    this.show("muted", muted && !this.isPreview ? "Preview, muted: another page plays the sound" : "");
  }
}
