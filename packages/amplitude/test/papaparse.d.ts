declare module "papaparse" {
  /** The rows of a text, by its header. */
  export const parse: (
    text: string,
    options: { readonly header: true; readonly skipEmptyLines: true }
  ) => {
    readonly data: ReadonlyArray<Readonly<Record<string, string>>>
    readonly errors: ReadonlyArray<unknown>
    readonly meta: { readonly fields: ReadonlyArray<string> }
  }
}
