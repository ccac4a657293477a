/** The result of code that values rows at once, if something is asynchronous. */
export const needsEffect: unique symbol = Symbol("needsEffect")
