// Algos that cost nothing themselves: what is measured is everything around them. None keeps a frame after its run.

/** Looks at nothing. */
exports.Noop = class Noop {
  keepsFrames = false;

  run() {
    return null;
  }
};

/** Always sees the same thing, in the middle of a 1080p picture. */
exports.Box = class Box {
  keepsFrames = false;

  run() {
    return [{ label: 'thing', score: 0.9, classId: 0, box: { xmin: 480, ymin: 270, xmax: 1440, ymax: 810 } }];
  }
};

/** Says when it ended: milliseconds of the clock that all processes of the machine share. */
exports.Stamp = class Stamp {
  keepsFrames = false;

  run() {
    return { endedAtMs: Number(process.hrtime.bigint()) / 1e6 };
  }
};

/** Takes 30 ms of CPU a run, as a small model does. */
exports.Burn = class Burn {
  keepsFrames = false;

  run() {
    const endsAtMs = performance.now() + 30;
    while (performance.now() < endsAtMs);
    return null;
  }
};
