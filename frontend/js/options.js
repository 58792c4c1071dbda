// What the address of the stage may say: `/stage?layout=left&bg=dark`. The one list of it: the help page and
// docs/how-to/stage.md describe these, and tests compare them.

/** The first value is what holds where the address says nothing. @type {Readonly<Record<string, readonly string[]>>} */
export const CHOICES = Object.freeze({
  layout: ["full", "left", "right", "close", "corner"],
  theme: ["violet", "rose", "mint"],
  outfit: ["hoodie", "blazer"],
  subtitles: ["1", "0", "top", "small", "large", "whole"],
  chat: ["auto", "0", "1", "left", "right"],
  bg: ["none", "pastel", "dark", "green"],
  fps: ["60"],
  motion: ["auto", "full", "calm"],
  away: ["1", "0"],
  preview: ["0", "1"],
  meter: ["0", "1"],
});
/** Options whose value may be several words, with commas between them. */
const LISTS = ["subtitles"];
const LONGEST_TEXT = 60;

/** What else than the listed values an option takes. @type {Record<string, (value: string) => boolean>} */
const OTHERS = {
  bg: (value) => /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.test(value),
  fps: (value) => /^\d{1,3}$/.test(value) && Number(value) >= 5 && Number(value) <= 120,
  away: (value) => value.trim() !== "" && value.length <= LONGEST_TEXT,
};

/**
 * What an address asks for, with the first choice wherever it asks for nothing or for nonsense.
 * @param {string} search
 * @returns {{ options: Record<string, string>, asked: Record<string, string>, complaints: string[] }}
 */
export function readOptions(search) {
  const given = new URLSearchParams(search);
  /** @type {Record<string, string>} */
  const asked = {};
  const complaints = [];
  for (const [name, choices] of Object.entries(CHOICES)) {
    const value = given.get(name);
    if (value === null) continue;
    const words = LISTS.includes(name) ? value.split(",") : [value];
    if (words.every((word) => choices.includes(word)) || OTHERS[name]?.(value)) asked[name] = value;
    else complaints.push(`?${name}=${value.slice(0, 40)} is unknown; ${name} may be ${choices.join(", ")}.`);
  }
  const first = Object.fromEntries(Object.entries(CHOICES).map(([name, [value]]) => [name, value]));
  return { options: { ...first, ...asked }, asked, complaints };
}
