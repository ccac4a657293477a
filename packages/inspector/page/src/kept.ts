/** A text in the browser's storage. Without access to the storage, it lasts as long as this page. */
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
