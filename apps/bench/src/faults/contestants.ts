import type { Contestant } from "./Contestant.ts"

export const names = [
  "trackmap-segment",
  "trackmap-promises",
  "trackmap-mixpanel",
  "analytics-node",
  "posthog-node",
  "rudder-sdk-node",
  "mixpanel"
] as const
export type Name = (typeof names)[number]

/** Each is imported in its own process alone. */
export const contestants: Readonly<Record<Name, () => Promise<{ readonly contestant: Contestant }>>> = {
  "trackmap-segment": () => import("./contestants/trackmapSegment.ts"),
  "trackmap-promises": () => import("./contestants/trackmapPromises.ts"),
  "trackmap-mixpanel": () => import("./contestants/trackmapMixpanel.ts"),
  "analytics-node": () => import("./contestants/analyticsNode.ts"),
  "posthog-node": () => import("./contestants/posthogNode.ts"),
  "rudder-sdk-node": () => import("./contestants/rudderSdkNode.ts"),
  mixpanel: () => import("./contestants/mixpanel.ts")
}

/** Who speaks to Mixpanel. */
export const isMixpanel = (name: Name): boolean => name.endsWith("mixpanel")
