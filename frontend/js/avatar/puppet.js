// Poses the drawing by the standard Live2D parameter names.

import { drawing } from "./art.js";
import { clamp, mix } from "./curves.js";
import * as shapes from "./shapes.js";

const { round } = shapes;

/** @typedef {import("./types.js").Get} Get */
/** @typedef {import("./types.js").Pose} Pose */

/** Every other parameter rests at 0. @type {Readonly<Record<string, number>>} */
export const RESTING = Object.freeze({ ParamEyeLOpen: 1, ParamEyeROpen: 1 });

const SIDES = /** @type {const} */ ([
  ["R", -1],
  ["L", 1],
]);

export class Puppet {
  /** @param {Element} root @param {string} name for screen readers */
  constructor(root, name) {
    const parsed = new DOMParser().parseFromString(drawing(), "image/svg+xml").documentElement;
    this.svg = /** @type {SVGElement} */ (/** @type {unknown} */ (document.importNode(parsed, true)));
    this.svg.setAttribute("aria-label", name);
    root.replaceChildren(this.svg);
    this.name = name;
    /** @type {Map<string, Element>} */
    this.parts = new Map();
    for (const part of this.svg.querySelectorAll("[data-part]")) {
      this.parts.set(part.getAttribute("data-part") ?? "", part);
    }
    /** @type {Map<string, string>} */
    this.drawn = new Map();
    this.spring = { place: 0, speed: 0 };
    this.set("svg", "visibility", "hidden"); // until it is posed for the first time it is a heap of parts
    this.time = 0;
  }

  /** What a blind visitor hears about the picture. @param {string} mood */
  describe(mood) {
    this.set("svg", "aria-label", mood ? `${this.name}, ${mood}` : this.name);
  }

  /** Her colours and her clothes, by their names in css/wardrobe.css. @param {{ theme?: string, outfit?: string }} look */
  dress({ theme = "", outfit = "" }) {
    this.set("svg", "data-theme", theme);
    this.set("svg", "data-outfit", outfit);
    if (theme || outfit) import("./wardrobe.js").then(({ openWardrobe }) => openWardrobe(this.svg));
  }

  /**
   * Touches the page only where something changed.
   * @param {string} part
   * @param {string} attribute
   * @param {string | number} value
   */
  set(part, attribute, value) {
    const key = `${part} ${attribute}`;
    const text = String(value);
    if (this.drawn.get(key) === text) return;
    this.drawn.set(key, text);
    const element = part === "svg" ? this.svg : this.parts.get(part);
    element?.setAttribute(attribute, text);
  }

  /** @param {string} part @param {number} x @param {number} y @param {string} [more] */
  move(part, x, y, more = "") {
    this.set(part, "transform", `translate(${round(x)} ${round(y)})${more}`);
  }

  /** @param {string} part @param {number} value */
  fade(part, value) {
    const seen = Math.round(clamp(value, 0, 1) * 50) / 50;
    this.set(part, "opacity", seen);
    this.set(part, "visibility", seen ? "inherit" : "hidden");
  }

  /** @param {Readonly<Record<string, number>>} params @param {number} dt seconds since the last frame */
  draw(params, dt) {
    /** @type {Get} */
    const get = (id) => params["Param" + id] ?? RESTING["Param" + id] ?? 0;
    this.time += dt;
    const pose = this.pose(get, dt);
    this.drawBody(get, pose);
    this.drawHead(get, pose);
    this.drawHair(pose);
    for (const [name, side] of SIDES) {
      this.drawEye(get, pose, name, side);
      this.drawArm(get, name, side);
    }
    this.drawMouth(get, pose);
    this.drawEffects(get, pose);
    this.drawTalk(get("Talk"));
    this.set("svg", "visibility", "visible");
  }

  /** @param {Get} get @param {number} dt @returns {Pose} */
  pose(get, dt) {
    const ax = clamp(get("AngleX") / 30, -1, 1);
    const ay = clamp(get("AngleY") / 30, -1, 1);
    const az = get("AngleZ");
    const bx = get("BodyAngleX") / 10;
    const bz = get("BodyAngleZ");
    const sway = clamp(this.swing(-(ax * 0.9 + az / 26 + bx * 0.4 + bz / 20), dt) + get("HairFront"), -2, 2);
    return { ax, ay, az, bx, bz, breath: get("Breath"), sway };
  }

