/** The token that the service may require, kept for as long as the tab is open. */
import { kept } from "./kept.ts"

const store = kept("session", "trackmap-inspector-token")

/** The token, if the user has entered one. */
export const token = (): string | undefined => store.read()

/** Keeps the token. */
export const setToken = (value: string): void => store.write(value)
