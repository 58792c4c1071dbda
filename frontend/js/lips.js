// Lip-sync: how far the mouth opens for the loudness that is being heard right now, and for which vowel.

import { clamp, mix } from "./avatar/curves.js";

const GATE = 0.045; // below this it is breath and noise: the mouth is shut
const CLOSED = 0.012; // what is left of a closing mouth is no mouth
const ATTACK = 42; // per second
const DECAY = 30;
const RESHAPE = 24;

/**
 * The loudness at a time, between the slices' middles.
 * @param {number[]} volumes 0 to 1, one a slice
 * @param {number} slice seconds
 * @param {number} time seconds
 */
export function volumeAt(volumes, slice, time) {
  if (!volumes.length || time < 0 || time > volumes.length * slice) return 0;
  const place = Math.max(0, time / slice - 0.5);
  const index = Math.floor(place);
  const here = volumes[index] ?? 0;
  return mix(here, volumes[index + 1] ?? 0, place - index);
}

/** @param {number} volume */
export function opening(volume) {
  return volume <= GATE ? 0 : clamp(((volume - GATE) / (1 - GATE)) ** 0.85 * 1.08, 0, 1);
}

export class Lips {
  mouth = 0;
  /** How much of each vowel its shape has, in the order of VOWELS: an a while nothing is known. */
  vowels = [1, 0, 0, 0, 0];

  /**
   * @param {number} volume what is heard now; 0 when nobody speaks
   * @param {number} dt
   */
  follow(volume, dt) {
    const target = opening(volume);
    const pace = target > this.mouth ? ATTACK : DECAY;
    this.mouth = mix(this.mouth, target, 1 - Math.exp(-pace * dt));
    if (target === 0 && this.mouth < CLOSED) this.mouth = 0;
    return this.mouth;
  }

  /** @param {number[]} vowels as they are heard now @param {number} dt */
  form(vowels, dt) {
    this.vowels = this.vowels.map((share, i) => mix(share, vowels[i], 1 - Math.exp(-RESHAPE * dt)));
  }
}
