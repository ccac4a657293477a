import { DefinitionError } from "@trackmap/core/DefinitionError"
import * as Options from "@trackmap/core/Options"
import * as Tracker from "@trackmap/core/Tracker"
import type { FlushOptions, Options as TrackingOptions, WaitOptions } from "./options.ts"

const refused = (option: string, detail: string): DefinitionError =>
  new DefinitionError({ entity: "Tracking", reason: "BadPath", paths: [option], detail })

const kindOf = (given: unknown): string => (given === null ? "null" : `a value of type ${typeof given}`)

/** The options of a tracking that are not the tracker's. */
type Own = Omit<TrackingOptions<any>, keyof Tracker.Options>

const ownNames: Options.Names<Own> = {
  sinks: true,
  flushAtExit: true,
  waitUntil: true,
  activeSpan: true,
  log: true,
  services: true
}

/** Checks the options of a tracking that its tracker does not check. */
export const trackingOptions = (given: TrackingOptions<any>): void => {
  if (given?.sinks === undefined || given.sinks === null) {
    throw refused("sinks", "Tracking.make needs the option sinks: a sink, or an array of sinks")
  }
  Options.check("Tracking", given, { ...ownNames, ...Tracker.optionNames })
  for (const option of ["waitUntil", "activeSpan", "log"] as const) {
    const value: unknown = given[option]
    if (value === undefined || typeof value === "function") continue
    throw refused(option, `${option} must be a function, not ${kindOf(value)}`)
  }
  if (given.flushAtExit !== undefined && typeof given.flushAtExit !== "boolean") {
    throw refused("flushAtExit", `flushAtExit must be true or false, not ${kindOf(given.flushAtExit)}`)
  }
}

/** The options of the tracker. */
export const trackerOptions = (given: TrackingOptions<any>): Tracker.Options =>
  Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(Tracker.optionNames, name)))

/** Checks the signal of a call. An `AbortController` in its place would never abort it. */
export const signalOf = (options: WaitOptions | undefined): AbortSignal | undefined => {
  const signal: Partial<AbortSignal> | undefined = options?.signal
  if (signal === undefined || signal === null) return undefined
  if (typeof signal.aborted === "boolean" && typeof signal.addEventListener === "function") return signal as AbortSignal
  throw refused("signal", `signal must be an AbortSignal, such as controller.signal, not ${kindOf(signal)}`)
}

/** Checks the options of methods that only wait. */
export const waitOptions = (what: string, given: WaitOptions = {}): AbortSignal | undefined =>
  signalOf(Options.check<WaitOptions>(`Tracking.${what}`, given, { signal: true }))

export const flushOptions = (given: FlushOptions = {}): FlushOptions => ({
  ...Options.check<FlushOptions>("Tracking.flush", given, { signal: true, within: true }),
  signal: signalOf(given)
})
