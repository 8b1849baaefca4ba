import { spawn } from 'node:child_process';
import process from 'node:process';

/** Opens a page in the person's browser; does nothing where there is no screen, or nothing to open it with. */
export function openBrowser(url) {
  const { CI, DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (CI || (process.platform === 'linux' && !DISPLAY && !WAYLAND_DISPLAY)) return;
  const [program, ...args] = command(url);
  spawn(program, args, { stdio: 'ignore', detached: true }).on('error', () => undefined).unref();
}

function command(url) {
  if (process.platform === 'win32') return ['cmd', '/c', 'start', '', url];
  if (process.platform === 'darwin') return ['open', url];
  return ['xdg-open', url];
}
