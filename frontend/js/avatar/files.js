// Reads Live2D's open JSON side files: .model3.json, .exp3.json and .motion3.json.
// No Cubism Core is involved: what comes out are names and numbers, for whatever draws the character.

/** @typedef {import("./types.js").Model} Model */
/** @typedef {import("./types.js").Motion} Motion */

export const SegmentKind = Object.freeze({ LINEAR: 0, BEZIER: 1, STEPPED: 2, INVERSE_STEPPED: 3 });

/**
 * Loads a model and everything it refers to.
 * @param {string} url
 * @param {(url: URL) => Promise<any>} [fetchJson]
 * @returns {Promise<Model>}
 */
export async function loadModel(url, fetchJson = fetchAsJson) {
  const base = new URL(url, globalThis.location?.href);
  const model = await fetchJson(base);
  const refs = model.FileReferences ?? {};
  const [expressions, motions] = await Promise.all([
    loadExpressions(refs.Expressions ?? [], base, fetchJson),
    loadMotions(refs.Motions ?? {}, base, fetchJson),
  ]);
  return {
    url: base.href,
    moc: refs.Moc ?? "",
    expressions,
    motions,
    eyeIds: parameterGroup(model, "EyeBlink"),
    lipIds: parameterGroup(model, "LipSync"),
  };
}

/** @param {URL} url */
async function fetchAsJson(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status} for ${url.pathname}`);
  return response.json();
}

/**
 * @param {{ Name: string, File: string }[]} list
 * @param {URL} base
 * @param {(url: URL) => Promise<any>} fetchJson
 */
function loadExpressions(list, base, fetchJson) {
  return Promise.all(
    list.map(async ({ Name, File }) => parseExpression(Name, await fetchJson(new URL(File, base)))),
  );
}

/**
 * @param {Record<string, any[]>} groups
 * @param {URL} base
 * @param {(url: URL) => Promise<any>} fetchJson
 */
async function loadMotions(groups, base, fetchJson) {
  /** @param {any} entry */
  const load = async (entry) => {
    const motion = parseMotion(await fetchJson(new URL(entry.File, base)));
    return {
      ...motion,
      fadeIn: entry.FadeInTime ?? motion.fadeIn,
      fadeOut: entry.FadeOutTime ?? motion.fadeOut,
    };
  };
  const loaded = Object.entries(groups).map(async ([name, list]) => [
    name,
    await Promise.all(list.map(load)),
  ]);
  return /** @type {Record<string, Motion[]>} */ (Object.fromEntries(await Promise.all(loaded)));
}

/**
 * @param {any} model
 * @param {string} name
 * @returns {string[]}
 */
function parameterGroup(model, name) {
  return (model.Groups ?? []).find((/** @type {any} */ group) => group.Name === name)?.Ids ?? [];
}

/**
 * @param {string} name
 * @param {any} json
 * @returns {import("./types.js").Expression}
 */
export function parseExpression(name, json) {
  const params = (json.Parameters ?? []).map((/** @type {any} */ p) => ({
    id: p.Id,
    value: p.Value,
    blend: p.Blend ?? "Add",
  }));
  return { name, fadeIn: json.FadeInTime ?? 1, fadeOut: json.FadeOutTime ?? 1, params };
}

/**
 * @param {any} json
 * @returns {Motion}
 */
export function parseMotion(json) {
  const meta = json.Meta;
  // Which of two drawings of a part is seen is told like a parameter, by the part's name.
  const targets = ["Parameter", "PartOpacity"];
  const curves = json.Curves.filter((/** @type {any} */ curve) => targets.includes(curve.Target));
  return {
    duration: meta.Duration,
    loop: Boolean(meta.Loop),
    fadeIn: meta.FadeInTime ?? 0.5,
    fadeOut: meta.FadeOutTime ?? 0.5,
    curves: curves.map((/** @type {any} */ curve) => parseCurve(curve, Boolean(meta.AreBeziersRestricted))),
  };
}

/**
 * The flat list is: t, v, then for each segment its kind and one point (a Bezier: three).
 * @param {any} json
 * @param {boolean} restricted
 * @returns {import("./types.js").Curve}
 */
function parseCurve(json, restricted) {
  const flat = /** @type {number[]} */ (json.Segments);
  /** @type {import("./types.js").Segment[]} */
  const segments = [];
  /** @type {import("./types.js").Point} */
  let end = [flat[0], flat[1]];
  for (let i = 2; i < flat.length;) {
    const kind = flat[i];
    const count = kind === SegmentKind.BEZIER ? 3 : 1;
    const points = [end];
    for (let k = 0; k < count; k++) points.push([flat[i + 1 + 2 * k], flat[i + 2 + 2 * k]]);
    segments.push({ kind, points });
    end = points[count];
    i += 1 + 2 * count;
  }
  return {
    id: json.Id,
    last: end[1],
    segments,
    restricted,
    fadeIn: json.FadeInTime,
    fadeOut: json.FadeOutTime,
  };
}
