// What the control room is made of: Preact with htm's templates. Texts become text nodes, never HTML.

import htm from "../vendor/htm.js";
import { h, render as draw } from "../vendor/preact.js";
import { signal as made } from "../vendor/preact-signals.js";

/** @typedef {any} View a part of the page */

/** @type {(strings: TemplateStringsArray, ...values: any[]) => View} */
export const html = htm.bind(h);

/** @type {(view: View, root: HTMLElement) => void} */
export const render = draw;

/**
 * A value that the parts of the page which read it are drawn anew with.
 * @template T
 * @param {T} value
 * @returns {{ value: T, subscribe: (run: (value: T) => void) => () => void }}
 */
export const signal = (value) => made(value);
