// Brings the Live2D add-on and the operator's own Cubism Core into the page, once all of it is there.

/** @typedef {{ ready: boolean, scripts: string[], missing: string[] }} AddOn what the server says of it */

const STATE = "/live2d-addon";
const CORE = "/live2dcubismcore.min.js";
/** Of Core, as `major.minor`: with 4.2 the engine does not start, and later ones were not tried. */
const CORE_VERSIONS = ["5.0"];

/** @type {Promise<any> | null} */
let loading = null;
/** @type {Set<string>} */
const loaded = new Set();

/** @returns {Promise<any>} pixi with the engine as its `live2d`; rejects with what is missing, without a full stop */
export function addOn() {
  loading ??= load().catch((error) => {
    loading = null; // the next model asks again: by then it may be there
    throw error;
  });
  return loading;
}

async function load() {
  const response = await fetch(STATE);
  if (!response.ok) throw new Error(`the server does not say whether the Live2D add-on is there (${response.status})`);
  const { ready, scripts, missing } = /** @type {AddOn} */ (await response.json());
  if (!ready) throw new Error(asPart(missing[0] ?? ""));
  for (const address of scripts) {
    if (!loaded.has(address)) await script(address);
    loaded.add(address);
    if (address.endsWith(CORE)) checkCore();
  }
  const { PIXI } = /** @type {any} */ (globalThis);
  PIXI.extensions.add(PIXI.live2d.Live2DPlugin);
  return PIXI;
}

/** @param {string} address */
function script(address) {
  const element = document.createElement("script");
  element.src = address;
  return new Promise((resolve, reject) => {
    element.onload = () => resolve(undefined);
    element.onerror = () => reject(new Error(`${address} could not be loaded`));
    document.head.append(element);
  });
}

function checkCore() {
  const core = /** @type {any} */ (globalThis).Live2DCubismCore;
  const problem = core ? coreProblem(core.Version.csmGetVersion()) : "live2dcubismcore.min.js is not Cubism Core";
  if (problem) throw new Error(problem);
}

/**
 * @param {number} version as Core packs it: 8 bits major, 8 minor, 16 patch
 * @returns {string} "" if it can be used
 */
export function coreProblem(version) {
  const major = version >>> 24;
  const minor = (version >>> 16) & 0xff;
  if (CORE_VERSIONS.includes(`${major}.${minor}`)) return "";
  const here = `${major}.${minor}.${version & 0xffff}`;
  return `the Cubism Core that was put there is version ${here}, and the add-on works with ${CORE_VERSIONS.join(", ")}`;
}

/** A sentence of the server's as a part of ours. @param {string} sentence */
function asPart(sentence) {
  const begins = /^(The|It|A)\b/.test(sentence) ? sentence.charAt(0).toLowerCase() + sentence.slice(1) : sentence;
  return begins.replace(/\.$/, "");
}
