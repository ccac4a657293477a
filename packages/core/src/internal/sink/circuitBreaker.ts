/** What is used of Effect's module, which is loaded apart. */
export { failure, ignored, layerStoreMemory, make, success } from "effect/persistence/CircuitBreaker"
