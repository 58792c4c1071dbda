// Types for the checker alone: no page loads this file.

/** @typedef {{ id: string, value: number, blend: string }} ExpressionParameter */
/** @typedef {{ name: string, fadeIn: number, fadeOut: number, params: ExpressionParameter[] }} Expression */
/** @typedef {[number, number]} Point time in seconds, value */
/** @typedef {{ kind: number, points: Point[] }} Segment */
/**
 * @typedef {object} Curve
 * @property {string} id
 * @property {number} last the value after the end
 * @property {Segment[]} segments
 * @property {boolean} restricted time runs evenly along every Bezier
 * @property {number} [fadeIn] overrides the motion's
 * @property {number} [fadeOut]
 */
/**
 * @typedef {object} Motion
 * @property {number} duration
 * @property {boolean} loop
 * @property {number} fadeIn
 * @property {number} fadeOut
 * @property {Curve[]} curves
 */
/**
 * @typedef {object} Model
 * @property {string} url
 * @property {string} moc the drawing that the files were made for
 * @property {Expression[]} expressions
 * @property {Record<string, Motion[]>} motions
 * @property {string[]} eyeIds
 * @property {string[]} lipIds
 */
/**
 * @typedef {object} Track
 * @property {string} name for people and tests: "Wave 0"
 * @property {Motion} motion
 * @property {boolean} idle
 * @property {boolean} loop
 * @property {number} time seconds since it began
 * @property {number} endAt when its fade-out is over
 * @property {number} fadeOut
 */
/** @typedef {{ expression: Expression, weight: number, target: 0 | 1, fade: number | null }} Layer */
/** @typedef {(id: string) => number} Get the value of a parameter, by its name without "Param" */
/**
 * @typedef {{ ax: number, ay: number, az: number, bx: number, bz: number, breath: number, sway: number }} Pose
 */
/** @typedef {{ reference: string | number, fade: number | null }} Look an expression's name or index; fade in seconds, null takes the file's own */
/** @typedef {Readonly<Record<string, number>>} Parameters by Live2D's names */
/**
 * @typedef {object} Renderer poses a drawing; who moves it is not its business
 * @property {Element} element what the page shows
 * @property {Parameters} resting those that do not rest at 0
 * @property {(params: Parameters, dt: number) => void} draw one frame; dt in seconds
 * @property {(mood: string) => void} describe says what a blind visitor hears about the picture
 * @property {() => void} remove frees what it holds; it is not used again
 */

export {};
