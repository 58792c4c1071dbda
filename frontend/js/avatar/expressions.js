// Shows one expression at a time and cross-fades from the last one.

import { ease, mix } from "./curves.js";

/** @typedef {import("./types.js").Layer} Layer */

export class ExpressionPlayer {
  /** @param {import("./types.js").Expression[]} list */
  constructor(list) {
    this.list = list;
    /** @type {Layer[]} */
    this.layers = [];
  }

  /** The name of what shows, or is fading in. */
  get name() {
    return this.layers.find((layer) => layer.target === 1)?.expression.name ?? null;
  }

  /**
   * @param {string | number} reference a name, or an index into the model's list
   * @param {number | null} [fade] seconds; null takes the file's own
   * @returns {boolean} false (and nothing changes) if the model has no such expression
   */
  show(reference, fade = null) {
    const expression = this.find(reference);
    if (!expression) return false;
    for (const layer of this.layers) Object.assign(layer, { target: 0, fade });
    const known = this.layers.find((layer) => layer.expression === expression);
    if (known) known.target = 1;
    else this.layers.push({ expression, weight: 0, target: 1, fade });
    return true;
  }

  /** @param {string | number} reference */
  find(reference) {
    if (typeof reference === "number") return this.list[reference];
    return this.list.find(({ name }) => name === reference);
  }

  /**
   * @param {Record<string, number>} params changed in place
   * @param {number} dt seconds since the last frame
   */
  apply(params, dt) {
    for (const layer of this.layers) {
      advance(layer, dt);
      for (const param of layer.expression.params) blend(params, param, ease(layer.weight));
    }
    this.layers = this.layers.filter(({ target, weight }) => target === 1 || weight > 0);
  }
}

/** @param {Layer} layer @param {number} dt */
function advance(layer, dt) {
  const { expression, target, fade } = layer;
  const seconds = fade ?? (target ? expression.fadeIn : expression.fadeOut);
  const step = seconds > 0 ? dt / seconds : 1;
  layer.weight = target ? Math.min(1, layer.weight + step) : Math.max(0, layer.weight - step);
}

/**
 * @param {Record<string, number>} params
 * @param {import("./types.js").ExpressionParameter} param
 * @param {number} weight
 */
export function blend(params, { id, value, blend: kind }, weight) {
  const now = params[id] ?? 0;
  if (kind === "Multiply") params[id] = now * mix(1, value, weight);
  else if (kind === "Overwrite") params[id] = mix(now, value, weight);
  else params[id] = now + value * weight;
}

/** Which expression the server last said: kept, so that a model that is loaded later has it too. */
export class Face {
  /** @type {import("./types.js").Look} */
  last = { reference: "neutral", fade: null };

  /** @param {(look: import("./types.js").Look) => void} show */
  constructor(show) {
    this.show = show;
  }

  /** @param {string | number} reference @param {number | null} fade */
  set(reference, fade) {
    this.last = { reference, fade };
    this.show(this.last);
  }

  /** Once more, for a model that has just been loaded. */
  refresh() {
    this.show({ ...this.last, fade: null });
  }
}
