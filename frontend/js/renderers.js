// What draws the character: our own puppet or, for a Live2D model, the add-on that the operator has installed.

import { RESTING } from "./avatar/puppet.js";

/** @typedef {import("./avatar/files.js").Model} Model */
/** @typedef {Readonly<Record<string, number>>} Parameters by Live2D's names */
/**
 * @typedef {object} Renderer poses a drawing; who moves it is not its business
 * @property {Element} element what the page shows
 * @property {Parameters} resting those that do not rest at 0
 * @property {(params: Parameters, dt: number) => void} draw one frame; dt in seconds
 * @property {(mood: string) => void} describe says what a blind visitor hears about the picture
 * @property {() => void} remove frees what it holds; it is not used again
 */

export class Renderers {
  /** @param {Element} root @param {import("./avatar/puppet.js").Puppet} puppet */
  constructor(root, puppet) {
    this.root = root;
    /** @type {Renderer} */
    this.own = {
      element: puppet.svg,
      resting: RESTING,
      draw: (params, dt) => puppet.draw(params, dt),
      describe: (mood) => puppet.describe(mood),
      remove() {}, // it stays for the next model that it can draw
    };
    this.shown = this.own;
  }

  /**
   * Nothing of Live2D is loaded before a model needs it.
   * @param {Model} model
   * @returns {Promise<Renderer>} rejects when the model cannot be drawn; the message says why
   */
  async forModel(model) {
    if (!model.moc.endsWith(".moc3")) return this.own;
    const { live2dRenderer } = await import("./live2d/renderer.js");
    return live2dRenderer(this.root, model);
  }

  /** @param {Renderer} renderer */
  show(renderer) {
    if (renderer === this.shown) return;
    this.root.replaceChildren(renderer.element);
    this.shown.remove();
    this.shown = renderer;
  }
}
