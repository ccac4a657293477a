export * as Mixpanel from "./Mixpanel.ts"
