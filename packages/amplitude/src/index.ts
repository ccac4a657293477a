export * as Amplitude from "./Amplitude.ts"
