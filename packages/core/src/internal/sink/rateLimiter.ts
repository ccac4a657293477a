/** What is used of Effect's module, which is loaded apart. */
export { layerStoreMemory, make, sleep } from "effect/persistence/RateLimiter"
