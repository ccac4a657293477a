/** A module that a process imports before all others, after which its clock is wrong by a number of milliseconds. */
export const shifting = (by: number): string =>
  `data:text/javascript,${encodeURIComponent(`
    const Real = Date
    globalThis.Date = class Date extends Real {
      constructor(...args) { super(...(args.length === 0 ? [Real.now() + ${by}] : args)) }
      static now() { return Real.now() + ${by} }
    }`)}`
