// What draws the character: our own puppet or, for a Live2D model, the add-on that the operator has installed.

import { RESTING } from "./avatar/puppet.js";

/** @typedef {import("./avatar/types.js").Renderer} Renderer */

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
   * @param {import("./avatar/types.js").Model} model
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
