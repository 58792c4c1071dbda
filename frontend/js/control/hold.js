// A button that has to be held: a slip of the finger does nothing.

export const HOLD_MS = 900;

export class Hold {
  /** @type {any} */
  timer = null;

  /**
   * @param {() => void} done
   * @param {(holding: boolean) => void} shown
   * @param {{ later: (run: () => void, ms: number) => any, forget: (timer: any) => void }} [clock]
   */
  constructor(done, shown, clock) {
    this.done = done;
    this.shown = shown;
    this.clock = clock ?? { later: (run, ms) => setTimeout(run, ms), forget: (timer) => clearTimeout(timer) };
  }

  press() {
    if (this.timer !== null) return; // a held key repeats itself
    this.shown(true);
    this.timer = this.clock.later(() => {
      this.release();
      this.done();
    }, HOLD_MS);
  }

  release() {
    if (this.timer === null) return;
    this.clock.forget(this.timer);
    this.timer = null;
    this.shown(false);
  }
}
