/** Calls a function of the service's. It may throw, and an async one may be where none is asked for. */
export const attempt = (f: () => unknown, failed: (thrown: unknown) => void): void => {
  try {
    const answer = f()
    if (answer !== undefined) Promise.resolve(answer).catch(failed)
  } catch (thrown) {
    failed(thrown)
  }
}
