/** Calls a function of the service, which may throw, or be async although it should not. */
export const attempt = (f: () => unknown, onThrow: (thrown: unknown) => void): void => {
  try {
    const returned = f()
    if (returned !== undefined) Promise.resolve(returned).catch(onThrow)
  } catch (thrown) {
    onThrow(thrown)
  }
}
