// Draws a Live2D model. Faces, gestures, the mouth and what a living thing does are the page's own, as for the puppet:
// what comes in are parameters. The engine adds the model's physics and pose, and draws.

import { addOn } from "./add-on.js";

/** @typedef {import("../avatar/types.js").Renderer} Renderer */
/** @typedef {import("../avatar/types.js").Parameters} Parameters */
/** @typedef {import("../avatar/files.js").Model} Model */

const QUIET = { autoUpdate: false, autoHitTest: false, autoFocus: false, eyeBlink: false };
/** Decoded by the page: the page's policy has no place for pixi's workers. */
const TEXTURES = { textureOptions: { preferCreateImageBitmap: false } };

/**
 * @param {Element} root the place that it will fill
 * @param {Model} model its mouth is left to the parameters that open it
 * @returns {Promise<Renderer>}
 */
export async function live2dRenderer(root, model) {
  const PIXI = await addOn();
  const canvas = document.createElement("canvas");
  const screen = new PIXI.WebGLRenderer();
  const look = { canvas, backgroundAlpha: 0, antialias: true, autoDensity: true, resolution: devicePixelRatio };
  try {
    await screen.init({ ...look, width: 1, height: 1 });
  } catch (error) {
    throw new Error("it needs WebGL, which this browser does not give the page", { cause: error });
  }
  try {
    const settings = drawingOnly(await (await fetch(model.url)).json(), model.url);
    const drawing = await PIXI.live2d.Live2DModel.from(settings, { ...QUIET, ...TEXTURES, checkMocConsistency: true });
    model.lipIds = mouthIds(model.lipIds);
    return new Live2dRenderer(root, screen, drawing, new PIXI.Container());
  } catch (error) {
    screen.destroy();
    console.warn(error);
    throw new Error("Live2D could not load it; `open-llm-vtuber live2d check` looks at its files", { cause: error });
  }
}

/**
 * The model's settings without its expressions and motions, so that the engine neither loads nor plays them.
 * @param {any} settings @param {string} url
 */
export function drawingOnly(settings, url) {
  const { Expressions, Motions, ...files } = settings.FileReferences;
  return { ...settings, url, FileReferences: files };
}

/**
 * Of a model's LipSync group those that open the mouth: some models list the mouth's form as well.
 * @param {string[]} ids
 */
export function mouthIds(ids) {
  const opening = ids.filter((id) => /MouthOpen|A$/.test(id));
  return opening.length > 0 ? opening : ["ParamMouthOpenY"];
}

/** @implements {Renderer} */
class Live2dRenderer {
  /** @param {Element} root @param {any} screen @param {any} drawing @param {any} scene */
  constructor(root, screen, drawing, scene) {
    this.root = root;
    this.screen = screen;
    this.drawing = drawing;
    this.scene = scene;
    this.width = 0;
    this.height = 0;
    this.element = /** @type {HTMLCanvasElement} */ (screen.canvas);
    this.element.setAttribute("role", "img");
    Object.assign(this.element.style, { position: "absolute", inset: "0" }); // its size is not to make the page's
    this.describe("");
    scene.addChild(drawing);
    drawing.anchor.set(0.5);
    const inner = drawing.internalModel;
    inner.breath = undefined; // the page breathes
    this.core = inner.coreModel;
    const { ids, defaultValues } = this.core.getModel().parameters;
    /** @type {Map<string, number>} */
    this.places = new Map(ids.map((/** @type {string} */ id, /** @type {number} */ place) => [id, place]));
    /** @type {Map<string, number>} a motion sets parts' opacities by their ids; the model's pose reads them */
    this.parts = new Map(this.core.getModel().parts.ids.map((/** @type {string} */ id) => [id, inner.getIdSafe(id)]));
    this.resting = Object.fromEntries(ids.map((/** @type {string} */ id, /** @type {number} */ i) => [id, defaultValues[i]]));
  }

  /** @param {Parameters} params @param {number} dt */
  draw(params, dt) {
    this.fit();
    for (const [id, value] of Object.entries(params)) {
      const place = this.places.get(id);
      if (place !== undefined) this.core.setParameterValueByIndex(place, value);
      else if (this.parts.has(id)) this.core.setParameterValueById(this.parts.get(id), value);
    }
    this.drawing.update(dt * 1000);
    this.screen.render(this.scene);
  }

  /** As large as the page has room for, in its middle. */
  fit() {
    const { clientWidth, clientHeight } = this.root;
    if (clientWidth === this.width && clientHeight === this.height) return;
    this.width = clientWidth;
    this.height = clientHeight;
    this.screen.resize(clientWidth, clientHeight);
    const { width, height } = this.drawing.internalModel;
    this.drawing.scale.set(Math.min(clientWidth / width, clientHeight / height));
    this.drawing.position.set(clientWidth / 2, clientHeight / 2);
  }

  /** @param {string} mood */
  describe(mood) {
    this.element.setAttribute("aria-label", mood ? `The character, ${mood}` : "The character");
  }

  remove() {
    this.drawing.destroy({ texture: true, baseTexture: true });
    this.screen.destroy();
  }
}
