// Hands the microphone's samples to the page as they come, 128 at a time. Runs where sound is made, not in the page.

const { AudioWorkletProcessor, registerProcessor } = /** @type {any} */ (globalThis);

class MicrophoneTap extends AudioWorkletProcessor {
  /** @param {Float32Array[][]} inputs */
  process([input]) {
    if (input[0]) this.port.postMessage(input[0].slice());
    return true;
  }
}

registerProcessor("microphone-tap", MicrophoneTap);
