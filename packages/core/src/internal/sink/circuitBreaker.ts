/** The parts of Effect's module in use. It is loaded separately. */
export { failure, ignored, layerStoreMemory, make, success } from "effect/persistence/CircuitBreaker"
