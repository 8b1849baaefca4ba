/** `1:02:03`, `2:03`. */
export function clockTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (part: number): string => String(part).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Three digits at most where it is small: `0.42`, `4.2`, `42`, `4200`. */
export function short(value: number): string {
  const digits = value >= 10 ? 0 : value >= 1 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
}

/** `512 MiB`, `1.5 GiB`. */
export function bytes(count: number): string {
  const mib = count / 2 ** 20;
  return mib < 1024 ? `${short(mib)} MiB` : `${short(mib / 1024)} GiB`;
}

export function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
