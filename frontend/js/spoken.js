// What she says as it is shown and when: without the marks meant for her face, and word by word with the voice.

/**
 * Takes out the emotion tags that this model knows, and nothing else.
 * @param {string} text
 * @param {string[]} tags
 */
export function spokenText(text, tags) {
  if (!tags.length) return text;
  const known = new Set(tags.map((tag) => tag.toLowerCase()));
  return text.replace(/\[([^\]\s]+)\] ?/g, (whole, tag) => (known.has(tag.toLowerCase()) ? "" : whole));
}

const HEARD = 0.06; // quieter slices are a pause: no word is said in them
const WIDE = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\d]/u; // one such sign takes as long as several letters

/**
 * A sentence in words, each with what follows it, and the share of the speaking time that has gone when it begins.
 * @param {string} text
 * @returns {{ text: string, from: number }[]}
 */
export function wordsOf(text) {
  /** @type {{ text: string, from: number }[]} */
  const words = [];
  let said = 0;
  for (const { segment, isWordLike } of new Intl.Segmenter(undefined, { granularity: "word" }).segment(text)) {
    const last = words[words.length - 1];
    if (last && !isWordLike) last.text += segment;
    else words.push({ text: segment, from: said });
    if (isWordLike) for (const sign of segment) said += WIDE.test(sign) ? 3 : 1;
  }
  for (const word of words) word.from /= said || 1;
  return words;
}

/**
 * How much of what there is to say has been said: pauses do not count.
 * @param {number[]} volumes one a slice
 * @param {number} slice seconds
 * @param {number} time seconds
 */
export function shareSaid(volumes, slice, time) {
  const heard = (/** @type {number[]} */ part) => part.filter((volume) => volume > HEARD).length;
  return heard(volumes.slice(0, Math.max(0, Math.round(time / slice)))) / (heard(volumes) || 1);
}
