// An algo that does nothing: what is measured is everything around it.
exports.Noop = class Noop {
  // it keeps no frame after a run
  keepsFrames = false;
  run() {
    return null;
  }
};
