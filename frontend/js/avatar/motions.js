// Plays motions over each other with fades. Which motion may play is the server's decision:
// a commanded motion always replaces the one before; the idle group bridges the time to the next command.

import { ease, mix, sampleCurve } from "./curves.js";

/** @typedef {import("./types.js").Track} Track */

export const IDLE_GROUP = "Idle";
const FIDGET_GROUP = "Fidget"; // what she does now and then while she idles
const VARIETY_AFTER = 7; // seconds of idling, at least, before she does one of them
const VARIETY_WITHIN = 11;

export class MotionPlayer {
  /** @param {Record<string, import("./types.js").Motion[]>} groups @param {() => number} [random] */
  constructor(groups, random = Math.random) {
    this.groups = groups;
    this.random = random;
    this.idles = true;
    this.variety = true;
    this.varyIn = VARIETY_AFTER;
    /** @type {Track[]} */
    this.tracks = [];
  }

  /** The name of the motion that plays and is not idling, if any. */
  get name() {
    return this.tracks.find((track) => !track.idle && track.endAt === Infinity)?.name ?? null;
  }

  /**
   * @param {string} group
   * @param {number} index
   * @param {{ loop?: boolean, idle?: boolean }} [options]
   * @returns {boolean} false if the model has no such motion
   */
  start(group, index, { loop, idle = false } = {}) {
    const motion = this.groups[group]?.[index];
    if (!motion) return false;
    const name = `${group} ${index}`;
    const looping = loop ?? motion.loop;
    const playing = this.tracks.find((track) => track.endAt === Infinity);
    // Told again of what it loops already (by a snapshot, or after bridging), it goes on from where it is.
    if (looping && playing?.loop && playing.name === name) playing.idle = idle;
    else this.begin({ name, motion, idle, loop: looping });
    return true;
  }

  /** @param {Pick<Track, "name" | "motion" | "idle" | "loop">} what */
  begin(what) {
    this.stop();
    const { name, motion, idle, loop } = what;
    const fadeOut = Math.min(motion.fadeOut, motion.duration / 2);
    this.tracks.push({ name, motion, idle, loop, time: 0, endAt: Infinity, fadeOut });
  }

  /** Fades everything out. */
  stop() {
    for (const track of this.tracks) {
      if (track.endAt === Infinity) track.endAt = track.time + track.fadeOut;
    }
  }

  /**
   * @param {Record<string, number>} params changed in place
   * @param {number} dt seconds since the last frame
   */
  apply(params, dt) {
    if (this.idles && this.tracks.every((track) => track.endAt < Infinity)) this.startIdle();
    this.vary(dt);
    for (const track of [...this.tracks]) {
      advance(track, dt);
      if (needsAnotherRound(track)) this.begin(track);
    }
    for (const track of this.tracks) pose(params, track);
    this.tracks = this.tracks.filter((track) => track.time < track.endAt);
  }

  startIdle() {
    const count = this.groups[IDLE_GROUP]?.length ?? 0;
    if (count) this.start(IDLE_GROUP, 0, { idle: true, loop: true });
  }

  /** @param {number} dt */
  vary(dt) {
    const count = this.groups[FIDGET_GROUP]?.length ?? 0;
    const idling = this.tracks.some((track) => track.idle && track.loop && track.endAt === Infinity);
    if (!this.variety || !count || !idling || (this.varyIn -= dt) > 0) return;
    this.varyIn = VARIETY_AFTER + this.random() * VARIETY_WITHIN;
    this.start(FIDGET_GROUP, Math.floor(this.random() * count), { idle: true, loop: false });
  }
}

/** @param {Track} track @param {number} dt */
function advance(track, dt) {
  const { motion, loop, fadeOut } = track;
  track.time += dt;
  // The fade-out of a motion that plays once lies inside its duration.
  if (!loop && track.endAt === Infinity && track.time >= motion.duration - fadeOut)
    track.endAt = motion.duration;
}

/**
 * A motion that was made to be seen once ends elsewhere than it begins: looped, each round fades into the next.
 * @param {Track} track
 */
function needsAnotherRound({ motion, loop, time, endAt, fadeOut }) {
  return loop && !motion.loop && endAt === Infinity && time >= motion.duration - fadeOut;
}

/** @param {Record<string, number>} params @param {Track} track */
function pose(params, { motion, loop, time, endAt, fadeOut }) {
  const at = loop ? time % motion.duration : Math.min(time, motion.duration);
  for (const curve of motion.curves) {
    const fadeIn = curve.fadeIn ?? motion.fadeIn;
    const fading = Math.min(curve.fadeOut ?? fadeOut, fadeOut); // a longer one would begin with a jump
    const arriving = fadeIn > 0 ? ease(time / fadeIn) : 1;
    const leaving = fading > 0 && endAt < Infinity ? ease((endAt - time) / fading) : 1;
    params[curve.id] = mix(params[curve.id] ?? 0, sampleCurve(curve, at), arriving * leaving);
  }
}
