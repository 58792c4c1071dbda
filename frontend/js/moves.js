// Small buttons for the faces and gestures that the avatar has.

/** @typedef {import("./messages.js").Message} Message */
/** @typedef {import("./messages.js").Abilities} Abilities */

const FACE_MS = 5000;

/** @param {Abilities} abilities @returns {{ text: string, message: Message }[]} */
export function faces({ expressions = [] }) {
  return expressions.map((name, index) => ({
    text: name,
    message: { type: "expression-command", expression_id: index, duration: FACE_MS },
  }));
}

/** Without the idle group: that plays by itself. @param {Abilities} abilities */
export function gestures({ motions = {} }) {
  return Object.entries(motions)
    .filter(([group]) => group !== "Idle")
    .flatMap(([group, list]) =>
      list.map((_, index) => ({
        text: list.length > 1 ? `${group || "Motion"} ${index + 1}` : group || "Motion",
        message: { type: "motion-command", motion_group: group, motion_index: index },
      })),
    );
}

export class Moves {
  /** @param {HTMLElement} root @param {(message: Message) => void} send */
  constructor(root, send) {
    this.root = root;
    this.send = send;
    this.shown = "";
  }

  /** @param {Abilities | undefined} abilities */
  show(abilities) {
    const wanted = JSON.stringify(abilities ?? {});
    if (wanted === this.shown) return; // rebuilt under somebody's finger it would lose the click
    this.shown = wanted;
    const rows = [faces(abilities ?? {}), gestures(abilities ?? {})];
    this.root.hidden = rows.every((row) => row.length === 0);
    for (const [i, place] of [...this.root.querySelectorAll("[role=group]")].entries()) {
      place.replaceChildren(...rows[i].map((button) => this.button(button)));
    }
  }

  /** @param {{ text: string, message: Message }} what */
  button({ text, message }) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.addEventListener("click", () => this.send(message));
    return button;
  }
}
