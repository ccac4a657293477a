import type { Contestant } from "./Contestant.ts"

export const names = [
  "trackmap-segment",
  "trackmap-promises",
  "trackmap-mixpanel",
  "trackmap-posthog",
  "trackmap-amplitude",
  "analytics-node",
  "posthog-node",
  "amplitude-node",
  "rudder-sdk-node",
  "mixpanel"
] as const
export type Name = (typeof names)[number]

/** Each is imported only in its own process. */
export const contestants: Readonly<Record<Name, () => Promise<{ readonly contestant: Contestant }>>> = {
  "trackmap-segment": () => import("./contestants/trackmapSegment.ts"),
  "trackmap-promises": () => import("./contestants/trackmapPromises.ts"),
  "trackmap-mixpanel": () => import("./contestants/trackmapMixpanel.ts"),
  "trackmap-posthog": () => import("./contestants/trackmapPostHog.ts"),
  "trackmap-amplitude": () => import("./contestants/trackmapAmplitude.ts"),
  "analytics-node": () => import("./contestants/analyticsNode.ts"),
  "posthog-node": () => import("./contestants/posthogNode.ts"),
  "amplitude-node": () => import("./contestants/amplitudeNode.ts"),
  "rudder-sdk-node": () => import("./contestants/rudderSdkNode.ts"),
  mixpanel: () => import("./contestants/mixpanel.ts")
}

/** Whether the vendor that a contestant sends to refuses events one by one. */
export const isOneByOne = (name: Name): boolean =>
  name.endsWith("mixpanel") || name.includes("amplitude") || name === "trackmap-posthog"
