/** Calls a function of the service's. It may throw, and an async one may be where none is asked for. */
export const attempt = (f: () => unknown, onThrow: (thrown: unknown) => void): void => {
  try {
    const returned = f()
    if (returned !== undefined) Promise.resolve(returned).catch(onThrow)
  } catch (thrown) {
    onThrow(thrown)
  }
}
