// What is being edited of the settings, as a function of what the server has told and the operator has typed. Pure.

/** @typedef {import("../messages.js").Message} Message */
/** @typedef {{ value: any, defaults: any, text: string }} Section */
/** @typedef {{ file: string, revision: string, can_undo: boolean, fault: string, needs_restart: string[], sections: Record<string, Section> }} Settings */
/**
 * @typedef {object} Edits
 * @property {Settings | null} settings as the file has them
 * @property {Record<string, any>} drafts section → what was typed: a value or, for those of YAML, a text
 * @property {Record<string, string[]>} diffs section → the lines that would change
 * @property {Record<string, string>} faults section → why it was not taken
 * @property {Record<string, boolean>} saved section → taken, and nothing typed since
 * @property {string} refused why the file was not taken that somebody else has written
 */

/** Sections that are edited as YAML. */
const AS_TEXT = new Set(["cue_sheets", "triggers"]);
/** Begins the id of a request about one section. */
const ASKED = "edit:";

/** @returns {Edits} */
export const noEdits = () => ({ settings: null, drafts: {}, diffs: {}, faults: {}, saved: {}, refused: "" });

/** @param {any} value @param {(string | number)[]} path @returns {any} */
const at = (value, path) => path.reduce((inner, key) => (inner === null || inner === undefined ? undefined : inner[key]), value);

/** @param {any} value @param {string[]} path @param {any} put @returns {any} */
function withAt(value, [key, ...rest], put) {
  const held = value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};
  return { ...held, [key]: rest.length ? withAt(held[key], rest, put) : put };
}

/** @param {Record<string, any>} held @param {string} name */
const without = (held, name) => Object.fromEntries(Object.entries(held).filter(([key]) => key !== name));

/** What a section is on the page: as typed, else as the file has it. @param {Edits} edits @param {string} section @returns {any} */
export function shown({ settings, drafts }, section) {
  if (Object.hasOwn(drafts, section)) return drafts[section];
  const told = settings?.sections[section];
  return AS_TEXT.has(section) ? (told?.text ?? "") : (told?.value ?? null);
}

/** One value of a section, or its default. @param {Edits} edits @param {string} section @param {string[]} path @returns {any} */
export function field(edits, section, path) {
  const own = at(shown(edits, section), path);
  return own === undefined || own === null ? at(edits.settings?.sections[section]?.defaults, path) : own;
}

/** @param {Edits} edits @param {string} section */
export const isDirty = ({ drafts }, section) => Object.hasOwn(drafts, section);

/** @param {Edits} edits */
export const dirtySections = ({ drafts }) => Object.keys(drafts);

/** After typing. @param {Edits} edits @param {string} section @param {string[]} path none: all of it @param {any} value @returns {Edits} */
export function typed(edits, section, path, value) {
  const draft = path.length ? withAt(shown(edits, section), path, value) : value;
  return {
    ...edits,
    drafts: { ...edits.drafts, [section]: draft },
    diffs: without(edits.diffs, section),
    faults: without(edits.faults, section),
    saved: without(edits.saved, section),
  };
}

/** Back to what the file has. @param {Edits} edits @param {string} section @returns {Edits} */
export function discarded(edits, section) {
  return {
    ...edits,
    drafts: without(edits.drafts, section),
    diffs: without(edits.diffs, section),
    faults: without(edits.faults, section),
  };
}

/** Lists as they are meant: without the empty lines of a text field. @param {any} value @returns {any} */
export function cleaned(value) {
  if (Array.isArray(value)) {
    const lines = value.map((each) => (typeof each === "string" ? each.trim() : cleaned(each)));
    return lines.filter((each) => each !== "");
  }
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, cleaned(each)]));
}

/**
 * The request that saves a section or, as a trial, asks what would change.
 * @param {Edits} edits @param {string} section @param {boolean} trial @returns {Message}
 */
export function request(edits, section, trial) {
  const given = shown(edits, section);
  const put = AS_TEXT.has(section) ? { text: given } : { value: cleaned(given) };
  const dry = trial ? { dry_run: true } : {};
  return { type: "edit-settings", section, ...put, revision: edits.settings?.revision ?? "", ...dry, request_id: ASKED + section };
}

/** @param {any} id which section a request was about; "" for none */
export const aboutSection = (id) => (typeof id === "string" && id.startsWith(ASKED) ? id.slice(ASKED.length) : "");

/** After a message of the show. @param {Edits} edits @param {Message} message @returns {Edits} */
export function heard(edits, message) {
  const section = aboutSection(message.request_id);
  switch (message.type) {
    case "settings":
      return { ...edits, settings: /** @type {any} */ (message), refused: message.fault };
    case "settings-checked":
      return { ...edits, diffs: { ...edits.diffs, [section]: message.diff }, faults: without(edits.faults, section) };
    case "settings-changed":
      return section ? { ...discarded(edits, section), saved: { ...edits.saved, [section]: true }, refused: "" } : { ...edits, refused: "" };
    case "settings-refused":
      return { ...edits, refused: message.reason };
    case "error":
      return section ? { ...edits, faults: { ...edits.faults, [section]: message.message } } : edits;
    default:
      return edits;
  }
}

/** Whether the page has to look at the settings anew. @param {Message} message */
export const isNews = ({ type, code, request_id }) =>
  type === "settings-changed" || type === "settings-refused" || (type === "error" && code === "wrong-state" && aboutSection(request_id) !== "");
