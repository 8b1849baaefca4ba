type Line<Item> = {
  /** Part of the turns that it gets, against the others that wait. */
  readonly weight: number;
  readonly items: Item[];
  /** Virtual time at which its first item would be done if all lines were served at once, each by its weight; while it is empty, of the item before. */
  finish: number;
  /** The turn in which it was served last; 0: never. */
  servedAt: number;
};

/** By so much higher a priority gets twice as many turns. */
const DOUBLE = 2;

/**
 * What waits for a lane: a line for each stream, each in its own order. Of lines that always wait each gets turns in proportion to
 * its weight, which doubles with every two steps of priority, however many lines there are; so under overload the lower ones
 * lose theirs first, and none waits for ever. That is self-clocked fair queueing (S. J. Golestani, A Self-Clocked Fair Queueing
 * Scheme for Broadband Applications, INFOCOM 1994), each item being of the same length: an item is tagged with the virtual time at which it
 * would be done, the least tag is next, and the tag of the item served last is the time. Among equals it goes round. A line is
 * no longer than the runs that its stream may have under way.
 */
export class LaneQueue<Key, Item> {
  readonly #lines = new Map<Key, Line<Item>>();
  #turns = 0;
  /** Virtual time: the tag of the item served last. */
  #now = 0;

  get keys(): readonly Key[] {
    return [...this.#lines.keys()];
  }

  /** A line for that stream; `priority` as in the plan. */
  open(key: Key, priority: number): void {
    this.#lines.set(key, { weight: 2 ** (priority / DOUBLE), items: [], finish: 0, servedAt: 0 });
  }

  /** Ends the line; what waits in it is forgotten. */
  close(key: Key): void {
    this.#lines.delete(key);
  }

  /** Puts the item at the line's end; nothing happens where the line has been closed. */
  push(key: Key, item: Item): void {
    const line = this.#lines.get(key);
    if (line === undefined) return;
    if (line.items.length === 0) line.finish = Math.max(this.#now, line.finish) + 1 / line.weight;
    line.items.push(item);
  }

  /** How many items wait that fit. All items of one line fit, or none. */
  count(fits: (item: Item) => boolean): number {
    return this.#waiting(fits).reduce((sum, { items }) => sum + items.length, 0);
  }

  /** Gives a turn: the item of the least tag, among those of the lines whose items fit. */
  take(fits: (item: Item) => boolean = () => true): Item | undefined {
    const [first, ...others] = this.#waiting(fits);
    if (first === undefined) return undefined;
    const next = others.reduce((best, line) => (goesBefore(line, best) ? line : best), first);
    this.#turns += 1;
    next.servedAt = this.#turns;
    this.#now = Math.max(this.#now, next.finish);
    const item = next.items.shift();
    if (next.items.length > 0) next.finish += 1 / next.weight;
    return item;
  }

  #waiting(fits: (item: Item) => boolean): Line<Item>[] {
    return [...this.#lines.values()].filter(({ items: [first] }) => first !== undefined && fits(first));
  }
}

function goesBefore(line: Line<unknown>, other: Line<unknown>): boolean {
  return line.finish < other.finish || (line.finish === other.finish && line.servedAt < other.servedAt);
}
