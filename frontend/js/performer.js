// The character on a page: takes the show's cues, speaks, makes faces and moves. Both pages have one.

import { ExpressionPlayer, Face } from "./avatar/expressions.js";
import { loadModel } from "./avatar/files.js";
import { Life } from "./avatar/life.js";
import { IDLE_GROUP, MotionPlayer } from "./avatar/motions.js";
import { Puppet } from "./avatar/puppet.js";
import { clamp, mix } from "./avatar/curves.js";
import { Lips } from "./lips.js";
import { Renderers } from "./renderers.js";
import { Loudspeaker } from "./sound.js";
import { Speech } from "./speech.js";
import { VOWELS, vowelsAt } from "./vowels.js";

/** @typedef {import("./messages.js").Message} Message */
/** @typedef {import("./messages.js").AudioCue} AudioCue */
/** @typedef {import("./messages.js").CharacterState} CharacterState */

export const OUR_MODEL = "/live2d-models/mika/mika.model3.json";
const STALE_SECONDS = 4; // sentences that waited through a lost connection for longer are not said any more
const FACE_FADES = 0.8; // seconds: the server's word that the turn has ended, and the fade of its face
const LONGEST_FRAME = 0.1; // after a pause of the page, go on from where we were

export class Performer {
  /** @type {import("./avatar/files.js").Model | null} */
  model = null;
  /** @type {Record<string, number>} the parameters as last drawn */
  params = {};
  /** @type {Record<string, string | number>} emotion → the avatar's face for it, as the server knows the avatar */
  emotions = {};
  wanted = ""; // the address of the model that was last asked for
  /** @type {CharacterState} */
  state = {};
  uid = "";
  playHere = false;
  hidden = false;
  isPreview = false; // it shows what happens, and nobody waits for it or hears it
  talk = 0; // 0 to 1: how far the lip-sync owns the mouth
  silentFor = 0; // seconds since the last sound
  clock = 0;
  frames = 0;
  /** @type {string | null} the turn that was stopped from this page: what still arrives of it is not said */
  stoppedTurn = null;
  /** @type {string | null} */
  turn = null;
  /** @type {Record<string, any> | null} the loop that the server last commanded, for a model that is loaded later */
  looped = null;

  /** @type {Record<string, string>} theme and outfit that this page was asked for, whatever the model says */
  look = {};
  /** @type {() => void} after each frame */
  onframe = () => {};
  /** @type {(cue: AudioCue) => void} a sentence begins to be heard */
  onsentence = () => {};
  /** @type {() => void} */
  onsilence = () => {};
  /** @type {() => void} who plays the sound, or whether it can be heard, has changed */
  onsound = () => {};
  /** @type {(problem: string) => void} the model: "" when it is there */
  onmodel = () => {};

  /** @param {HTMLElement} root @param {(message: Message) => void} send */
  constructor(root, send) {
    this.send = send;
    this.puppet = new Puppet(root, "Mika");
    this.renderers = new Renderers(root, this.puppet);
    this.expressions = new ExpressionPlayer([]);
    this.motions = new MotionPlayer({});
    this.life = new Life();
    this.calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.lips = new Lips();
    this.face = new Face((look) => this.showFace(look));
    this.loudspeaker = new Loudspeaker();
    this.loudspeaker.onchange = () => this.updateSound();
    this.speech = new Speech(this.loudspeaker);
    this.speech.onstart = (cue) => this.sentenceBegins(cue);
    this.speech.onend = () => this.onsilence();
    this.speech.oncomplete = () => this.playbackComplete();
  }

  /** This page is the one whose sound counts. */
  get primary() {
    return !this.isPreview && (!this.state.primary || this.state.primary === this.uid);
  }

  get muted() {
    return !this.primary && !this.playHere;
  }

  updateSound() {
    this.loudspeaker.audible = !this.muted;
    this.speech.rejoin();
    this.onsound();
  }

  /** @param {boolean} here */
  setPlayHere(here) {
    this.playHere = here;
    this.updateSound();
  }

