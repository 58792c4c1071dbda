// Runs in the page before its own scripts: listens at the loudspeaker and, once asked, writes down every frame.
(() => {
  document.addEventListener("securitypolicyviolation", (event) => {
    console.error(`CSP: ${event.violatedDirective} forbids ${event.blockedURI} (${event.sourceFile})`);
  });

  /** What was handed to the sound device: { context, at, offset, length }. */
  const starts = [];
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (when = 0, offset = 0, ...rest) {
    const at = Math.max(when, this.context.currentTime);
    starts.push({ context: this.context, at, offset, length: this.buffer?.duration ?? 0 });
    return start.call(this, when, offset, ...rest);
  };

  const meters = new Map();
  const connect = AudioNode.prototype.connect;
  const meter = (context) => {
    if (!meters.has(context)) meters.set(context, new AnalyserNode(context, { fftSize: 1024 }));
    return meters.get(context);
  };
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to instanceof AudioDestinationNode) connect.call(this, meter(this.context));
    return connect.call(this, to, ...rest);
  };
  const samples = new Float32Array(1024);
  const heard = (context) => {
    if (!meters.has(context)) return 0;
    meters.get(context).getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
  };

  const frames = [];
  const note = () => {
    requestAnimationFrame(note);
    const last = starts.at(-1);
    const context = last?.context;
    const now = context ? context.currentTime - (context.outputLatency || 0) : 0;
    frames.push({
      // A sound that goes on in mid-sentence is still the same sentence.
      sentence: starts.filter(({ offset }) => offset === 0).length - 1,
      t: last ? now - last.at + last.offset : 0,
      mouth: window.stage.params.ParamMouthOpenY ?? 0,
      lips: window.stage.mouth,
      heard: context ? heard(context) : 0,
      expression: window.stage.expressionName ?? "",
      speaking: window.stage.speech.speaking,
    });
  };
  window.recorder = {
    starts,
    frames,
    // Called when the page draws already: its own frame callback then comes first, and this sees what it drew.
    begin: () => window.stage && requestAnimationFrame(note),
  };
})();
