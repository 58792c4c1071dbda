// Brings the Live2D add-on and the operator's own Cubism Core into the page, once all of it is there.

/** @typedef {{ ready: boolean, scripts: string[], missing: string[] }} AddOn what the server says of it */

const STATE = "/live2d-addon";
/** Of Core, as `major.minor`: the engine reads what later ones have moved. */
export const CORE_VERSIONS = ["5.0"];

/** @type {Promise<any> | null} */
let loading = null;

/** @returns {Promise<any>} pixi with the engine in `live2d`; rejects with a sentence's worth of what is missing */
export function addOn() {
  loading ??= load();
  loading.catch(() => (loading = null)); // what is put there later is found without a reload
  return loading;
}

async function load() {
  const response = await fetch(STATE);
  if (!response.ok) throw new Error(`the server does not say whether the Live2D add-on is there (${response.status})`);
  const { ready, scripts, missing } = /** @type {AddOn} */ (await response.json());
  if (!ready) throw new Error(lowered(missing.join(" ")));
  for (const address of scripts) {
    await script(address);
    if (address.includes("live2dcubismcore")) checkCore();
  }
  const { PIXI } = /** @type {any} */ (globalThis);
  PIXI.extensions.add(PIXI.live2d.Live2DPlugin);
  PIXI.live2d.config.logLevel = PIXI.live2d.config.LOG_LEVEL_WARNING;
  return PIXI;
}

/** @param {string} address */
function script(address) {
  const element = document.createElement("script");
  element.src = address;
  element.async = false;
  return new Promise((resolve, reject) => {
    element.onload = () => resolve(undefined);
    element.onerror = () => reject(new Error(`${address} could not be loaded`));
    document.head.append(element);
  });
}

function checkCore() {
  const { Live2DCubismCore } = /** @type {any} */ (globalThis);
  if (!Live2DCubismCore) throw new Error("live2dcubismcore.min.js is not Live2D's Cubism Core");
  const problem = coreProblem(Live2DCubismCore.Version.csmGetVersion());
  if (problem) throw new Error(problem);
}

/** @param {number} version as Core packs it: 8 bits major, 8 minor, 16 patch @returns {string} "" if it can be used */
export function coreProblem(version) {
  const [major, minor, patch] = [version >>> 24, (version >>> 16) & 0xff, version & 0xffff];
  if (CORE_VERSIONS.includes(`${major}.${minor}`)) return "";
  return `the Cubism Core here is version ${major}.${minor}.${patch}, and the add-on works with ${CORE_VERSIONS.join(", ")} only`;
}

/** @param {string} sentence */
const lowered = (sentence) => sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, "");