  /** @param {Message} message */
  handle(message) {
    switch (message.type) {
      case "client-welcome":
        return this.welcomed(message.client_uid ?? "");
      case "snapshot":
        return this.restore(message);
      case "character-state":
        return this.setState(/** @type {any} */ (message));
      case "set-model-and-conf":
        return this.useModel(message);
      case "audio":
        return this.hear(message);
      case "speech-under-way":
        return this.goOn(message);
      case "backend-synth-complete":
        return this.speech.synthesisComplete();
      case "speech-yields":
        return this.speech.yieldTo(message);
      case "interrupt-signal":
        return this.hush();
      case "control":
        return this.control(message.text, message.turn_id);
      case "set-expression":
        return this.setExpression(message);
      case "motion-command":
        return this.startMotion(message);
      case "motion-stop":
        return this.stopMotion();
    }
  }

  /** @param {string} uid */
  welcomed(uid) {
    this.uid = uid;
    this.speech.dropOlderThan(STALE_SECONDS);
    this.updateSound();
  }

  /** @param {Message} snapshot */
  restore({ state, expression, motion }) {
    this.setState(state ?? {});
    if (expression) this.setExpression(expression);
    if (motion?.loop) this.startMotion(motion);
  }

  /** @param {CharacterState} state */
  setState(state) {
    const before = this.state.primary;
    this.state = state;
    if (state.primary !== before) this.updateSound();
  }

  /** @param {Message} message */
  hear(message) {
    const turn = message.turn_id ?? null;
    if (turn && turn === this.stoppedTurn) return;
    this.turn = turn;
    this.speech.add(/** @type {any} */ (message));
  }

  /** @param {Message} rest what is still to be heard of a turn that this page joins in the middle */
  goOn(rest) {
    if (rest.turn_id === this.stoppedTurn) return;
    this.turn = rest.turn_id ?? null;
    this.speech.resume(/** @type {any} */ (rest));
  }

  /** @param {string} text @param {string | undefined} turn */
  control(text, turn) {
    if (text === "conversation-chain-start") this.turn = turn ?? null;
  }

  /** @param {Record<string, any>} look */
  setExpression({ expression_id, name, fade_ms }) {
    const isKnown = name !== undefined && this.expressions.find(name);
    const fade = typeof fade_ms === "number" ? fade_ms / 1000 : null;
    this.face.set(isKnown ? name : (this.sameEmotion(name, expression_id) ?? expression_id ?? name), fade);
  }

  /**
   * Who stands in for another avatar has its own faces: the one for the same emotion is named like it.
   * @param {string | undefined} name @param {number | undefined} index
   */
  sameEmotion(name, index) {
    const meant = Object.entries(this.emotions).filter(([, face]) => face === name || face === index);
    return meant.map(([emotion]) => emotion.toLowerCase()).find((emotion) => this.expressions.find(emotion));
  }

  /** @param {Record<string, any>} command priority 0 in the idle group: nobody asked for it */
  startMotion({ motion_group = "", motion_index = 0, loop, priority }) {
    this.looped = loop ? { motion_group, motion_index, loop, priority } : null;
    const idle = motion_group === IDLE_GROUP && priority === 0;
    if (idle && !this.motions.idles) this.motions.stop();
    else this.motions.start(motion_group, motion_index, { loop, idle });
  }

  stopMotion() {
    this.looped = null;
    this.motions.stop();
  }

  /** Silent at once, whatever was going on. */
  hush() {
    this.speech.cut();
  }

  /** Stopped by somebody at this page, before the server knows of it. */
  stopHere() {
    this.stoppedTurn = this.turn;
    this.hush();
  }

  /** @param {AudioCue} cue */
  sentenceBegins(cue) {
    this.onsentence(cue); // its face comes by itself: what wins is the server's decision
    if (this.primary && cue.display_text && !cue.forwarded) {
      this.send({ type: "audio-play-start", display_text: cue.display_text, forwarded: true });
    }
  }

  playbackComplete() {
    if (this.primary) this.send({ type: "frontend-playback-complete" });
  }

  /** @param {Message} message */
  useModel({ model_info, client_uid }) {
    if (client_uid) this.uid = client_uid;
    this.emotions = model_info?.emotionMap ?? {};
    this.puppet.dress({ ...model_info, ...this.look });
    if (model_info?.url) this.load(model_info.url, model_info.name ?? "");
  }

  /** @param {string} url @param {string} [name] */
  async load(url, name = "") {
    const address = new URL(url, location.href).href;
    if (this.wanted === address) return;
    this.wanted = address;
    const problem = await this.tryModel(address);
    if (this.wanted !== address) return; // another one was chosen meanwhile
    const told = problem && `The model ${name || url} could not be shown: ${problem}.`;
    if (told) console.warn(told);
    this.onmodel(told);
    // Somebody has to stand there: without a face the voice would come from nowhere.
    if (problem && !this.model) await this.tryModel(new URL(OUR_MODEL, location.href).href);
  }

