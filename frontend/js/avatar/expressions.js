// Shows one expression at a time and cross-fades from the last one.

import { ease, mix } from "./curves.js";

/** @typedef {import("./files.js").Expression} Expression */
/** @typedef {{ expression: Expression, weight: number, target: 0 | 1, fade: number | null }} Layer */

export class ExpressionPlayer {
  /** @param {Expression[]} list */
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
 * @param {import("./files.js").ExpressionParameter} param
 * @param {number} weight
 */
export function blend(params, { id, value, blend: kind }, weight) {
  const now = params[id] ?? 0;
  if (kind === "Multiply") params[id] = now * mix(1, value, weight);
  else if (kind === "Overwrite") params[id] = mix(now, value, weight);
  else params[id] = now + value * weight;
}
