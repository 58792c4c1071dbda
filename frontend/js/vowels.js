// Which vowel is being spoken, from the sound itself: linear prediction finds the two lowest resonances of the
// mouth (the formants), and these tell the vowels apart.

export const VOWELS = "AIUEO";

// The first two formants in Hz, and whose they are: between the means of men and women (Peterson and Barney 1952) and
// what the embedded voice says.
const FORMANTS = [
  [870, 1480, 0],
  [760, 1130, 0],
  [350, 2450, 1],
  [430, 1600, 2],
  [340, 900, 2],
  [680, 2150, 3],
  [560, 1900, 3],
  [600, 900, 4],
  [660, 1350, 4],
];
const RATE = 11_000; // Hz, about: formants of interest lie below half of it
const WINDOW = 0.03; // seconds
const ORDER = 12;
const STEP = 50; // Hz between two looks at the spectrum
const SHARP = 14; // how strongly the nearest vowel wins

/**
 * How much each vowel sounds at a time, in all 1. Measured when it is drawn: a long sentence costs nothing at its beginning.
 * @param {Float32Array} samples
 * @param {number} rate of the samples
 * @param {number} time seconds
 * @returns {number[]}
 */
export function vowelsAt(samples, rate, time) {
  const every = Math.max(1, Math.round(rate / RATE));
  const low = thinned(samples, Math.round((time - WINDOW / 2) * rate), every, Math.round((WINDOW * rate) / every));
  return vowelOf(...formants(predictor(low), rate / every));
}

/**
 * `size` samples from there, each the mean of `every`, with the treble raised as speech falls off, and faded at both ends.
 * @param {Float32Array} samples @param {number} start @param {number} every @param {number} size
 */
function thinned(samples, start, every, size) {
  let before = 0;
  return Array.from({ length: size }, (_, i) => {
    let mean = 0;
    for (let k = 0; k < every; k++) mean += (samples[start + i * every + k] ?? 0) / every;
    const raised = mean - 0.94 * before;
    before = mean;
    return raised * (0.54 - 0.46 * Math.cos((2 * Math.PI * i) / size));
  });
}

/** Levinson and Durbin: the all-pole filter that predicts a stretch of the sound best. @param {number[]} part */
function predictor(part) {
  const alike = Array.from({ length: ORDER + 1 }, (_, lag) => {
    let sum = 0;
    for (let i = lag; i < part.length; i++) sum += part[i] * part[i - lag];
    return sum;
  });
  let error = alike[0] * 1.0001 + 1e-9;
  let filter = [1];
  for (let order = 1; order <= ORDER; order++) {
    const sum = filter.reduce((total, a, i) => total + a * alike[order - i], 0);
    const k = -sum / error;
    filter = [...filter, 0].map((a, i) => a + k * (filter[order - i] ?? 0));
    error *= 1 - k * k;
  }
  return filter;
}

/** @param {number} first @param {number} second */
function vowelOf(first, second) {
  const near = [0, 0, 0, 0, 0];
  for (const [f1, f2, vowel] of FORMANTS) {
    const far = 1.5 * Math.log2(first / f1) ** 2 + Math.log2(second / f2) ** 2;
    near[vowel] += Math.exp(-SHARP * far);
  }
  const sum = near.reduce((total, each) => total + each, 1e-9);
  return near.map((each) => each / sum);
}

/** The two lowest peaks of the filter's spectrum, in Hz. @param {number[]} filter @param {number} rate @returns {[number, number]} */
function formants(filter, rate) {
  const gain = (/** @type {number} */ hertz) => {
    const w = (2 * Math.PI * hertz) / rate;
    const re = filter.reduce((sum, a, i) => sum + a * Math.cos(w * i), 0);
    const im = filter.reduce((sum, a, i) => sum + a * Math.sin(w * i), 0);
    return 1 / (re * re + im * im + 1e-12);
  };
  const peaks = [];
  let [before, here] = [gain(100), gain(150)];
  for (let hertz = 150; hertz < 3300; hertz += STEP) {
    const after = gain(hertz + STEP);
    if (here >= before && here > after) peaks.push(hertz);
    [before, here] = [here, after];
  }
  if (!(peaks[0] < 1150)) return [300, peaks[0] ?? 900]; // the first lies so low that it is no peak
  const [first, second = 3300] = peaks;
  // Two that lie close together show as one: then the next is already the third.
  return [first, first > 450 && second > 2500 ? 1.6 * first : second];
}
