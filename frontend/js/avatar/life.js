// What a living thing does without being told: blink, breathe, look about, stand now on one foot and now on the other.

import { clamp, mix } from "./curves.js";

const BLINK_CLOSE = 0.07;
const BLINK_HOLD = 0.1;
const BLINK_OPEN = 0.21;

export class Life {
  /** @param {() => number} [random] */
  constructor(random = Math.random) {
    this.random = random;
    this.clock = 0;
    this.blinkAt = 1.5;
    this.blinkAge = 1;
    this.gaze = { x: 0, y: 0, toX: 0, toY: 0, moveAt: 0 };
    this.weight = { at: 0, to: 0, moveAt: 4 };
  }

  /**
   * @param {Record<string, number>} params changed in place
   * @param {number} dt
   * @param {string[]} eyeIds
   * @param {boolean} [calm] for who wants little movement: she blinks and breathes, no more
   */
  apply(params, dt, eyeIds, calm = false) {
    this.clock += dt;
    const lid = this.blink(dt);
    for (const id of eyeIds) params[id] = (params[id] ?? 1) * lid;
    params.ParamBreath = 0.5 - 0.5 * Math.cos((this.clock * Math.PI * 2) / 3.4);
    if (calm) return;
    this.look(dt);
    this.shift(params, dt);
    params.ParamEyeBallX = (params.ParamEyeBallX ?? 0) + this.gaze.x;
    params.ParamEyeBallY = (params.ParamEyeBallY ?? 0) + this.gaze.y;
  }

  /** How open the lids are, 0 to 1. @param {number} dt */
  blink(dt) {
    this.blinkAge += dt;
    if (this.clock > this.blinkAt) {
      this.blinkAge = 0;
      // Now and then a double blink.
      this.blinkAt = this.clock + (this.random() < 0.18 ? 0.3 : 1.8 + this.random() * 3.6);
    }
    const age = this.blinkAge;
    if (age < BLINK_CLOSE) return 1 - age / BLINK_CLOSE;
    if (age < BLINK_HOLD) return 0;
    return Math.min(1, (age - BLINK_HOLD) / (BLINK_OPEN - BLINK_HOLD));
  }

  /**
   * Eyes jump, they do not glide: a new point every second or two, mostly back at the audience.
   * @param {number} dt
   */
  look(dt) {
    const gaze = this.gaze;
    if (this.clock > gaze.moveAt) {
      const away = this.random() < 0.4;
      gaze.moveAt = this.clock + 0.7 + this.random() * 2.2;
      gaze.toX = away ? this.random() * 1.2 - 0.6 : 0;
      gaze.toY = away ? this.random() * 0.6 - 0.3 : 0;
    }
    const pace = Math.min(1, dt * 16);
    gaze.x = mix(gaze.x, gaze.toX, pace);
    gaze.y = mix(gaze.y, gaze.toY, pace);
  }

  /** The head follows a long glance a little; the weight goes over slowly. @param {Record<string, number>} params @param {number} dt */
  shift(params, dt) {
    const { weight, gaze } = this;
    if (this.clock > weight.moveAt) {
      weight.moveAt = this.clock + 5 + this.random() * 9;
      weight.to = this.random() * 2 - 1;
    }
    weight.at = mix(weight.at, clamp(weight.to, -1, 1), Math.min(1, dt * 1.1));
    params.ParamBodyAngleX = (params.ParamBodyAngleX ?? 0) + weight.at * 4;
    params.ParamBodyAngleZ = (params.ParamBodyAngleZ ?? 0) - weight.at * 1.6;
    params.ParamAngleX = (params.ParamAngleX ?? 0) + gaze.x * 7;
    params.ParamAngleZ = (params.ParamAngleZ ?? 0) + weight.at * 2;
  }
}
