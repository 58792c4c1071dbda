// The shapes of what comes over the wire and of what speaks it, for the type checker alone: no page loads this file.
// docs/protocol.md has all messages.

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
 * @property {number} [index] which sentence of its turn
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

/** @typedef {{ turn_id: string, index: number, position_ms: number, sentences: AudioCue[], is_complete: boolean }} SpeechUnderWay */
/** @typedef {{ position: () => number, stop: () => void }} Voice */
/**
 * The loudspeaker as the queue needs it; tests pass their own.
 * @typedef {object} Output
 * @property {(base64: string) => Promise<AudioBuffer | null>} decode
 * @property {() => Promise<void>} ready
 * @property {(buffer: AudioBuffer, offset: number) => Voice | null} play
 */
/**
 * @typedef {{ now: () => number, after: (seconds: number, run: () => void) => any, cancel: (timer: any) => void }} Clock
 */
/**
 * @typedef {object} Sentence
 * @property {AudioCue} cue
 * @property {number} from seconds: where in it this page begins
 * @property {number} arrivedAt
 * @property {Promise<AudioBuffer | null>} decoding
 * @property {AudioBuffer | null} buffer
 * @property {Voice | null} voice null while it is not heard from this page
 * @property {number} startedAt by the page's clock; NaN until it starts
 * @property {number} length seconds
 * @property {number[]} volumes
 * @property {number} slice seconds
 */
/** @typedef {{ client: string, capabilities: string[] }} Hello */
/**
 * @typedef {object} Surroundings what tests replace
 * @property {new (url: string) => WebSocket} [Socket]
 * @property {(run: () => void, ms: number) => any} [later]
 * @property {(timer: any) => void} [forget]
 * @property {() => number} [random]
 */

export {};
