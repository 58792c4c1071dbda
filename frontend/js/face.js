// Which expression shows: what the server set, and above it the one that the spoken sentence carries.

/** @typedef {string | number} Reference a name or an index of the model's list */
/** @typedef {{ reference: Reference, fade: number | null }} Look */

const REPLIES_UP_TO = 9; // priorities from 10 on belong to the operator: no sentence changes that face

export class Face {
  /** @type {Look} */
  set = { reference: "neutral", fade: null };
  priority = 0;
  /** @type {Reference | null} */
  spoken = null;

  /** @param {(look: Look) => void} show */
  constructor(show) {
    this.show = show;
  }

  /** @param {Reference} reference @param {number | null} fade seconds @param {number} priority */
  setByServer(reference, fade, priority) {
    this.set = { reference, fade };
    this.priority = priority;
    this.spoken = null;
    this.show(this.set);
  }

  /** @param {Reference | undefined} reference */
  setBySentence(reference) {
    if (reference === undefined || this.priority > REPLIES_UP_TO) return;
    this.spoken = reference;
    this.show({ reference, fade: null });
  }

  /** A reply's face ends with its turn. */
  endOfReply() {
    if (this.spoken === null) return;
    this.spoken = null;
    this.show({ ...this.set, fade: null });
  }

  /** Once more, for a model that has just been loaded. */
  refresh() {
    this.show(this.spoken === null ? this.set : { reference: this.spoken, fade: null });
  }
}
