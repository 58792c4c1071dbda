// Stands in for Live2D's Cubism Core (`Live2DCubismCore`) in tests: as much of its interface as the engine calls, and
// nothing of what is in it. A "moc" of ours is the four letters MOC3, a version byte, and from byte 64 on JSON that tells parameters, parts
// and rectangles, which a parameter may move or stretch.
(function () {
  const VISIBLE = 1;
  const CHANGED = 2 | 4 | 8 | 16 | 32;
  const DOUBLE_SIDED = 4;

  class Moc {
    static fromArrayBuffer(buffer) {
      const text = new TextDecoder().decode(new Uint8Array(buffer, 64));
      return Object.assign(new Moc(), { picture: JSON.parse(text) });
    }
    hasMocConsistency(buffer) {
      return new TextDecoder().decode(new Uint8Array(buffer, 0, 4)) === "MOC3" ? 1 : 0;
    }
    _release() {}
  }

  class Model {
    /** Every model that was made, for tests to look into. */
    static made = [];

    static fromMoc({ picture }) {
      Model.made.push(new Model(picture));
      return Model.made.at(-1);
    }

    constructor({ parameters, parts, rectangles, canvas }) {
      const numbers = (list, key) => Float32Array.from(list, (each) => each[key]);
      this.rectangles = rectangles;
      this.canvasinfo = { CanvasWidth: canvas[0], CanvasHeight: canvas[1], CanvasOriginX: canvas[0] / 2, CanvasOriginY: canvas[1] / 2, PixelsPerUnit: canvas[1] };
      this.parameters = {
        count: parameters.length,
        ids: parameters.map(({ id }) => id),
        types: new Int32Array(parameters.length),
        minimumValues: numbers(parameters, "min"),
        maximumValues: numbers(parameters, "max"),
        defaultValues: numbers(parameters, "value"),
        values: numbers(parameters, "value"),
        repeats: new Int32Array(parameters.length),
      };
      this.parts = { count: parts.length, ids: parts, opacities: new Float32Array(parts.length).fill(1), parentIndices: new Int32Array(parts.length).fill(-1) };
      this.drawables = this.drawablesOf(rectangles, parts);
      this.update();
    }

    drawablesOf(rectangles, parts) {
      const count = rectangles.length;
      const each = (make) => rectangles.map(make);
      return {
        count,
        ids: each(({ id }) => id),
        constantFlags: new Uint8Array(count).fill(DOUBLE_SIDED),
        dynamicFlags: new Uint8Array(count).fill(VISIBLE | CHANGED),
        textureIndices: new Int32Array(count),
        drawOrders: Int32Array.from(rectangles, (_, i) => i),
        renderOrders: Int32Array.from(rectangles, (_, i) => i),
        opacities: new Float32Array(count).fill(1),
        maskCounts: new Int32Array(count),
        masks: each(() => new Int32Array(0)),
        vertexCounts: new Int32Array(count).fill(4),
        vertexPositions: each(() => new Float32Array(8)),
        vertexUvs: each(({ uv: [u, v] }) => Float32Array.from([u, v, u, v, u, v, u, v])),
        indexCounts: new Int32Array(count).fill(6),
        indices: each(() => Uint16Array.from([0, 1, 2, 0, 2, 3])),
        multiplyColors: Float32Array.from(rectangles.flatMap(() => [1, 1, 1, 1])),
        screenColors: Float32Array.from(rectangles.flatMap(() => [0, 0, 0, 1])),
        parentPartIndices: Int32Array.from(rectangles, ({ part }) => parts.indexOf(part)),
        resetDynamicFlags: () => this.drawables.dynamicFlags.fill(VISIBLE),
      };
    }

    update() {
      const { ids, values, minimumValues, maximumValues } = this.parameters;
      const share = (id) => {
        const i = ids.indexOf(id);
        return i < 0 ? 0 : values[i] / Math.max(maximumValues[i], -minimumValues[i]);
      };
      this.rectangles.forEach(({ box: [left, bottom, right, top], moves = [], part }, n) => {
        let [dx, dy, tall] = [0, 0, 1];
        for (const move of moves) {
          dx += (move.x ?? 0) * share(move.by);
          dy += (move.y ?? 0) * share(move.by);
          if (move.tall !== undefined) tall *= move.tall + (1 - move.tall) * share(move.by);
        }
        const middle = (bottom + top) / 2;
        const half = ((top - bottom) / 2) * tall;
        this.drawables.vertexPositions[n].set([left + dx, middle - half + dy, right + dx, middle - half + dy, right + dx, middle + half + dy, left + dx, middle + half + dy]);
        this.drawables.opacities[n] = this.parts.opacities[this.parts.ids.indexOf(part)] ?? 1;
      });
      this.drawables.dynamicFlags.fill(VISIBLE | CHANGED);
    }

    release() {}
  }

  const bit = (mask) => (flags) => (flags & mask) === mask;
  globalThis.Live2DCubismCore = {
    Version: {
      csmGetVersion: () => 0x05000000,
      csmGetLatestMocVersion: () => 5,
      csmGetMocVersion: (_, buffer) => new Uint8Array(buffer)[4],
    },
    Logging: { csmSetLogFunction: () => {}, csmGetLogFunction: () => null },
    Memory: { initializeAmountOfMemory: () => {} },
    Moc,
    Model,
    Utils: {
      hasBlendAdditiveBit: bit(1),
      hasBlendMultiplicativeBit: bit(2),
      hasIsDoubleSidedBit: bit(4),
      hasIsInvertedMaskBit: bit(8),
      hasIsVisibleBit: bit(1),
      hasVisibilityDidChangeBit: bit(2),
      hasOpacityDidChangeBit: bit(4),
      hasDrawOrderDidChangeBit: bit(8),
      hasRenderOrderDidChangeBit: bit(16),
      hasVertexPositionsDidChangeBit: bit(32),
      hasBlendColorDidChangeBit: bit(64),
    },
  };
})();
