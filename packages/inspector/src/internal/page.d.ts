/** The page, built: from the name of each of its files to its text. */
declare const files: Readonly<Record<string, string>>
export default files
