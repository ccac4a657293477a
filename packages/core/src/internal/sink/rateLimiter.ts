/** The parts of Effect's module in use. It is loaded separately. */
export { layerStoreMemory, make, sleep } from "effect/persistence/RateLimiter"
