import manifest from "../../package.json" with { type: "json" }

/** The instrumentation scope of all spans and metrics, with the version of this package (OpenTelemetry, "Instrumentation scope"). */
export const scope = { name: "trackmap", version: manifest.version }