  /** The hair hangs on a damped spring that the head pulls. @param {number} pull @param {number} dt */
  swing(pull, dt) {
    const spring = this.spring;
    const step = Math.min(dt, 0.05) / 2;
    for (let n = 0; n < 2; n++) {
      spring.speed += ((pull - spring.place) * 90 - spring.speed * 9) * step;
      spring.place += spring.speed * step;
    }
    return spring.place;
  }

  /** @param {Get} get @param {Pose} pose */
  drawBody(get, { bx, bz, breath }) {
    this.move("all", get("BaseX") * 40, -get("BaseY") * 26);
    this.set(
      "body",
      "transform",
      `rotate(${round(bz)} 400 900) translate(${round(bx * 10)} ${round(-breath * 4)})`,
    );
  }

  /** @param {Get} get @param {Pose} pose */
  drawHead(get, { ax, ay, az, bx, bz, breath }) {
    const x = 400 + bx * 16 + bz * 6 + ax * 12;
    const y = 350 - breath * 6 - ay * 8;
    const head = `translate(${round(x)} ${round(y)}) rotate(${round(az * 0.55 + bz)} 0 150)`;
    this.set("head", "transform", head);
    this.set("backHair", "transform", `${head} translate(${round(-ax * 16)} ${round(ay * 8)})`);
    const outline = shapes.faceShape(ax, 9 * clamp(get("MouthOpenY"), 0, 1));
    this.set("faceOutline", "d", outline);
    this.set("faceClip", "d", outline);
    this.move("face", ax * 5, -ay * 5);
    this.move("features", ax * 25, 10 - ay * 19);
    this.move("nose", ax * 9, -ay * 7);
    this.fade("cheeks", 0.5 + get("Cheek") * 0.5);
    this.fade("cheekLines", Math.min(0.8, get("Cheek") * 2 - 0.8));
  }

  /** @param {Pose} pose */
  drawHair({ ax, ay, sway }) {
    this.set("backHairOutline", "d", shapes.backHairShape(sway));
    const fringe = shapes.fringeShape(sway * 0.8, ay * 6);
    for (const part of ["fringe", "fringeClip", "fringeShadow"]) this.set(part, "d", fringe);
    this.move("frontHair", ax * 11, -ay * 9);
    this.move("fringeShade", ax * 7, 14 - ay * 2);
    this.move("ring", -ax * 20, ay * 10);
    this.set("lockR", "d", shapes.sideLockShape(-1, sway));
    this.set("lockL", "d", shapes.sideLockShape(1, sway));
    this.set("ahoge", "d", shapes.ahogeShape(sway));
    for (const [name, side] of SIDES) {
      this.move(
        `cup${name}`,
        side * 203 + ax * 6,
        14 - ay * 2,
        ` scale(${round((1 - side * ax * 0.16) * 100) / 100} 1)`,
      );
    }
  }

  /** @param {Get} get @param {Pose} pose @param {"L" | "R"} n @param {number} side */
  drawEye(get, { ax, ay }, n, side) {
    const open = clamp(get(`Eye${n}Open`), 0, 1.3);
    const slant = clamp(get(`Brow${n}Angle`), -1, 1);
    const shape = shapes.eyeShape(open, clamp(get(`Eye${n}Smile`), 0, 1), side, slant);
    this.move(`eye${n}`, side * 77, 24, ` scale(${round((1 - side * ax * 0.1) * 110) / 100} 1.1)`);
    for (const part of /** @type {const} */ (["hole", "lash", "lower", "fold"]))
      this.set(part + n, "d", shape[part]);
    this.set(`eyeClip${n}`, "d", shape.hole);
    this.set(`pool${n}`, "d", shape.lower);
    this.set(`shade${n}`, "d", shape.lash);
    this.move(`shade${n}`, 0, 13);
    this.fade(`fold${n}`, 0.45 * clamp(open * 2 - 0.6, 0, 1));
    this.drawIris(get, n, side, open);
    this.set(`brow${n}`, "d", shapes.browShape(side, slant, get(`Brow${n}Form`)));
    this.move(`brow${n}`, side * 77 + get(`Brow${n}X`) * 6 + ax * 24, -40 - get(`Brow${n}Y`) * 15 - ay * 18);
  }

