/** What is at `path` (`predictions`, `data[0].boxes`) of a JSON value; undefined where there is nothing. Empty: the value itself. */
export function atPath(value: unknown, path: string | undefined): unknown {
  const steps = path?.match(/[^.[\]]+/g) ?? [];
  return steps.reduce<unknown>((part, step) => {
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, step)) return undefined;
    return (part as Readonly<Record<string, unknown>>)[step];
  }, value);
}