  /** @param {string} address @returns {Promise<string>} what is wrong with it; "" if nothing */
  async tryModel(address) {
    try {
      const { wanted } = this;
      const model = await loadModel(address);
      const renderer = await this.renderers.forModel(model);
      if (this.wanted !== wanted) return renderer.remove() ?? ""; // another one was chosen meanwhile
      this.renderers.show(renderer);
      this.useFiles(model);
      return "";
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** @param {import("./avatar/files.js").Model} model */
  useFiles(model) {
    this.model = model;
    this.expressions = new ExpressionPlayer(model.expressions);
    const idles = this.motions.idles;
    this.motions = new MotionPlayer(model.motions);
    this.motions.idles = idles;
    this.face.refresh();
    if (this.looped) this.startMotion(this.looped);
  }

  /** @param {import("./avatar/types.js").Look} look */
  showFace({ reference, fade }) {
    if (this.expressions.show(reference, fade)) this.renderers.shown.describe(this.expressions.name ?? "");
  }

  /** Draws from now on. @param {number} fps */
  start(fps) {
    let last = performance.now();
    const frame = (/** @type {number} */ now) => {
      requestAnimationFrame(frame);
      if (this.hidden || now - last < 1000 / fps - 4) return;
      this.step(Math.min(LONGEST_FRAME, (now - last) / 1000));
      last = now;
    };
    requestAnimationFrame(frame);
  }

  /** @param {number} dt */
  step(dt) {
    if (!this.model) return;
    this.clock += dt;
    this.frames += 1;
    const params = { ...this.renderers.shown.resting };
    this.motions.variety = !this.calm;
    this.motions.apply(params, dt);
    this.expressions.apply(params, dt);
    this.life.apply(params, dt, this.model.eyeIds, this.calm);
    this.speak(params, dt, this.model.lipIds);
    this.renderers.shown.draw(params, dt);
    this.params = params;
    this.onframe();
  }

  /**
   * While she speaks the mouth's opening is the lip-sync's alone, so that silence shuts it;
   * otherwise the expression may open it. The head moves a little with the voice.
   * @param {Record<string, number>} params
   * @param {number} dt
   * @param {string[]} lipIds
   */
  speak(params, dt, lipIds) {
    const mouth = this.lips.follow(this.speech.volume, dt);
    const speaking = this.speech.speaking || mouth > 0;
    this.silentFor = speaking ? 0 : this.silentFor + dt;
    // After the last word the mouth stays shut until the sentence's face, which may open it, has faded.
    const change = speaking ? dt / 0.06 : this.silentFor > FACE_FADES ? -dt / 0.25 : 0;
    this.talk = clamp(this.talk + change, 0, 1);
    for (const id of lipIds) params[id] = Math.max(mix(params[id] ?? 0, 0, this.talk), mouth);
    params.ParamTalk = mouth;
    const sound = this.speech.speaking ? this.speech.current?.buffer : null;
    if (sound && mouth) this.lips.form(vowelsAt(sound.getChannelData(0), sound.sampleRate, this.speech.position), dt);
    for (const [i, vowel] of [...VOWELS].entries()) params["Param" + vowel] = this.lips.vowels[i] * mouth;
    params.ParamMouthForm = (params.ParamMouthForm ?? 0) * (1 - 0.35 * mouth);
    params.ParamAngleY = (params.ParamAngleY ?? 0) + mouth * 3;
    params.ParamAngleZ = (params.ParamAngleZ ?? 0) + (this.calm ? 0 : Math.sin(this.clock * 2.1) * 2.5) * this.talk;
  }

  /** What `window.stage` shows. */
  inspect() {
    const { lips, speech, loudspeaker } = this;
    const look = () => ({
      params: this.params,
      mouth: lips.mouth,
      expressionName: this.expressions.name,
      motionName: this.motions.name,
      muted: this.muted,
      frames: this.frames,
      speech: {
        speaking: speech.speaking,
        t: speech.position,
        volume: speech.volume,
        length: speech.current?.length ?? 0,
        text: speech.current?.cue.display_text?.text ?? "",
        audible: Boolean(speech.current?.voice),
        queued: speech.queue.length,
        sound: loudspeaker.context.state,
      },
    });
    return new Proxy(look(), { get: (_, name) => Reflect.get(look(), name) });
  }
}
