/** The instrumentation scope of all spans and metrics (OpenTelemetry, "Instrumentation scope"). */
export const scope = "trackmap"
