/**
 * What colour a thing has: an algo for crops, what another algo has detected, cut out of the frame.
 *
 * It is what the example "08 A closer look at what is detected" runs. Copy it into Node-RED's user directory to make it yours.
 */
class Colour {
  /**
   * Once for each crop: `frames` holds one, as any frame but with `crop`, `{ xmin, ymin, xmax, ymax }`: where it lies in the source's frame.
   * What is returned becomes `parts.colour` of the detection. A list of `{ label, score }` is drawn into recordings.
   */
  async run([frame]) {
    const counts = {};
    let pixels = 0;
    for (const name of middleColours(frame)) {
      counts[name] = (counts[name] ?? 0) + 1;
      pixels += 1;
    }
    return Object.entries(counts)
      .map(([label, count]) => ({ label, score: Math.round((100 * count) / pixels) / 100 }))
      .sort((a, b) => b.score - a.score)
      .slice(0, 3);
  }
}

/** Colours of the pixels of the middle third, where the thing itself is most likely to be. The producer gives RGB, three bytes a pixel. */
function* middleColours({ width, height, strideBytes, data }) {
  for (let y = Math.floor(height / 3); y < (2 * height) / 3; y += 1) {
    for (let x = Math.floor(width / 3); x < (2 * width) / 3; x += 1) {
      const at = y * strideBytes + x * 3;
      yield colourOf(data[at], data[at + 1], data[at + 2]);
    }
  }
}

const HUES = [[15, 'red'], [45, 'orange'], [70, 'yellow'], [165, 'green'], [195, 'cyan'], [260, 'blue'], [330, 'purple'], [360, 'red']];

/** By brightness where there is hardly any colour, else by hue in degrees. */
function colourOf(r, g, b) {
  const max = Math.max(r, g, b);
  const spread = max - Math.min(r, g, b);
  if (spread < 0.2 * max || max < 40) return max < 70 ? 'black' : max < 180 ? 'gray' : 'white';
  const sixths = max === r ? (g - b) / spread : max === g ? 2 + (b - r) / spread : 4 + (r - g) / spread;
  const hue = (sixths * 60 + 360) % 360;
  return HUES.find(([end]) => hue <= end)[1];
}

module.exports = { Colour };
