/**
 * ONNX Runtime's binaries for Linux and macOS (1.30) tell Microsoft what they run, where nobody says no, and leave a log of that in the
 * folder for temporary files for each process. It reads the environment of the process, which threads cannot change: to be called in the main
 * thread before one of them loads it. `ORT_DISABLE_TELEMETRY=0` in the environment leaves the choice to the user.
 */
export function disableNativeTelemetry(): void {
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
}
