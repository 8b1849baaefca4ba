import type { JSX } from 'preact';

const PATHS = {
  play: 'M3 1.5v13l11-6.5z',
  pause: 'M3 2h3.6v12H3zM9.4 2H13v12H9.4z',
  stop: 'M2.5 2.5h11v11h-11z',
  step: 'M2 2l7.5 6L2 14zM11 2h3v12h-3z',
  enlarge: 'M1 1h5v2H3v3H1zM10 1h5v5h-2V3h-3zM1 10h2v3h3v2H1zM13 10h2v5h-5v-2h3z',
  close: 'M3.2 1.8 8 6.6l4.8-4.8 1.4 1.4L9.4 8l4.8 4.8-1.4 1.4L8 9.4l-4.8 4.8-1.4-1.4L6.6 8 1.8 3.2z',
} as const;

/** A sign beside or instead of a text that says the same. */
export function Icon({ name }: { readonly name: keyof typeof PATHS }): JSX.Element {
  return <svg class="si-icon" viewBox="0 0 16 16" width="12" height="12" aria-hidden="true"><path fill="currentColor" d={PATHS[name]} /></svg>;
}
