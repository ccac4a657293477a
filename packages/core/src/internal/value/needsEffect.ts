/** The result of code that values rows at once, if something comes later. */
export const needsEffect: unique symbol = Symbol("needsEffect")
