// The loudspeaker: decodes WAV files and plays them, when this page is the one to be heard.

const WAKE_MS = 400; // a fresh AudioContext takes this long to open the device

export class Loudspeaker {
  constructor() {
    // Made at page load: opening it with the first sentence would cost a second of silence.
    this.context = new AudioContext();
    this.audible = true;
    /** @type {AudioNode | null} a meter that hears what is heard */
    this.tap = null;
    /** Called when sound becomes possible or impossible. */
    this.onchange = () => {};
    this.context.addEventListener("statechange", () => this.onchange());
    for (const gesture of ["pointerdown", "keydown"]) {
      addEventListener(gesture, () => this.wake(), { capture: true, passive: true });
    }
  }

  /** The browser holds the sound back until somebody clicks. */
  get blocked() {
    return this.context.state !== "running";
  }

  wake() {
    if (this.blocked) this.context.resume().catch(() => {});
  }

  /** Resolves as soon as sound can play, or after a moment if it cannot. */
  async ready() {
    if (!this.audible || !this.blocked) return;
    const moment = new Promise((done) => setTimeout(done, WAKE_MS));
    await Promise.race([this.context.resume().catch(() => {}), moment]);
  }

  /**
   * @param {string} base64
   * @returns {Promise<AudioBuffer | null>} null if it is no sound that this browser knows
   */
  async decode(base64) {
    try {
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      return await this.context.decodeAudioData(bytes.buffer);
    } catch (error) {
      console.warn("A sentence without sound:", error);
      return null;
    }
  }

  /**
   * @param {AudioBuffer} buffer
   * @param {number} offset seconds into the sound
   * @returns {import("./messages.js").Voice | null} null when nothing is to be heard from this page
   */
  play(buffer, offset) {
    if (!this.audible || this.blocked) return null;
    const context = this.context;
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(context.destination);
    if (this.tap) source.connect(this.tap);
    source.start(0, offset);
    const heardFrom = context.currentTime + (context.outputLatency || 0) - offset;
    return { position: () => context.currentTime - heardFrom, stop: () => source.stop() };
  }
}
