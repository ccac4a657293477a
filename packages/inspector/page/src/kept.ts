/** One text that is kept in the browser. Where it may not be kept, it is for this page alone. */
export const kept = (where: "local" | "session", name: string) => {
  let here: string | undefined
  const storage = () => (where === "local" ? localStorage : sessionStorage)
  return {
    read: (): string | undefined => {
      try {
        return storage().getItem(name) ?? here
      } catch {
        return here
      }
    },
    write: (value: string): void => {
      here = value
      try {
        storage().setItem(name, value)
      } catch {
        // Private windows and blocked storage: `here` has it.
      }
    }
  }
}
