/** The first SIGINT or SIGTERM aborts the signal, which is told; the second one ends this process where it stands. */
export function openInterrupt(tell: (text: string) => void): { readonly signal: AbortSignal; end(): void } {
  const abort = new AbortController();
  const onSignal = (): void => {
    // native code may be running: only SIGKILL ends it without a fault
    if (abort.signal.aborted) process.kill(process.pid, 'SIGKILL');
    tell('stopping; once more to end at once');
    abort.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: abort.signal,
    end: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
