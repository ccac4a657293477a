/** The version of this package. `npm run version-packages` sets it. */
export const version = "0.0.0"
