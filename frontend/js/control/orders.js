// What the operator can order: messages for buttons and keys.

import { faces, gestures } from "../moves.js";

/** @typedef {import("../messages.js").Message} Message */
/** @typedef {import("../messages.js").Abilities} Abilities */
/** @typedef {{ text: string, key: string, name: string, message: Message }} Order */

const KEYS = 9;

/**
 * Faces with their keys. @param {Abilities} abilities @param {boolean} stay until let go @returns {Order[]}
 */
export function faceOrders(abilities, stay) {
  return faces(abilities).map(({ text, message }, i) => ({
    text,
    name: text,
    key: i < KEYS ? String(i + 1) : "",
    message: stay ? { ...message, duration: 0 } : message,
  }));
}

/** @param {Abilities} abilities @param {boolean} stay played over and over until let go @returns {Order[]} */
export function gestureOrders(abilities, stay) {
  return gestures(abilities).map(({ text, message }, i) => ({
    text,
    name: `${message.motion_group} ${message.motion_index}`,
    key: i < KEYS ? `Shift ${i + 1}` : "",
    message: stay ? { ...message, loop: true } : message,
  }));
}

/** Gives up every face and gesture that this page asked for. @type {Message[]} */
export const LET_GO = [{ type: "expression-release" }, { type: "motion-release" }];

/**
 * What a key orders: Esc stops, wherever it is pressed; digits only where nobody is typing.
 * @param {{ key: string, code: string, shiftKey: boolean, ctrlKey: boolean, altKey: boolean, metaKey: boolean, repeat: boolean }} event
 * @param {boolean} isTyping
 * @param {Abilities} abilities
 * @param {boolean} stay
 * @returns {Message | null}
 */
export function orderOfKey(event, isTyping, abilities, stay) {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return null;
  if (event.key === "Escape") return { type: "stop" };
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1]; // with Shift a key's letter differs by country
  if (!digit || isTyping) return null;
  const orders = event.shiftKey ? gestureOrders(abilities, stay) : faceOrders(abilities, stay);
  return orders[Number(digit) - 1]?.message ?? null;
}
