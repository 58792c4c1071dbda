import assert from "node:assert/strict";
import test from "node:test";

import { Lips } from "../js/lips.js";
import { VOWELS, vowelsAt } from "../js/vowels.js";

/**
 * A sung vowel: pulses of the voice through the resonances of a mouth (Klatt's formant synthesizer, at its simplest).
 * @param {number[]} formants Hz
 */
function sung(formants, { pitch = 210, rate = 24_000, seconds = 0.4 } = {}) {
  let sound = Float32Array.from({ length: seconds * rate }, (_, i) => (i % Math.round(rate / pitch) ? 0 : 1));
  for (const [number, formant] of formants.entries()) {
    const r = Math.exp((-Math.PI * (70 + 30 * number)) / rate);
    const [b, c] = [2 * r * Math.cos((2 * Math.PI * formant) / rate), -r * r];
    let [before, earlier] = [0, 0];
    sound = sound.map((x) => {
      const y = (1 - b - c) * x + b * before + c * earlier;
      [earlier, before] = [before, y];
      return y;
    });
  }
  let sum = 0; // the voice falls off by 12 dB an octave, and the lips give 6 of them back
  return sound.map((x) => (sum = x + 0.97 * sum));
}

const SUNG = {
  woman: { pitch: 210, A: [850, 1220, 2810], I: [310, 2790, 3310], U: [370, 950, 2670], E: [610, 2330, 2990], O: [590, 920, 2710] },
  man: { pitch: 120, A: [730, 1090, 2440], I: [270, 2290, 3010], U: [300, 870, 2240], E: [530, 1840, 2480], O: [570, 840, 2410] },
  // As the embedded voice says them: measured on it.
  ours: { pitch: 205, A: [880, 1550, 2900], I: [400, 2500, 3100], U: [440, 1500, 2700], E: [720, 2230, 2900], O: [650, 1250, 3000] },
};

const loudest = (vowels) => VOWELS[vowels.indexOf(Math.max(...vowels))];

for (const [who, { pitch, ...vowels }] of Object.entries(SUNG)) {
  for (const rate of [24_000, 48_000]) {
    test(`the vowels of a ${who}'s voice are told apart at ${rate} Hz`, () => {
      const heard = Object.values(vowels).map((formants) => {
        const sound = sung(formants, { pitch, rate });
        const sums = [0.15, 0.2, 0.25].map((time) => vowelsAt(sound, rate, time));
        return loudest(VOWELS.split("").map((_, i) => sums.reduce((sum, each) => sum + each[i], 0)));
      });
      assert.equal(heard.join(""), Object.keys(vowels).join(""));
    });
  }
}

test("shares are between 0 and 1 and make one whole, in silence and beyond the end too", () => {
  for (const sound of [new Float32Array(4800), sung(SUNG.man.A)]) {
    for (const time of [-1, 0, 0.1, 9]) {
      const vowels = vowelsAt(sound, 24_000, time);
      assert.ok(vowels.every((share) => share >= 0 && share <= 1));
      assert.ok(Math.abs(vowels.reduce((sum, share) => sum + share, 0) - 1) < 0.01, String(vowels));
    }
  }
});

test("the mouth goes over from one vowel to the next, and does not jump", () => {
  const lips = new Lips();
  lips.form([0, 1, 0, 0, 0], 1 / 60);
  assert.ok(lips.vowels[0] > 0.5 && lips.vowels[1] > 0.2);
  for (let i = 0; i < 20; i++) lips.form([0, 1, 0, 0, 0], 1 / 60);
  assert.ok(lips.vowels[1] > 0.99);
});