  /** @param {Get} get @param {"L" | "R"} n @param {number} side @param {number} open */
  drawIris(get, n, side, open) {
    const wet = get("EffectTear");
    const x = get("EyeBallX") * 13 - side * 2;
    const y = 2 - get("EyeBallY") * 11;
    const size = 1 + get("EyeBallForm") * 0.3;
    const glisten = size + wet * (0.18 + Math.sin(this.time * 9) * 0.05);
    this.move(`iris${n}`, x, y, ` scale(${round(size * 100) / 100})`);
    this.move(`shine${n}`, x * 0.8, y, ` scale(${round(glisten * 100) / 100})`);
    this.fade(`shine${n}`, open * 3 - 0.9);
    this.fade(`pool${n}`, wet * 0.8);
  }

  /** @param {Get} get @param {Pose} pose */
  drawMouth(get, { ax, ay }) {
    const open = clamp(get("MouthOpenY"), 0, 1);
    const vowels = [..."AIUEO"].map(get);
    const shape = shapes.mouthShape(get("MouthForm"), open, get("MouthCat"), get("MouthWave"), vowels);
    const hole = open > 0.04 ? shape.hole : "";
    this.set("mouthHole", "d", hole);
    this.set("mouthClip", "d", hole);
    this.set("mouthLine", "d", hole || shape.upper);
    this.move("tongue", 0, shape.tongue);
    this.set("teeth", "d", shapes.path`M-60 ${shape.top - 30}H60V${shape.teeth}H-60Z`);
    this.move("mouth", ax * 4, 104 - ay * 2, " scale(1.2)");
  }

  /** @param {Get} get @param {Pose} pose */
  drawEffects(get, { ax }) {
    for (const effect of ["Anger", "Shock", "Sweat", "Sparkle", "Gloom"]) {
      this.fade(effect.toLowerCase(), get("Effect" + effect));
    }
    this.fade("tears", get("EffectTear"));
    for (const [i, x] of [-112, 112].entries()) {
      const fall = (this.time * 0.55 + i * 0.5) % 1;
      this.move(`tear${i}`, x, 66 + fall * 70, ` scale(${round(Math.sin(fall * Math.PI) * 10) / 10})`);
    }
    this.move("anger", 124, -120, ` scale(${round((1 + 0.12 * Math.sin(this.time * 10)) * 100) / 100})`);
    this.set("sparkle", "transform", `rotate(${round(Math.sin(this.time * 3) * 4)})`);
    this.move("sweat", ax * 14, Math.sin(this.time * 2) * 3);
  }

  /** The right arm is drawn mirrored. @param {Get} get @param {"L" | "R"} n @param {number} side */
  drawArm(get, n, side) {
    const up = clamp(get(`Arm${n}A`), 0, 1);
    const hand = get(`Hand${n}`) * side * 16;
    this.set(`arm${n}`, "transform", `rotate(${round(-up * 42)} 112 634)`);
    this.set(`forearm${n}`, "transform", `rotate(${round(hand * up - up * 122)} 168 806)`);
    // On its way up the wrist turns the palm to the audience, which brings the thumb to the other side.
    const palm = round(mix(10, -10, clamp((up - 0.6) / 0.3, 0, 1))) / 10;
    const turn = `translate(168 0) scale(${palm} 1) translate(-168 0)`;
    this.set(`hand${n}`, "transform", `rotate(${round(hand)} 168 906) ${turn}`);
  }

  /** The voice, seen: five bars on the hoodie, and the headset glows. @param {number} loud */
  drawTalk(loud) {
    for (let i = 0; i < 5; i++) {
      const height = mix(5, 21 + 14 * Math.sin(this.time * 17 + i * 2.1), loud);
      this.set(`bar${i}`, "height", round(height * 1.6));
      this.set(`bar${i}`, "y", round(800 - height * 0.8));
    }
    const glow = String(round(0.75 + loud * 0.25));
    if (this.drawn.get("glow") === glow) return;
    this.drawn.set("glow", glow);
    this.svg.style.setProperty("--glow", glow);
  }
}
