// The shapes of what comes over the wire, for the type checker. docs/protocol.md has the whole list.

/** @typedef {{ type: string, seq?: number, turn_id?: string, [field: string]: any }} Message */
/** @typedef {{ text: string, name?: string, avatar?: string }} DisplayText */
/**
 * @typedef {object} AudioCue
 * @property {string | null} audio a WAV file in base64; null is text without sound
 * @property {number[]} [volumes] loudness, one value a slice, the loudest is 1
 * @property {number} [slice_length] milliseconds
 * @property {DisplayText | null} [display_text]
 * @property {{ expressions?: (number | string)[] } | null} [actions]
 * @property {boolean} [forwarded]
 * @property {string} [turn_id]
 */
/** @typedef {{ outcome: string, reason?: string, score?: number }} Decision */
/**
 * @typedef {object} ChatMessage
 * @property {string} id
 * @property {string} [username]
 * @property {string} [display_name]
 * @property {string} [color]
 * @property {string} message
 * @property {Decision} [decision]
 */
/** @typedef {{ engine?: string, is_demo?: boolean, note?: string }} Provider */
/**
 * @typedef {object} Abilities what the avatar can show; a place in a list is its index
 * @property {string[]} [expressions]
 * @property {Record<string, { duration_ms: number, loops: boolean }[]>} [motions]
 */
/**
 * @typedef {object} CharacterState
 * @property {{ expression_id?: number, name?: string } | null} [expression]
 * @property {{ motion_group: string, motion_index: number, loop: boolean } | null} [motion]
 * @property {Abilities} [abilities]
 * @property {boolean} [speaking]
 * @property {string} [mode]
 * @property {number} [queue]
 * @property {string | null} [primary] uid of the page that plays the sound
 * @property {{ channel?: string, state: string, reason?: string } | null} [twitch]
 * @property {{ llm?: Provider, tts?: Provider, asr?: Provider, external_api?: Provider }} [providers]
 * @property {{ conf_name?: string, character_name?: string }} [character]
 */

export {};
