// Which expression the server last said: kept, so that a model that is loaded later has it too.

/** @typedef {string | number} Reference a name or an index of the model's list */
/** @typedef {{ reference: Reference, fade: number | null }} Look fade in seconds; null takes the file's own */

export class Face {
  /** @type {Look} */
  last = { reference: "neutral", fade: null };

  /** @param {(look: Look) => void} show */
  constructor(show) {
    this.show = show;
  }

  /** @param {Reference} reference @param {number | null} fade */
  set(reference, fade) {
    this.last = { reference, fade };
    this.show(this.last);
  }

  /** Once more, for a model that has just been loaded. */
  refresh() {
    this.show({ ...this.last, fade: null });
  }
}
