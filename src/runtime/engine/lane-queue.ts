type Line<Item> = {
  readonly priority: number;
  readonly items: Item[];
  /** Turns that had been given when it was served last, or when its first item came if that is later. */
  since: number;
  /** The turn in which it was served last; 0: never. */
  servedAt: number;
};

/**
 * What waits for a lane: a line for each stream, each in its own order. The next to be served is the line of the highest
 * rank: its priority, raised by one for every turn that went to others while it waited. That is priority scheduling with
 * ageing (Silberschatz, Galvin, Gagne, Operating System Concepts, chapter on CPU scheduling): of two lines that always
 * wait, the one that is *n* higher gets about *n* turns for each of the other's, and none waits for ever. Among equals it
 * goes round. A line is no longer than the runs that its stream may have under way.
 */
export class LaneQueue<Key, Item> {
  readonly #lines = new Map<Key, Line<Item>>();
  #turns = 0;

  get keys(): readonly Key[] {
    return [...this.#lines.keys()];
  }

  /** A line for that stream; `priority` as in the plan. */
  open(key: Key, priority: number): void {
    this.#lines.set(key, { priority, items: [], since: 0, servedAt: 0 });
  }

  /** Ends the line; what waits in it is forgotten. */
  close(key: Key): void {
    this.#lines.delete(key);
  }

  /** Puts the item at the line's end; nothing happens where the line has been closed. */
  push(key: Key, item: Item): void {
    const line = this.#lines.get(key);
    if (line === undefined) return;
    if (line.items.length === 0) line.since = this.#turns;
    line.items.push(item);
  }

  /** How many items wait that fit. All items of one line fit, or none. */
  count(fits: (item: Item) => boolean): number {
    return this.#waiting(fits).reduce((sum, { items }) => sum + items.length, 0);
  }

  /** Gives a turn: the first item of the line of the highest rank, among the lines whose items fit. */
  take(fits: (item: Item) => boolean = () => true): Item | undefined {
    const [first, ...others] = this.#waiting(fits);
    if (first === undefined) return undefined;
    const next = others.reduce((best, line) => (goesBefore(line, best) ? line : best), first);
    this.#turns += 1;
    next.since = this.#turns;
    next.servedAt = this.#turns;
    return next.items.shift();
  }

  #waiting(fits: (item: Item) => boolean): Line<Item>[] {
    return [...this.#lines.values()].filter(({ items: [first] }) => first !== undefined && fits(first));
  }
}

/** All lines that wait age by the same step, so that ranks compare without the number of turns. */
function goesBefore(line: Line<unknown>, other: Line<unknown>): boolean {
  const ahead = line.priority - line.since - (other.priority - other.since);
  return ahead > 0 || (ahead === 0 && line.servedAt < other.servedAt);
}
