// An algo that does nothing: what is measured is everything around it.
exports.Noop = class Noop {
  run() {
    return null;
  }
};
