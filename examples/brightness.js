/**
 * How bright the picture is, and how much that changed over the window: an algo of one's own, in its smallest form.
 *
 * It is what the example "05 Your own algo in JavaScript" runs. Copy it into Node-RED's user directory to make it yours.
 * An algo is a class with `run`, and with `open` and `close` where it has something to get ready or to put away.
 */
class Brightness {
  /** `kwargs`: what the node's *Arguments* say, here `{ "dark": 40 }`. */
  constructor(kwargs) {
    this.dark = kwargs.dark ?? 40;
  }

  /** Once, before the first run; load what is needed here. `context`: `{ name, stream, kwargs, signal }`. */
  async open(context) {
    if (!(this.dark >= 0 && this.dark <= 255)) throw new Error(`${context.name}: dark: expected 0…255, got ${this.dark}`);
  }

  /**
   * At every turn. `frames`: those of the window, oldest first, each
   * `{ index, sourceIndex, pts, position, width, height, format, strideBytes, data }`. What is returned is the result.
   */
  async run(frames) {
    const oldest = meanOf(frames[0]);
    const newest = meanOf(frames[frames.length - 1]);
    return { brightness: newest, change: round(newest - oldest), dark: newest < this.dark };
  }

  /** Once, after the last run. */
  async close() {}
}

/** Mean of all bytes of a frame, 0…255; the producer gives gray pixels, one byte each, without gaps between rows. */
function meanOf({ data }) {
  let sum = 0;
  for (const value of data) sum += value;
  return round(sum / data.length);
}

function round(value) {
  return Math.round(value * 10) / 10;
}

module.exports = { Brightness };
