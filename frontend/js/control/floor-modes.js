// What she does when somebody on stage speaks: the three modes, in the operator's words.

/** @typedef {import("../microphone.js").FloorMode} FloorMode */

/** @type {Record<FloorMode, [string, string]>} */
export const FLOORS = {
  "wait-for-me": ["Waits for you", "While you speak she finishes her clause, listens, and answers you before the chat."],
  "talk-over": ["Talks on", "She goes on while you speak, and answers you next, before the chat."],
  "push-to-talk": ["Push to talk", "She hears you only while you hold the button or the key."],
};

/** @param {string} floor */
export const floorWords = (floor) => `When you speak: ${(FLOORS[/** @type {FloorMode} */ (floor)]?.[0] ?? floor).toLowerCase()}.`;
