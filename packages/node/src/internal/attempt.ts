/** Calls a function of the service. It may throw, and it may be async where a plain one is expected. */
export const attempt = (f: () => unknown, onThrow: (thrown: unknown) => void): void => {
  try {
    const returned = f()
    if (returned !== undefined) Promise.resolve(returned).catch(onThrow)
  } catch (thrown) {
    onThrow(thrown)
  }
}
