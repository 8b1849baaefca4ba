/** A result in a few words: `2 person, car`, `0.93`, `{"a":1}`. */
export function resultText(result: unknown): string {
  if (!Array.isArray(result)) return typeof result === 'string' ? result : JSON.stringify(result);
  const counts = new Map<string, number>();
  for (const thing of result as unknown[]) {
    const name = nameOf(thing);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => (count > 1 ? `${count} ${name}` : name)).join(', ');
}

function nameOf(thing: unknown): string {
  const { label, text } = (thing ?? {}) as { label?: unknown; text?: unknown };
  if (typeof label === 'string') return label;
  return typeof text === 'string' ? text : JSON.stringify(thing);
}
